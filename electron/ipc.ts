/** The one IPC handler: checks who asks, then hands the message to the dispatcher that checks what is asked. */
import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import type { Push } from '../core/contract/push.ts';
import { errorOf, fail } from '../core/contract/result.ts';
import type { Dispatch } from '../core/app/dispatch.ts';
import { CALL, PUSH } from './bridge.ts';
import { isAppPage } from './security.ts';

/** Only the main frame of our window, showing our page, is heard: no subframe, no other contents, no other address. */
function isOurPage(event: IpcMainInvokeEvent, window: BrowserWindow | null): boolean {
  const frame = event.senderFrame;
  if (!frame || !window || window.isDestroyed() || event.sender !== window.webContents) return false;
  const main = window.webContents.mainFrame;
  return frame.processId === main.processId && frame.routingId === main.routingId && isAppPage(frame.url);
}

export interface Ipc {
  push(push: Push): void;
  close(): void;
}

/** @param window the window of the moment; null while there is none */
export function serveIpc(dispatch: Dispatch, window: () => BrowserWindow | null): Ipc {
  ipcMain.handle(CALL, async (event, name: unknown, payload: unknown) =>
    isOurPage(event, window()) ? dispatch(name, payload) : fail(errorOf('desktop.stranger')),
  );
  return {
    push(push) {
      const target = window();
      if (target && !target.isDestroyed() && !target.webContents.isCrashed()) target.webContents.send(PUSH, push);
    },
    close: () => ipcMain.removeHandler(CALL),
  };
}
