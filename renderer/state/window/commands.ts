/** The keyboard map as commands of the palette. */
import { t } from '../../strings.ts';
import type { Command } from './actions.svelte.ts';
import { keysOf, shortcuts, type Action } from './keys.ts';

/** They mean something in an open conversation only. */
const inChat = new Set<Action>(['find', 'find-next', 'find-previous', 'tokens', 'replay', 'race', 'rewrite', 'unsure']);

/** One command a key, but the palette's own, by which one came there. */
export function keyCommands(
  acts: Record<Action, () => void>,
  now: { mac: boolean; chat: () => boolean; running: () => boolean },
): Command[] {
  const named = new Map<Action, string>();
  for (const shortcut of shortcuts) {
    const [keys] = keysOf(shortcut, now.mac);
    if (keys !== undefined && shortcut.action !== 'palette' && !named.has(shortcut.action))
      named.set(shortcut.action, keys);
  }
  return [...named].map(([action, keys]) => ({
    id: action,
    label: t.help.actions[action],
    keys,
    can: () => (action === 'stop' ? now.running() : !inChat.has(action) || now.chat()),
    run: acts[action],
  }));
}
