/** What the menu holds, and by which keys. Pure, so that its keys can be compared with the page's. */
import type { MenuItemConstructorOptions } from 'electron';
import type { Locale } from '../core/contract/app.ts';
import { desktopWords } from './words.ts';

/** Roles bring the system's own keys. None of them writes a character, and none is a shortcut of the page. */
export function menuTemplate({
  mac,
  packaged,
  locale = 'en',
  importModel = () => undefined,
}: {
  mac: boolean;
  packaged: boolean;
  locale?: Locale;
  importModel?: () => void;
}): MenuItemConstructorOptions[] {
  const words = desktopWords(locale);
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    // `+` needs Shift on most boards: the same key zooms without it
    { role: 'zoomIn', accelerator: 'CommandOrControl+=', visible: false },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ];
  if (!packaged) view.push({ type: 'separator' }, { role: 'toggleDevTools' });
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: words.file,
      submenu: [
        { id: 'import-model', label: words.importModel, click: importModel },
        ...(mac ? [] : [{ type: 'separator' } as const, { role: 'quit' } as const]),
      ],
    },
    { role: 'editMenu' },
    { label: 'View', submenu: view },
    { role: 'windowMenu' },
  ];
}
