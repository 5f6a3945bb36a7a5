/** Words of every error, in English. */
import { chat } from './chat.ts';
import { checkpoints } from './checkpoints.ts';
import { cli } from './cli.ts';
import { engine } from './engine.ts';
import { hub } from './hub.ts';
import { library } from './library.ts';
import { model } from './model.ts';
import { profile } from './profile.ts';
import { remote } from './remote.ts';
import { samplers } from './samplers.ts';
import { server } from './server.ts';
import { store } from './store.ts';
import { transfer } from './transfer.ts';
import { window } from './window.ts';

export const en = {
  ...chat,
  ...checkpoints,
  ...cli,
  ...engine,
  ...hub,
  ...library,
  ...model,
  ...profile,
  ...remote,
  ...samplers,
  ...server,
  ...store,
  ...transfer,
  ...window,
};
