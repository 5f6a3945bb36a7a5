/** Words of every error, in English. */
import { profile } from './profile.ts';
import { server } from './server.ts';
import { store } from './store.ts';
import { window } from './window.ts';

export const en = { ...profile, ...server, ...store, ...window };
