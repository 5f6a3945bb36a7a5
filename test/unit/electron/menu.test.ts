import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { menuTemplate } from '../../../electron/menu-template.ts';
import { keysOf, shortcuts } from '../../../renderer/state/window/keys.ts';

/** Electron's own keys of the roles used here (its documentation and lib/browser/api/menu-item-roles.ts). */
const roleKeys: Record<string, { mac: readonly string[]; other: readonly string[] }> = {
  appMenu: { mac: ['Command+H', 'Command+Alt+H', 'Command+Q'], other: [] },
  quit: { mac: ['Command+Q'], other: ['Control+Q'] },
  editMenu: {
    mac: ['Command+Z', 'Shift+Command+Z', 'Command+X', 'Command+C', 'Command+V', 'Command+Alt+Shift+V', 'Command+A'],
    other: ['Control+Z', 'Control+Y', 'Control+X', 'Control+C', 'Control+V', 'Control+A'],
  },
  resetZoom: { mac: ['Command+0'], other: ['Control+0'] },
  zoomIn: { mac: ['Command+Plus'], other: ['Control+Plus'] },
  zoomOut: { mac: ['Command+-'], other: ['Control+-'] },
  togglefullscreen: { mac: ['Control+Command+F'], other: ['F11'] },
  toggleDevTools: { mac: ['Alt+Command+I'], other: ['Control+Shift+I'] },
  windowMenu: { mac: ['Command+M', 'Command+W'], other: ['Control+M', 'Control+W'] },
};
function keysIn(items: readonly MenuItemConstructorOptions[], mac: boolean): string[] {
  return items.flatMap((item) => {
    if (Array.isArray(item.submenu)) return keysIn(item.submenu, mac);
    if (typeof item.accelerator === 'string')
      return [item.accelerator.replace('CommandOrControl', mac ? 'Command' : 'Control')];
    if (item.role === undefined) return [];
    const keys = roleKeys[item.role];
    if (!keys) throw new Error(`The keys of the role ${item.role} are not listed here.`);
    return [...(mac ? keys.mac : keys.other)];
  });
}
const sorted = (keys: string): string =>
  keys
    .split('+')
    .map((key) => key.toLowerCase())
    .sort()
    .join('+');

describe.each([
  ['a Mac', true],
  ['Windows and Linux', false],
] as const)('the menu on %s', (_name, mac) => {
  const keys = [false, true].flatMap((packaged) => keysIn(menuTemplate({ mac, packaged }), mac));

  it('has no key that writes a character', () => {
    // Option alone writes on a Mac, Ctrl+Alt is AltGr elsewhere
    expect(
      keys.filter((one) => (mac ? !one.includes('Command') : one.includes('Alt') || !/Control|F\d/.test(one))),
    ).toEqual([]);
  });
  it('leaves the page its shortcuts', () => {
    const page = shortcuts
      // undoing is the text field's while one types, the page's where there is none
      .filter(({ action }) => action !== 'undo')
      .flatMap((shortcut) => keysOf(shortcut, mac))
      .map((combination) => sorted(combination.replace('Ctrl', 'Control').replace('Mod', mac ? 'Command' : 'Control')));
    expect(keys.map(sorted).filter((one) => page.includes(one))).toEqual([]);
  });
});
