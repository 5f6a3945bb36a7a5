/** 每个错误的中文。 */
import { chat } from './chat.ts';
import { profile } from './profile.ts';
import { server } from './server.ts';
import { store } from './store.ts';
import { transfer } from './transfer.ts';
import { window } from './window.ts';

export const zh = { ...chat, ...profile, ...server, ...store, ...transfer, ...window };
