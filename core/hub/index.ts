/** Models that can be fetched: the catalogue, and the hub that they come from. Nothing here runs unless a person asks. */
export { memoryFor } from '../checkpoints/index.ts';
export {
  catalogue,
  catalogueEntry,
  searchCatalogue,
  sizeOf,
  type CatalogueEntry,
  type ModelSize,
  type PackSize,
} from './catalogue.ts';
export { connect, endpointOf, HUB, tokenOf, type Connection, type ConnectionOptions } from './connection.ts';
export { PART } from './fetch-file.ts';
export {
  begunIn,
  dropFetch,
  fetchesIn,
  fetchRepository,
  freeOn,
  holdFetch,
  placeOf,
  type Fetched,
  type FetchOptions,
} from './fetching.ts';
export { byFit, fitOf, GOOD_SPEED, packFor, Speeds, type Fit, type Grade } from './fit.ts';
export { owner, ownerState, type OwnerState } from './owner.ts';
export { useSystemProxy } from './proxy.ts';
export { checkRepository, isWeights, lookAt, type RemoteFile, type RemoteRepository } from './repository.ts';
export { layOutSkeleton } from './skeleton.ts';
