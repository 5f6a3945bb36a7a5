/** Runs sandboxed before the page: hands it the bridge and nothing else. */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import type { Push } from '../core/contract/push.ts';
import type { Result } from '../core/contract/result.ts';
import { CALL, PUSH, type Bridge } from './bridge.ts';

const bridge: Bridge = {
  call: (name, payload) => ipcRenderer.invoke(CALL, name, payload) as Promise<Result<unknown>>,
  onPush(listener) {
    const forward = (_event: IpcRendererEvent, push: Push): void => listener(push);
    ipcRenderer.on(PUSH, forward);
    return () => void ipcRenderer.off(PUSH, forward);
  },
  // Electron before 32 can't tell: the page then asks for the path
  pathOf: (file) => (webUtils as typeof webUtils | undefined)?.getPathForFile(file) ?? '',
};
contextBridge.exposeInMainWorld('mezzotint', bridge);
