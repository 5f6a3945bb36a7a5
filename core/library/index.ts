/** The models on this machine, and those that can be fetched. `Library` is what the window, the command line and browser mode share. */
export { Downloads, type DownloadsOptions } from './downloads.ts';
export { Costs, type CostsOptions } from './costs.ts';
export { createFetchingHandlers } from './fetching-handlers.ts';
export { createModelHandlers, type ModelServiceOptions } from './handlers.ts';
export { HubToken, type KeyStore } from './hub-token.ts';
export { checkpointIn, dropOldLooks, judgeRepository, namedBy } from './judging.ts';
export { Library, type LibraryOptions } from './library.ts';
export { Mover, type MoverOptions } from './mover.ts';
export { Offers, type OffersOptions } from './offers.ts';
export { refuseUnfit } from './packs.ts';
