/** The server that a measurement asks: the one at `--url`, or one of our own over the pack that ships. */
import { serve, SERVED_KEY } from '../fixtures/served.ts';

export const serverOptions = {
  url: { type: 'string' },
  key: { type: 'string' },
  model: { type: 'string' },
  json: { type: 'boolean' },
  limit: { type: 'string' },
} as const;
export interface Chosen {
  url?: string | undefined;
  key?: string | undefined;
  model?: string | undefined;
}

export interface Server {
  /** @throws Error with the server's words where it does not answer 200 */
  post(path: string, body: Record<string, unknown>): Promise<unknown>;
  end(): Promise<void>;
}

export async function openServer({ url, key, model }: Chosen): Promise<Server> {
  const own = url === undefined ? await serve() : null;
  const at = (url ?? own?.address ?? '').replace(/\/$/, '');
  const bearer = own ? SERVED_KEY : (key ?? '');
  return {
    async post(path, body) {
      const response = await fetch(`${at}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: JSON.stringify({ ...(model === undefined ? {} : { model }), temperature: 0, ...body }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`The server answered ${response.status}: ${text.slice(0, 300)}`);
      return JSON.parse(text) as unknown;
    },
    async end() {
      await own?.end();
    },
  };
}
