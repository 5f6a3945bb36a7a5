/** The one way from a message to a handler: Electron's IPC and the WebSocket both end here. */
import { parseRequest, type ChannelName, type Handlers } from '../contract/index.ts';
import { toAppError, type Result } from '../contract/result.ts';

/** Takes what a client sent, unchecked. Never throws and never rejects: every outcome is a `Result`. */
export type Dispatch = (name: unknown, payload: unknown) => Promise<Result<unknown>>;

/**
 * @param handlers one handler a channel
 * @param report receives errors nobody foresaw (code `internal`), for the log
 */
export function createDispatch(handlers: Handlers, report: (channel: ChannelName, thrown: unknown) => void): Dispatch {
  return async (name, payload) => {
    const parsed = parseRequest(name, payload);
    if (!parsed.ok) return parsed;
    // the schema of the same channel produced this request, which the type system cannot follow through the name
    const handler = handlers[parsed.value.name] as (request: unknown) => unknown;
    try {
      return { ok: true, value: await handler(parsed.value.request) };
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'internal') report(parsed.value.name, thrown);
      return { ok: false, error };
    }
  };
}
