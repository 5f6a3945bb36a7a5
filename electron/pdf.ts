/** Prints a page of our own making to a PDF, in a window that is never shown, runs no script and has no bridge. */
import { randomUUID } from 'node:crypto';
import { BrowserWindow, type Session } from 'electron';
import { PRINT_PAGES } from './security.ts';

/** @returns a printer: HTML with nothing outside it, to a PDF's bytes */
export function pdfPrinter(session: Session): (html: string) => Promise<Uint8Array> {
  return async (html) => {
    const address = PRINT_PAGES.address(randomUUID());
    PRINT_PAGES.pages.set(address, html);
    const window = new BrowserWindow({
      show: false,
      webPreferences: {
        session,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        javascript: false,
        images: false,
      },
    });
    try {
      await window.loadURL(address);
      return await window.webContents.printToPDF({ preferCSSPageSize: true, printBackground: false, pageSize: 'A4' });
    } finally {
      PRINT_PAGES.pages.delete(address);
      window.destroy();
    }
  };
}
