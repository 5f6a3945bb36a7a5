/**
 * Addresses of servers, and which may be reached without encryption: this machine's own always, private ones where a person
 * confirmed it, public ones never. Names are judged by what they resolve to, at each connection.
 */
import dns from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { failure } from '../../contract/result.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
const privately = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  privately.addSubnet(net, prefix, 'ipv4');
privately.addSubnet('fc00::', 7, 'ipv6');
privately.addSubnet('fe80::', 10, 'ipv6');

export type Reach = 'loopback' | 'private' | 'public';
export function reachOf(ip: string): Reach {
  const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4';
  if (loopback.check(ip, family)) return 'loopback';
  return privately.check(ip, family) ? 'private' : 'public';
}

/** Ends of addresses that people copy along. */
const ENDPOINT = /\/(chat\/completions|completions|models|responses)$/;

/**
 * The address under which the paths of the API lie, without a slash at its end.
 * @throws MezzotintError `bad-request`
 */
export function addressOf(given: string): string {
  const text = given.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    throw failure('remote.no-address', { given: JSON.stringify(text.slice(0, 200)) });
  }
  if (url.username !== '' || url.password !== '') throw failure('remote.no-key-in-address');
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '' || /\s/.test(text))
    throw failure('remote.no-address', { given: JSON.stringify(text.slice(0, 200)) });
  return (url.origin + url.pathname.replace(/\/+$/, '').replace(ENDPOINT, '')).replace(/\/+$/, '');
}
export const hostOf = (address: string): string => new URL(address).host;

const nameOf = (address: string): string => new URL(address).hostname.replace(/^\[|\]$/g, '');
const isOwnName = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

/** Refuses what plain HTTP would show to others. @param confirmed a person trusts the private network */
function check(address: string, reach: Reach, confirmed: boolean): void {
  const host = hostOf(address);
  if (reach === 'public') throw failure('remote.plain-public', { host });
  if (reach === 'private' && !confirmed) throw failure('remote.plain-private', { host });
}
/** What can be said before a name is resolved. @throws MezzotintError `bad-request`, or `conflict` where it is to be confirmed */
export function checkAddress(address: string, confirmed: boolean): void {
  if (new URL(address).protocol === 'https:') return;
  const name = nameOf(address);
  if (isIP(name) !== 0) check(address, reachOf(name), confirmed);
  else if (!isOwnName(name)) check(address, 'private', confirmed);
}
/** Resolves a server's name, and refuses what may not be reached without encryption. */
export function lookupOf(address: string, confirmed: boolean): LookupFunction {
  const plain = new URL(address).protocol === 'http:';
  return (hostname, options, done) => {
    dns.lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      try {
        if (plain)
          for (const { address: ip } of found) {
            const reach = reachOf(ip);
            if (isOwnName(hostname) && reach !== 'loopback') check(address, 'public', false);
            check(address, reach, confirmed);
          }
      } catch (thrown) {
        return done(thrown as NodeJS.ErrnoException, '', 0);
      }
      const first = found[0];
      if (options.all) (done as unknown as (error: null, found: dns.LookupAddress[]) => void)(null, found);
      else done(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}
