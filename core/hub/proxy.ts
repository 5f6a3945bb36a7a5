/** Proxies by the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in either case. Node reads `NODE_EXTRA_CA_CERTS` itself. */
import http from 'node:http';
import { failure } from '../contract/result.ts';

/**
 * From now on requests of this process go through the proxies that the environment names.
 * @throws MezzotintError `bad-request` where it names one and this Node can't use it, rather than to go round it
 */
export function useSystemProxy(env: NodeJS.ProcessEnv = process.env): void {
  const named = ['HTTPS_PROXY', 'HTTP_PROXY'].find((name) => env[name] || env[name.toLowerCase()]);
  if (named === undefined) return;
  const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: (env: NodeJS.ProcessEnv) => unknown };
  if (!setGlobalProxyFromEnv) throw failure('hub.proxy-unsupported', { name: named });
  try {
    setGlobalProxyFromEnv(env);
  } catch (cause) {
    throw failure('hub.proxy-invalid', { name: named }, { cause });
  }
}
