/** The client over Electron's IPC: `window.mezzotint`, exposed by the preload. */
import type { Client } from '../../core/contract/index.ts';
import { errorOf, fail, toAppError } from '../../core/contract/result.ts';
import { readPush, readResult } from './validate.ts';

/** How Electron says that the other side did not answer: it has no handler any more, or ended before the reply. */
const UNANSWERED = /^Error invoking remote method /;

export function ipcClient(bridge: MezzotintBridge, options: { deep?: boolean } = {}): Client {
  const deep = options.deep ?? false;
  return {
    async call(name, request) {
      try {
        return readResult(name, await bridge.call(name, request), deep);
      } catch (thrown) {
        if (!(thrown instanceof Error && UNANSWERED.test(thrown.message))) return fail(toAppError(thrown));
        return fail(errorOf('window.desktop-ended'));
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
