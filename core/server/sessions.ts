/**
 * Who may talk to browser mode's server. The address that the program prints carries a code that works once: the page exchanges it
 * for a session, which it keeps in its tab and which ends with this server. A cookie would be sent to every port of this machine,
 * and so to servers of other accounts; a tab's own storage belongs to one origin, port included.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Sessions {
  /** The code in the address of the moment; another one after each exchange. */
  readonly code: string;
  /** A new session for the code of the moment, which is spent by it; null for any other. */
  exchange(code: string): string | null;
  holds(session: string): boolean;
}

/** Tabs of one person; of more than these the oldest is forgotten. */
const MOST = 32;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const secret = (): string => randomBytes(32).toString('base64url');

export function createSessions(): Sessions {
  let code = secret();
  /** Digests, oldest first: comparing them takes the same time whatever was given. */
  const sessions: Buffer[] = [];
  return {
    get code() {
      return code;
    },
    exchange(given) {
      if (!timingSafeEqual(digest(given), digest(code))) return null;
      code = secret();
      const session = secret();
      sessions.push(digest(session));
      if (sessions.length > MOST) sessions.shift();
      return session;
    },
    holds(session) {
      const given = digest(session);
      return sessions.reduce((found, held) => timingSafeEqual(held, given) || found, false);
    },
  };
}
