import { describe, expect, it } from 'vitest';
import { actionOf, keyNames, sends, shortcuts, type KeyPress } from '../../../renderer/state/keys.ts';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({ key, code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
const pc = { mac: false, typing: false };

describe('the keyboard', () => {
  it('does what the help says, on both kinds of board', () => {
    expect(actionOf(press('n', { ctrlKey: true }), pc)).toBe('new-chat');
    expect(actionOf(press('n', { metaKey: true }), { ...pc, mac: true })).toBe('new-chat');
    expect(actionOf(press('˜', { altKey: true, code: 'KeyN' }), { ...pc, mac: true })).toBe('new-chat');
    expect(actionOf(press('ArrowUp', { altKey: true }), pc)).toBe('previous');
    expect(actionOf(press(',', { ctrlKey: true }), pc)).toBe('settings');
    expect(actionOf(press('?', { shiftKey: true }), pc)).toBe('help');
    expect(actionOf(press('Escape'), { ...pc, typing: true })).toBe('stop');
    expect(actionOf(press('l', { ctrlKey: true, shiftKey: true }), pc)).toBe('focus-list');
    expect(actionOf(press('l', { ctrlKey: true }), pc)).toBe('focus-composer');
  });
  it('never takes a letter from someone who is typing', () => {
    for (const key of ['/', '?', 'n', 'ArrowUp']) expect(actionOf(press(key), { ...pc, typing: true })).toBeNull();
    expect(actionOf(press('Escape', { isComposing: true }), { ...pc, typing: true })).toBeNull();
  });
  it('leaves the other modifier alone', () => {
    expect(actionOf(press('n', { metaKey: true }), pc)).toBeNull();
    expect(actionOf(press('n', { ctrlKey: true, altKey: true }), pc)).toBeNull();
  });
  it('has no combination twice', () => {
    const keys = shortcuts.flatMap((s) => s.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });
  it('names keys as the board does', () => {
    expect(keyNames('Mod+Shift+L', false)).toEqual(['Ctrl', 'Shift', 'L']);
    expect(keyNames('Alt+ArrowUp', true)).toEqual(['⌥', '↑']);
  });
});

describe('sending', () => {
  it('Enter sends or breaks the line, as chosen; Shift+Enter always breaks it', () => {
    expect(sends(press('Enter'), 'enter')).toBe(true);
    expect(sends(press('Enter', { shiftKey: true }), 'enter')).toBe(false);
    expect(sends(press('Enter'), 'mod-enter')).toBe(false);
    expect(sends(press('Enter', { ctrlKey: true }), 'mod-enter')).toBe(true);
    expect(sends(press('Enter', { ctrlKey: true, shiftKey: true }), 'mod-enter')).toBe(false);
  });
  it('never sends half a word of an input method', () => {
    expect(sends(press('Enter', { isComposing: true }), 'enter')).toBe(false);
  });
});
