/** The channels of core/contract/fetching.ts. */
import type { FetchingHandlers } from '../contract/index.ts';
import type { Downloads } from './downloads.ts';
import type { Offers } from './offers.ts';

export const createFetchingHandlers = (downloads: Downloads, offers: Offers): FetchingHandlers => ({
  'models.catalogue': () => offers.state,
  'models.measure': () => offers.measure(),
  'models.measureStop': () => offers.stop(),
  'models.find': (source) => downloads.find(source),
  'models.findStop': () => downloads.stopFinding(),
  'models.fetch': (source) => downloads.fetch(source),
  'models.downloads': () => downloads.list(),
  'models.pause': ({ repository }) => downloads.pause(repository),
  'models.resume': ({ repository }) => downloads.resume(repository),
  'models.drop': ({ repository }) => downloads.drop(repository),
  'models.token': ({ token }) => downloads.setToken(token),
});
