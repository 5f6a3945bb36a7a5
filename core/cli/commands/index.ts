/** The commands, in the order of their help: one file and one row each. */
import type { AnyCommand } from '../command.ts';
import { ask } from './ask.ts';
import { chat } from './chat.ts';
import { chatsExport } from './chats-export.ts';
import { chatsImport } from './chats-import.ts';
import { chatsSearch } from './chats-search.ts';
import { chatsShow } from './chats-show.ts';
import { completions } from './completions.ts';
import { man } from './man.ts';
import { modelsAdd } from './models-add.ts';
import { modelsDownloads } from './models-downloads.ts';
import { modelsFit } from './models-fit.ts';
import { modelsFolder } from './models-folder.ts';
import { modelsImport } from './models-import.ts';
import { modelsList } from './models-list.ts';
import { modelsRm } from './models-rm.ts';
import { modelsUse } from './models-use.ts';
import { modelsSearch } from './models-search.ts';
import { modelsShow } from './models-show.ts';
import { modelsVerify } from './models-verify.ts';
import { serve } from './serve.ts';
import { serversAdd } from './servers-add.ts';
import { serversList } from './servers-list.ts';
import { serversPrice } from './servers-price.ts';
import { serversRm } from './servers-rm.ts';
import { serversTest } from './servers-test.ts';

export const commands: readonly AnyCommand[] = [
  ask,
  chat,
  serve,
  chatsExport,
  chatsImport,
  chatsSearch,
  chatsShow,
  modelsImport,
  modelsList,
  modelsUse,
  modelsRm,
  modelsSearch,
  modelsShow,
  modelsFit,
  modelsAdd,
  modelsDownloads,
  modelsVerify,
  modelsFolder,
  serversAdd,
  serversList,
  serversTest,
  serversPrice,
  serversRm,
  completions,
  man,
];
