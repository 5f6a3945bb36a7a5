/** A minimal menu: editing, zoom and window roles, and the import of a model. Everything else is a key of the page's own. */
import { app, Menu } from 'electron';
import { menuTemplate } from './menu-template.ts';

export function setMenu(importModel: () => void): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(menuTemplate({ mac: process.platform === 'darwin', packaged: app.isPackaged, importModel })),
  );
}
