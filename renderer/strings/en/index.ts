/** Every word of the window in English, by feature. */
import { api } from './api.ts';
import { attach } from './attach.ts';
import { composer } from './composer.ts';
import { connection, noConnection } from './connection.ts';
import { data } from './data.ts';
import { empty } from './empty.ts';
import { engine } from './engine.ts';
import { errors } from './errors.ts';
import { explain } from './explain.ts';
import { figures } from './figures.ts';
import { film } from './film.ts';
import { find } from './find.ts';
import { help } from './help.ts';
import { library } from './library.ts';
import { link } from './link.ts';
import { list } from './list.ts';
import { menu } from './menu.ts';
import { message } from './message.ts';
import { models } from './models.ts';
import { modes, modeHints } from './modes.ts';
import { order } from './order.ts';
import { queue } from './queue.ts';
import { race } from './race.ts';
import { samplers } from './samplers.ts';
import { settings } from './settings.ts';
import { servers } from './servers.ts';
import { setup } from './setup.ts';
import { speedProfile } from './speed-profile.ts';
import { rewrite } from './rewrite.ts';
import { steps } from './steps.ts';
import { thread } from './thread.ts';
import { transfer } from './transfer.ts';
import { words } from './words.ts';

const deviceNames: Record<string, string> = {
  webgpu: 'WebGPU',
  dml: 'DirectML',
  coreml: 'Core ML',
  cuda: 'CUDA',
  cpu: 'CPU',
};

export const en = {
  app: 'Mezzotint',
  device: (device: string): string => deviceNames[device] ?? device,
  skip: 'Skip to the message box',
  api,
  servers,
  speedProfile,
  queue,
  race,
  film,
  explain,
  data,
  modes,
  modeHints,
  list,
  order,
  thread,
  menu,
  message,
  find,
  rewrite,
  setup,
  attach,
  words,
  steps,
  figures,
  composer,
  engine,
  connection,
  noConnection,
  errors,
  link,
  samplers,
  settings,
  transfer,
  models,
  library,
  help,
  empty,
} as const;
