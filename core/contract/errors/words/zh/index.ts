/** 每个错误的中文。 */
import { profile } from './profile.ts';
import { server } from './server.ts';
import { store } from './store.ts';
import { window } from './window.ts';

export const zh = { ...profile, ...server, ...store, ...window };
