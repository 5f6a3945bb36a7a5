/** Servers on other machines: kept with their keys, tested, and chosen in place of this machine's engine. */
export { createServerHandlers } from './handlers.ts';
export { Servers, type ServersOptions } from './servers.ts';
export type { KeyStore } from './keys.ts';
