/** Words of every error, in English. */
import { chat } from './chat.ts';
import { profile } from './profile.ts';
import { server } from './server.ts';
import { store } from './store.ts';
import { transfer } from './transfer.ts';
import { window } from './window.ts';

export const en = { ...chat, ...profile, ...server, ...store, ...transfer, ...window };
