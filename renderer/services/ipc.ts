/** The client over Electron's IPC: `window.mezzotint`, exposed by the preload. */
import type { Client } from '../../core/contract/index.ts';
import { toAppError } from '../../core/contract/result.ts';
import { readPush, readResult } from './validate.ts';

export function ipcClient(bridge: MezzotintBridge, options: { deep?: boolean } = {}): Client {
  const deep = options.deep ?? false;
  return {
    async call(name, request) {
      try {
        return readResult(name, await bridge.call(name, request), deep);
      } catch (thrown) {
        return { ok: false, error: toAppError(thrown) };
      }
    },
    onPush(listener) {
      return bridge.onPush((value) => {
        const push = readPush(value, deep);
        if (push) listener(push);
      });
    },
    onConnection(listener) {
      listener(true);
      return () => {};
    },
  };
}
