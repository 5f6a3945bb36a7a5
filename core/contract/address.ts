/** How an address is shown before it is opened: as the browser will take it, with nothing in it that reads as something else. */

/** Scripts written from right to left: their letters would rearrange what stands around them. */
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;
const READABLE = /[\p{L}\p{M}\p{N}]/u;

/** Letters of a path as letters; everything else stays encoded, direction marks and invisible characters among it. */
const readable = (encoded: string): string => {
  let text: string;
  try {
    text = decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
  return Array.from(text, (character) =>
    READABLE.test(character) && !RIGHT_TO_LEFT.test(character) ? character : encodeURIComponent(character),
  ).join('');
};

/** As `URL.canParse` and `new URL`; the oldest runtimes have only the latter. */
function parsed(href: string): URL | null {
  try {
    return new URL(href);
  } catch {
    return null;
  }
}

export const isAddress = (href: string): boolean => parsed(href) !== null;

export interface ShownAddress {
  /** What the browser will connect to, in ASCII (punycode) and with its port; null where it is no web address. */
  host: string | null;
  /** All of it, host in ASCII. */
  address: string;
  /** The address to be opened: the one that is shown. */
  href: string;
}

/** @param href an address that `URL` can parse; what it cannot is shown with every character but ASCII encoded */
export function shownAddress(href: string): ShownAddress {
  const url = parsed(href);
  if (url === null)
    return {
      host: null,
      address: href.replace(/[^\x21-\x7e]+/g, (run) =>
        encodeURIComponent(new TextDecoder().decode(new TextEncoder().encode(run))),
      ),
      href,
    };
  const whole = url.href;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { host: null, address: whole, href: whole };
  const path = whole.indexOf('/', url.protocol.length + 2);
  return {
    host: url.host,
    address: whole.slice(0, path) + whole.slice(path).replace(/(?:%[89A-F][0-9A-F])+/gi, readable),
    href: whole,
  };
}
