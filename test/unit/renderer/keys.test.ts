import { describe, expect, it } from 'vitest';
import { actionOf, keyNames, keysOf, sends, shortcuts, type KeyPress } from '../../../renderer/state/window/keys.ts';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});
const pc = { mac: false, typing: false };

describe('the keyboard', () => {
  it('does what the help says, on both kinds of board', () => {
    expect(actionOf(press('n', { ctrlKey: true }), pc)).toBe('new-chat');
    expect(actionOf(press('n', { metaKey: true }), { ...pc, mac: true })).toBe('new-chat');
    expect(actionOf(press('n', { ctrlKey: true, metaKey: true }), { ...pc, mac: true })).toBe('new-chat');
    expect(actionOf(press('c', { ctrlKey: true, metaKey: true }), { mac: true, typing: true })).toBe('tokens');
    expect(actionOf(press('c', { altKey: true }), { ...pc, typing: true })).toBe('tokens');
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
  it('leaves what Option writes on a Mac, and its walk through the text, to the text', () => {
    // Polish, Spanish, Swiss and US boards: what Option and a key write there
    const written = {
      KeyN: '˜',
      KeyL: 'ł',
      KeyC: 'ć',
      KeyR: '®',
      KeyV: '√',
      KeyU: 'Dead',
      KeyE: '€',
      KeyW: '∑',
      KeyG: '@',
      Digit8: '{',
      KeyQ: '@',
      Digit5: '[',
      Slash: '÷',
    };
    for (const [code, key] of Object.entries(written))
      for (const shiftKey of [false, true])
        for (const typing of [true, false])
          expect(
            actionOf(press(key, { code, altKey: true, shiftKey }), { mac: true, typing }),
            `${key} ${code}`,
          ).toBeNull();
    for (const key of ['ArrowUp', 'ArrowDown'])
      expect(actionOf(press(key, { altKey: true }), { mac: true, typing: true })).toBeNull();
  });
  it('leaves what AltGr writes to the text, as Windows (Ctrl and Alt) and as Linux (AltGraph) tell it', () => {
    const graph = (name: string): boolean => name === 'AltGraph';
    for (const [code, key] of Object.entries({
      KeyQ: '@',
      KeyE: '€',
      KeyN: 'ń',
      KeyC: 'ć',
      KeyL: 'ł',
      KeyZ: 'ż',
      KeyB: '{',
      KeyV: '@',
      KeyF: '[',
      KeyG: ']',
      KeyK: '&',
      Digit7: '{',
      Slash: '/',
      Comma: ',',
    })) {
      expect(actionOf(press(key, { code, ctrlKey: true, altKey: true }), { ...pc, typing: true }), key).toBeNull();
      expect(
        actionOf(press(key, { code, altKey: true, getModifierState: graph }), { ...pc, typing: true }),
        key,
      ).toBeNull();
      expect(
        actionOf(press(key, { code, ctrlKey: true, getModifierState: graph }), { ...pc, typing: true }),
        key,
      ).toBeNull();
    }
  });
  it('goes by the letter on every Latin board', () => {
    // Dvorak: where a letter stands on a US board
    const dvorak = {
      x: 'KeyB',
      ',': 'KeyW',
      '.': 'KeyE',
      "'": 'KeyQ',
      ';': 'KeyZ',
      n: 'KeyL',
      l: 'KeyP',
      b: 'KeyN',
      t: 'KeyK',
      k: 'KeyV',
      u: 'KeyF',
      i: 'KeyG',
      f: 'KeyY',
      '/': 'BracketLeft',
    };
    const ctrl = (key: keyof typeof dvorak) =>
      actionOf(press(key, { code: dvorak[key], ctrlKey: true }), { ...pc, typing: true });
    expect([ctrl('x'), ctrl('t'), ctrl('u'), ctrl('i'), ctrl('.'), ctrl("'"), ctrl(';')]).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect([ctrl('n'), ctrl('l'), ctrl('b'), ctrl('k'), ctrl('f'), ctrl(','), ctrl('/')]).toEqual([
      'new-chat',
      'focus-composer',
      'toggle-sidebar',
      'palette',
      'find',
      'settings',
      'help',
    ]);
    // Alt with a sign is no letter of that place
    for (const [key, code] of [
      [',', 'KeyW'],
      ['.', 'KeyE'],
      ['p', 'KeyR'],
    ] as const)
      expect(actionOf(press(key, { code, altKey: true }), pc)).toBeNull();
    // Colemak and AZERTY
    expect(actionOf(press('n', { code: 'KeyJ', ctrlKey: true }), pc)).toBe('new-chat');
    expect(actionOf(press('k', { code: 'KeyN', ctrlKey: true }), pc)).toBe('palette');
    expect(actionOf(press('z', { code: 'KeyW', ctrlKey: true }), pc)).toBe('undo');
    expect(actionOf(press('w', { code: 'KeyZ', ctrlKey: true }), pc)).toBeNull();
  });
  it('goes by the place where the board writes another script', () => {
    for (const key of ['т', 'ν', 'ى', 'מ', 'ㅜ', 'ท'])
      expect(actionOf(press(key, { code: 'KeyN', ctrlKey: true }), { ...pc, typing: true }), key).toBe('new-chat');
    expect(actionOf(press('с', { code: 'KeyC', altKey: true }), { ...pc, typing: true })).toBe('tokens');
    expect(actionOf(press('т', { code: 'KeyN', metaKey: true }), { mac: true, typing: true })).toBe('new-chat');
    expect(actionOf(press('б', { code: 'Comma', ctrlKey: true }), { ...pc, typing: true })).toBe('settings');
    // Cut, Copy, Paste stay the system's
    for (const [key, code] of [
      ['ч', 'KeyX'],
      ['с', 'KeyC'],
      ['м', 'KeyV'],
    ] as const)
      expect(actionOf(press(key, { code, ctrlKey: true }), { ...pc, typing: true })).toBeNull();
  });
  it('leaves the other modifier alone', () => {
    expect(actionOf(press('n', { metaKey: true }), pc)).toBeNull();
    expect(actionOf(press('n', { ctrlKey: true, altKey: true }), pc)).toBeNull();
  });
  it('has no combination twice', () => {
    for (const mac of [false, true]) {
      const keys = shortcuts.flatMap((s) => keysOf(s, mac));
      expect(new Set(keys).size).toBe(keys.length);
    }
    // what a text field does with Option, and the menu's own keys, are free on a Mac
    expect(
      shortcuts.flatMap((s) => keysOf(s, true)).filter((keys) => keys.startsWith('Alt+') || keys === 'Ctrl+Mod+F'),
    ).toEqual([]);
  });
  it('names keys as the board does', () => {
    expect(keyNames('Mod+Shift+L', false)).toEqual(['Ctrl', 'Shift', 'L']);
    expect(keyNames('Ctrl+Mod+ArrowUp', true)).toEqual(['⌃', '⌘', '↑']);
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
    // Safari: the composition has ended, the Enter that ended it comes after
    expect(sends(press('Enter', { keyCode: 229 }), 'enter')).toBe(false);
    expect(actionOf(press('Escape', { keyCode: 229 }), { ...pc, typing: true })).toBeNull();
  });
});
