/** Which messages of a tree are shown, now that some are deleted. The store, the window and the exports ask the same function. */

interface Place {
  readonly id: string;
  readonly parentId: string | null;
  readonly deletedAt?: number | undefined;
}

/**
 * The messages that stand: those that are not deleted, and deleted ones that others which are not hang on; these show as
 * a place where something was. A deleted message with nothing below it is gone from sight.
 */
export function standing(messages: Iterable<Place>): Set<string> {
  const all = [...messages];
  const byId = new Map(all.map((m) => [m.id, m]));
  const stand = new Set<string>();
  for (const message of all) {
    if (message.deletedAt !== undefined) continue;
    for (
      let at: Place | undefined = message;
      at && !stand.has(at.id);
      at = at.parentId === null ? undefined : byId.get(at.parentId)
    )
      stand.add(at.id);
  }
  return stand;
}
