/** The keyboard map: which keys do what, in one table that the handler and the help dialog both read. Pure. */

export type Action = 'new-chat' | 'focus-composer' | 'stop' | 'focus-list' | 'previous' | 'next' | 'toggle-sidebar' | 'settings' | 'words' | 'steps' | 'race' | 'learn' | 'rework' | 'weak' | 'search' | 'find' | 'find-next' | 'find-previous' | 'palette' | 'undo' | 'help';

export interface Shortcut {
  readonly action: Action;
  /** `Mod` is ⌘ on a Mac, Ctrl elsewhere. */
  readonly keys: readonly string[];
  /** Works while typing in a field. */
  readonly whileTyping: boolean;
}
export const shortcuts: readonly Shortcut[] = [
  { action: 'new-chat', keys: ['Mod+N', 'Alt+N'], whileTyping: true },
  { action: 'focus-composer', keys: ['Mod+L'], whileTyping: true },
  { action: 'focus-composer', keys: ['/'], whileTyping: false },
  { action: 'stop', keys: ['Escape'], whileTyping: true },
  { action: 'focus-list', keys: ['Mod+Shift+L', 'Alt+L'], whileTyping: true },
  { action: 'previous', keys: ['Alt+ArrowUp'], whileTyping: true },
  { action: 'next', keys: ['Alt+ArrowDown'], whileTyping: true },
  { action: 'toggle-sidebar', keys: ['Mod+B'], whileTyping: true },
  { action: 'settings', keys: ['Mod+,'], whileTyping: true },
  { action: 'words', keys: ['Alt+C'], whileTyping: true },
  { action: 'steps', keys: ['Alt+R'], whileTyping: true },
  { action: 'palette', keys: ['Mod+K'], whileTyping: true },
  { action: 'search', keys: ['Mod+Shift+F'], whileTyping: true },
  { action: 'find', keys: ['Mod+F'], whileTyping: true },
  { action: 'find-next', keys: ['F3', 'Mod+G'], whileTyping: true },
  { action: 'find-previous', keys: ['Shift+F3', 'Mod+Shift+G'], whileTyping: true },
  { action: 'rework', keys: ['Alt+V'], whileTyping: true },
  { action: 'weak', keys: ['Alt+U'], whileTyping: true },
  { action: 'learn', keys: ['Alt+E'], whileTyping: true },
  { action: 'race', keys: ['Alt+W'], whileTyping: true },
  { action: 'undo', keys: ['Mod+Z'], whileTyping: false },
  { action: 'help', keys: ['Mod+/'], whileTyping: true },
  { action: 'help', keys: ['?'], whileTyping: false },
];

export interface KeyPress {
  readonly key: string;
  /** The key's place on the board, e.g. `KeyN`: Alt changes `key` on a Mac. */
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing?: boolean;
}

function fits(combination: string, press: KeyPress, mac: boolean): boolean {
  const parts = combination.split('+');
  const key = parts.pop() ?? '';
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (other || mod !== parts.includes('Mod') || press.altKey !== parts.includes('Alt')) return false;
  // A sign such as `?` may need Shift on the board; only letters and named keys are strict about it.
  const strict = key.length > 1 || /[A-Z]/.test(key);
  if (strict && press.shiftKey !== parts.includes('Shift')) return false;
  if (key.length === 1 && /[A-Z]/.test(key)) return press.key.toUpperCase() === key || press.code === `Key${key}`;
  return press.key === key;
}

/** The action of a key press, or null. `typing`: the focus is in a text field. */
export function actionOf(press: KeyPress, context: { mac: boolean; typing: boolean }): Action | null {
  if (press.isComposing === true) return null;
  for (const shortcut of shortcuts) {
    if (context.typing && !shortcut.whileTyping) continue;
    if (shortcut.keys.some((keys) => fits(keys, press, context.mac))) return shortcut.action;
  }
  return null;
}

const names: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };
/** A combination as a person reads it: `⌘ N`, `Ctrl Alt ↑`. */
export const keyNames = (combination: string, mac: boolean): string[] =>
  combination.split('+').map((part) => (part === 'Mod' ? (mac ? '⌘' : 'Ctrl') : part === 'Alt' && mac ? '⌥' : part === 'Shift' && mac ? '⇧' : (names[part] ?? part)));

/** Whether Enter sends, given the setting; Shift+Enter always breaks the line. */
export function sends(press: KeyPress, sendWith: 'enter' | 'mod-enter'): boolean {
  if (press.key !== 'Enter' || press.isComposing === true || press.shiftKey) return false;
  const mod = press.ctrlKey || press.metaKey;
  return sendWith === 'enter' ? !press.altKey : mod;
}
