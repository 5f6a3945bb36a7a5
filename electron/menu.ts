/** A minimal menu: editing, zoom and window roles, and the import of a model. Everything else is a key of the page's own. */
import { app, Menu } from 'electron';
import type { Locale } from '../core/contract/app.ts';
import { menuTemplate } from './menu-template.ts';

export function setMenu(importModel: () => void, locale: Locale): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({ mac: process.platform === 'darwin', packaged: app.isPackaged, locale, importModel }),
    ),
  );
}
