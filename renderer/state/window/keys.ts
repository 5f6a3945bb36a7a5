/** The keyboard map: which keys do what, in one table that the handler and the help dialog both read. Pure. */

export type Action =
  | 'new-chat'
  | 'focus-composer'
  | 'stop'
  | 'focus-list'
  | 'previous'
  | 'next'
  | 'toggle-sidebar'
  | 'settings'
  | 'tokens'
  | 'replay'
  | 'race'
  | 'explain'
  | 'rewrite'
  | 'unsure'
  | 'search'
  | 'find'
  | 'find-next'
  | 'find-previous'
  | 'palette'
  | 'model'
  | 'undo'
  | 'help';

export interface Shortcut {
  readonly action: Action;
  /** `Mod` is ⌘ on a Mac, Ctrl elsewhere. */
  readonly keys: readonly string[];
  /** On a Mac, where they differ: Option writes characters and walks through text there. */
  readonly mac?: readonly string[];
  /** Works while typing in a field. */
  readonly whileTyping: boolean;
}
/** Alt and a key; on a Mac ⌃⌘ and the key. */
const alt = (key: string): Pick<Shortcut, 'keys' | 'mac'> => ({ keys: [`Alt+${key}`], mac: [`Ctrl+Mod+${key}`] });
export const shortcuts: readonly Shortcut[] = [
  { action: 'new-chat', keys: ['Mod+N', 'Alt+N'], mac: ['Mod+N', 'Ctrl+Mod+N'], whileTyping: true },
  { action: 'focus-composer', keys: ['Mod+L'], whileTyping: true },
  { action: 'focus-composer', keys: ['/'], whileTyping: false },
  { action: 'stop', keys: ['Escape'], whileTyping: true },
  { action: 'focus-list', keys: ['Mod+Shift+L', 'Alt+L'], mac: ['Mod+Shift+L', 'Ctrl+Mod+L'], whileTyping: true },
  { action: 'previous', ...alt('ArrowUp'), whileTyping: true },
  { action: 'next', ...alt('ArrowDown'), whileTyping: true },
  { action: 'toggle-sidebar', keys: ['Mod+B'], whileTyping: true },
  { action: 'settings', keys: ['Mod+,'], whileTyping: true },
  { action: 'tokens', ...alt('C'), whileTyping: true },
  { action: 'replay', ...alt('R'), whileTyping: true },
  { action: 'palette', keys: ['Mod+K'], whileTyping: true },
  { action: 'search', keys: ['Mod+Shift+F'], whileTyping: true },
  { action: 'find', keys: ['Mod+F'], whileTyping: true },
  { action: 'find-next', keys: ['F3', 'Mod+G'], whileTyping: true },
  { action: 'find-previous', keys: ['Shift+F3', 'Mod+Shift+G'], whileTyping: true },
  { action: 'rewrite', ...alt('V'), whileTyping: true },
  { action: 'unsure', ...alt('U'), whileTyping: true },
  { action: 'explain', ...alt('E'), whileTyping: true },
  { action: 'race', ...alt('W'), whileTyping: true },
  { action: 'model', ...alt('M'), whileTyping: true },
  { action: 'undo', keys: ['Mod+Z'], whileTyping: false },
  { action: 'help', keys: ['Mod+/'], whileTyping: true },
  { action: 'help', keys: ['?'], whileTyping: false },
];

/** The keys of a shortcut on this kind of board. */
export const keysOf = ({ keys, mac }: Shortcut, onMac: boolean): readonly string[] => (onMac ? (mac ?? keys) : keys);

/** What a `KeyboardEvent` says of a press. */
export interface KeyPress {
  readonly key: string;
  /** The key's place on the board, e.g. `KeyN`. */
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing?: boolean;
  readonly keyCode?: number;
  getModifierState?(modifier: string): boolean;
}

/**
 * Whether a press belongs to an input method, which has used it up. Safari ends the composition before the Enter that
 * accepts a candidate: there the key code alone tells.
 */
export const composing = ({ isComposing, keyCode, key }: KeyPress): boolean =>
  isComposing === true || keyCode === 229 || key === 'Process';

/** Whether a press writes a character in a text field: a plain key, AltGr (Ctrl+Alt on Windows), Option on a Mac, a dead key. */
export function writes(press: KeyPress, mac: boolean): boolean {
  if (press.key !== 'Dead' && [...press.key].length !== 1) return false;
  if (press.getModifierState?.('AltGraph') === true) return true;
  if (press.metaKey) return false;
  return mac ? !press.ctrlKey : press.ctrlKey === press.altKey;
}

/** Places of the signs that shortcuts use. */
const places: Record<string, string> = { ',': 'Comma', '/': 'Slash' };
/**
 * Whether a press means a letter or sign. The key decides. Its place on the board counts only where the key writes a letter of
 * another script: Dvorak and Colemak have the same letters at other places, and no sign of theirs may pass for a letter.
 */
export function means(wanted: string, { key, code }: Pick<KeyPress, 'key' | 'code'>): boolean {
  if (key.toLowerCase() === wanted.toLowerCase()) return true;
  return /^[\p{L}\p{M}]+$/u.test(key) && !/\p{Script=Latin}/u.test(key) && code === (places[wanted] ?? `Key${wanted}`);
}

function fits(combination: string, press: KeyPress, mac: boolean): boolean {
  const parts = combination.split('+');
  const key = parts.pop() ?? '';
  const meta = mac && parts.includes('Mod');
  const ctrl = parts.includes('Ctrl') || (!mac && parts.includes('Mod'));
  if (press.metaKey !== meta || press.ctrlKey !== ctrl || press.altKey !== parts.includes('Alt')) return false;
  // A sign such as `?` may need Shift on the board; only letters and named keys are strict about it.
  const strict = key.length > 1 || /[A-Z]/.test(key);
  if (strict && press.shiftKey !== parts.includes('Shift')) return false;
  return key.length === 1 ? means(key, press) : press.key === key;
}

/** The action of a key press, or null. `typing`: the focus is in a text field, where nothing that writes is a shortcut. */
export function actionOf(press: KeyPress, context: { mac: boolean; typing: boolean }): Action | null {
  if (composing(press) || (context.typing && writes(press, context.mac))) return null;
  for (const shortcut of shortcuts) {
    if (context.typing && !shortcut.whileTyping) continue;
    if (keysOf(shortcut, context.mac).some((keys) => fits(keys, press, context.mac))) return shortcut.action;
  }
  return null;
}

const names: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };
const macNames: Record<string, string> = { Ctrl: '⌃', Alt: '⌥', Shift: '⇧' };
/** A combination as a person reads it: `⌘ N`, `Ctrl Alt ↑`. */
export const keyNames = (combination: string, mac: boolean): string[] =>
  combination
    .split('+')
    .map((part) =>
      part === 'Mod' ? (mac ? '⌘' : 'Ctrl') : ((mac ? macNames[part] : undefined) ?? names[part] ?? part),
    );

/** Whether Enter sends, given the setting; Shift+Enter always breaks the line. */
export function sends(press: KeyPress, sendWith: 'enter' | 'mod-enter'): boolean {
  if (press.key !== 'Enter' || composing(press) || press.shiftKey) return false;
  const mod = press.ctrlKey || press.metaKey;
  return sendWith === 'enter' ? !press.altKey : mod;
}
