/** Running text up to the next sign that means something; addresses in it; line breaks written as HTML. */
import type { InlineState, Parser } from './types.ts';
import { isUnspaced, isWide } from './scripts.ts';

/** Signs at which another rule may have its turn. */
const SIGNS = new Set([...'\n!$&*:<@[\\]_`~'].map((sign) => sign.charCodeAt(0)));
const isWordSign = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const isWww = (text: string, at: number): boolean =>
  (text.charCodeAt(at) | 32) === 119 && /^www\.$/i.test(text.slice(at, at + 4)) && !isWordSign(text.charCodeAt(at - 1));

function textRule(state: InlineState, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  let at = pos;
  for (; at < posMax; at++) {
    const code = src.charCodeAt(at);
    // an underscore within a word is one
    if (
      code === 95 &&
      at > pos &&
      at + 1 < posMax &&
      isWordSign(src.charCodeAt(at - 1)) &&
      isWordSign(src.charCodeAt(at + 1))
    )
      continue;
    if (SIGNS.has(code) || (at > pos && isWww(src, at))) break;
  }
  if (at === pos) return false;
  if (!silent) state.pending += src.slice(pos, at);
  state.pos = at;
  return true;
}

/** Characters that are never part of an address. */
const STOPS = /[\s<>"`[\]{}|\\^]/;
const LONGEST_ADDRESS = 2000;
/** Where the address that begins at `from` ends: before what is written on without a space, and before what closes a sentence. */
function addressEnd(text: string, from: number, max: number): number {
  let end = from;
  for (const sign of text.slice(from, Math.min(max, from + LONGEST_ADDRESS))) {
    if (STOPS.test(sign) || isUnspaced(sign) || isWide(sign)) break;
    end += sign.length;
  }
  let opened = 0;
  let closed = 0;
  for (let at = from; at < end; at++) {
    if (text.charAt(at) === '(') opened += 1;
    else if (text.charAt(at) === ')') closed += 1;
  }
  for (; end > from; end--) {
    const last = text.charAt(end - 1);
    if (last === ')' && closed > opened) closed -= 1;
    else if (!/[?!.,:;*_~'’”…]/.test(last)) break;
  }
  return end;
}

function pushLink(state: InlineState, href: string, text: string): void {
  state.push('link_open', 'a', 1).attrs = [['href', href]];
  state.push('text', '', 0).content = text;
  state.push('link_close', 'a', -1);
}
/** Takes the last characters back from the text before a sign. */
const takeBack = (state: InlineState, count: number): void => {
  state.pending = state.pending.slice(0, state.pending.length - count);
};

const SCHEME = /(?:^|[^A-Za-z0-9])(https?)$/i;
const MAILBOX = /[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}$/;
const DOMAIN =
  /@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?){1,8}/y;

function addressRule(state: InlineState, silent: boolean): boolean {
  if (silent || state.linkLevel > 0) return false;
  const { src, pos, posMax } = state;
  const code = src.charCodeAt(pos);
  if (code === 58 && src.startsWith('://', pos)) {
    const scheme = SCHEME.exec(state.pending.slice(-6))?.[1];
    if (scheme === undefined) return false;
    const end = addressEnd(src, pos + 3, posMax);
    if (end === pos + 3) return false;
    const url = scheme + src.slice(pos, end);
    takeBack(state, scheme.length);
    pushLink(state, url, url);
    state.pos = end;
    return true;
  }
  if (code === 64) {
    const mailbox = MAILBOX.exec(state.pending.slice(-65))?.[0];
    DOMAIN.lastIndex = pos;
    const domain = DOMAIN.exec(src)?.[0];
    if (mailbox === undefined || domain === undefined || pos + domain.length > posMax) return false;
    takeBack(state, mailbox.length);
    pushLink(state, `mailto:${mailbox}${domain}`, mailbox + domain);
    state.pos += domain.length;
    return true;
  }
  if (isWww(src, pos)) {
    const end = addressEnd(src, pos, posMax);
    const url = src.slice(pos, end);
    if (!/^www\.[^.\s/]+\.[^.\s/]/i.test(url)) return false;
    pushLink(state, `http://${url}`, url);
    state.pos = end;
    return true;
  }
  return false;
}

const BREAK = /<br {0,3}\/?>[ \t]{0,8}/iy;

export function text(md: Parser): void {
  md.inline.ruler.before('text', 'address', addressRule);
  md.inline.ruler.at('text', textRule);
  md.inline.ruler.before('autolink', 'break', (state, silent) => {
    if (state.src.charCodeAt(state.pos) !== 60) return false;
    BREAK.lastIndex = state.pos;
    if (!BREAK.test(state.src) || BREAK.lastIndex > state.posMax) return false;
    if (!silent) state.push('hardbreak', 'br', 0);
    state.pos = BREAK.lastIndex;
    return true;
  });
}
