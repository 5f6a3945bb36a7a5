/** The client over Electron's IPC: `window.mezzotint`, exposed by the preload. */
import type { Client } from '../../core/contract/index.ts';
import { fail, toAppError } from '../../core/contract/result.ts';
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
        const error = toAppError(thrown);
        if (!UNANSWERED.test(error.message)) return { ok: false, error };
        return fail('connection-lost', 'Mezzotint ended before it answered. Nothing that was written is lost.', {
          action: 'Start Mezzotint again. Then look whether the step took effect, and repeat it if not.',
        });
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
