/** Which messages of a tree are shown, now that some are deleted. The store, the window and the exports ask the same function. */

interface Deletable {
  readonly id: string;
  readonly parentId: string | null;
  readonly deletedAt?: number | undefined;
}

/**
 * Ids of the visible messages: those that are not deleted, and deleted ones with a descendant that is not. The latter show as a
 * line that says something was deleted.
 */
export function visibleMessages(messages: Iterable<Deletable>): Set<string> {
  const all = [...messages];
  const byId = new Map(all.map((m) => [m.id, m]));
  const visible = new Set<string>();
  for (const message of all) {
    if (message.deletedAt !== undefined) continue;
    for (
      let at: Deletable | undefined = message;
      at && !visible.has(at.id);
      at = at.parentId === null ? undefined : byId.get(at.parentId)
    )
      visible.add(at.id);
  }
  return visible;
}
