/**
 * How a page of browser mode comes to a session. The address that Mezzotint prints carries a code that works once; the page takes
 * it out of the address, exchanges it, and keeps the session in the tab, so that a reload works. The session ends with the server.
 */

const KEY = 'mezzotint-session';
const PATH = '/session';

/** refused: this server knows neither the code nor the session · unreachable: nobody answers. */
export type Launch = { session: string } | 'refused' | 'unreachable';
/** Posts to the server: the session, null where it is refused. Rejects where nobody answers. */
export type Ask = (request: { code: string } | { session: string }) => Promise<string | null>;
type Tab = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export const askServer: Ask = async (request) => {
  const answer = await fetch(PATH, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (answer.status === 401) return null;
  const body: unknown = answer.ok ? await answer.json() : null;
  if (typeof body !== 'object' || body === null || !('session' in body) || typeof body.session !== 'string')
    throw new Error(`The server answered ${answer.status}.`);
  return body.session;
};

/** Whether an address's fragment carries a code. */
export const hasCode = (hash: string): boolean => new URLSearchParams(hash.replace(/^#/, '')).has('code');

/** The code of an address, which is taken out of it; null where there is none. */
function takeCode(
  where: Pick<Location, 'hash' | 'pathname' | 'search'>,
  replace: (url: string) => void,
): string | null {
  const fragment = new URLSearchParams(where.hash.replace(/^#/, ''));
  const code = fragment.get('code');
  if (code === null) return null;
  fragment.delete('code');
  const rest = fragment.toString();
  replace(`${where.pathname}${where.search}${rest ? `#${rest}` : ''}`);
  return code;
}

/** A code that is spent does no harm where the tab has a session: its address may come from the history. */
export async function launch(
  where: Pick<Location, 'hash' | 'pathname' | 'search'>,
  tab: Tab,
  replace: (url: string) => void,
  ask: Ask,
): Promise<Launch> {
  const code = takeCode(where, replace);
  const kept = tab.getItem(KEY);
  try {
    const fresh = code === null ? null : await ask({ code });
    // a page that has neither asks too: Mezzotint then prints an address for it
    const session = fresh ?? (await ask({ session: kept ?? '' }));
    if (session === null) {
      tab.removeItem(KEY);
      return 'refused';
    }
    tab.setItem(KEY, session);
    return { session };
  } catch {
    return 'unreachable';
  }
}

/** Failed attempts to come back (15 s of them) after which the page says what to do. */
const SAID_AFTER = 6;

/**
 * Whether a page that lost its connection may come back.
 * @param tell refused: it never will · unreachable: nobody has answered for a while · null: it has come back
 */
export function comingBack(
  session: string,
  ask: Ask,
  tell: (trouble: 'refused' | 'unreachable' | null) => void,
): { mayReturn(): Promise<boolean>; returned(): void } {
  let failed = 0;
  return {
    async mayReturn() {
      try {
        if ((await ask({ session })) !== null) return true;
        tell('refused');
        return false;
      } catch {
        failed += 1;
        if (failed === SAID_AFTER) tell('unreachable');
        return true;
      }
    },
    returned() {
      failed = 0;
      tell(null);
    },
  };
}
