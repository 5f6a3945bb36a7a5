/** The desktop app: sets the rules, opens the service, shows the window. Everything of substance lies in core/. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { app, BrowserWindow, dialog, session, shell } from 'electron';
import { localeOf, type Language } from '../core/contract/app.ts';
import { shownAddress } from '../core/contract/address.ts';
import { sayError } from '../core/contract/errors/say.ts';
import { failure, toAppError } from '../core/contract/result.ts';
import { childEnvironment } from '../core/engines/index.ts';
import { createDispatch } from '../core/app/dispatch.ts';
import { closeAll } from '../core/server/closing.ts';
import { readFileMap } from '../core/server/files.ts';
import { serveLocally } from '../core/server/local.ts';
import { openHost } from '../core/app/host.ts';
import { checkChosen, chosenDataDir, packDir } from '../core/app/paths.ts';
import { utilityEngine } from './engine-host.ts';
import { serveIpc } from './ipc.ts';
import { systemKeyStore } from './key-store.ts';
import { setMenu } from './menu.ts';
import { pdfPrinter } from './pdf.ts';
import { hardenApp, hardenContents, hardenSession, serveApp } from './security.ts';
import { applyTheme, openWindow } from './window.ts';
import { desktopWords } from './words.ts';

const built = import.meta.dirname;

// what the app opens for the person (their browser, their mail program) may be an Electron too
for (const name of Object.keys(process.env)) if (!(name in childEnvironment())) delete process.env[name];

/** Exit code of a start that was refused in words: nothing else is to be tried in its place. */
const REFUSED = 3;
function refuseToStart(thrown: unknown): never {
  const error = toAppError(thrown);
  const { code } = error;
  console.error(code === 'internal' ? thrown : [error.message, error.action].filter(Boolean).join(' '));
  // the settings are not read yet: the computer's own language
  const locale = localeOf('system', app.getPreferredSystemLanguages());
  const { message, action } = sayError(error, locale);
  dialog.showErrorBox(desktopWords(locale).notStarted, [message, action].filter(Boolean).join('\n\n'));
  process.exit(code === 'internal' ? 1 : REFUSED);
}
/** Before the app is ready its errors have nowhere else to go. */
function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    refuseToStart(thrown);
  }
}

// all of this must stand before the app is ready
const chosen = orRefuse(() => {
  const folder = chosenDataDir(process.argv.slice(1));
  const news = folder === undefined ? null : checkChosen(folder);
  if (news !== null) console.error(news);
  return folder;
});
if (chosen !== undefined) app.setPath('userData', chosen);
const home = app.getPath('userData');
// Chromium's own files stay apart from the person's
app.setPath('sessionData', path.join(home, 'session'));
hardenApp();
app.on('web-contents-created', (_event, contents) => hardenContents(contents));

let window: BrowserWindow | null = null;
/** As the settings have it. */
let language: Language = 'system';
const locale = () => localeOf(language, app.getPreferredSystemLanguages());

/** Shows the address and opens it only when the person agrees: a link may say one thing and lead to another. */
async function openExternal(address: string): Promise<void> {
  const shown = shownAddress(address);
  const words = desktopWords(locale());
  const detail = [shown.host, shown.address.slice(0, 2000)].filter((line) => line !== null).join('\n\n');
  const question = {
    type: 'question' as const,
    message: words.openOutside,
    detail,
    buttons: [words.open, words.cancel],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  };
  const { response } = await (window ? dialog.showMessageBox(window, question) : dialog.showMessageBox(question));
  if (response === 0) await shell.openExternal(shown.href);
}

async function chooseFolder(): Promise<string | null> {
  const ask = { properties: ['openDirectory' as const, 'createDirectory' as const] };
  const { filePaths } = await (window ? dialog.showOpenDialog(window, ask) : dialog.showOpenDialog(ask));
  return filePaths[0] ?? null;
}
async function chooseModel(kind: 'folder' | 'file'): Promise<string | null> {
  const ask =
    kind === 'folder'
      ? { properties: ['openDirectory' as const] }
      : { properties: ['openFile' as const], filters: [{ name: 'GGUF', extensions: ['gguf'] }] };
  const { filePaths } = await (window ? dialog.showOpenDialog(window, ask) : dialog.showOpenDialog(ask));
  return filePaths[0] ?? null;
}
async function showFolder(folder: string): Promise<void> {
  const trouble = await shell.openPath(folder);
  if (trouble !== '') throw failure('desktop.folder-not-shown', {}, { file: folder });
}

async function run(): Promise<void> {
  await app.whenReady();
  hardenSession(session.defaultSession);
  serveApp(session.defaultSession, readFileMap(path.join(built, 'renderer')));

  const service = openHost({
    home,
    desktop: {
      chooseFolder,
      showFolder,
      chooseModel,
      trash: (folder) => shell.trashItem(folder),
      keyStore: systemKeyStore(home),
    },
    packDir: packDir(
      app.isPackaged ? path.join(process.resourcesPath, 'models') : path.join(app.getAppPath(), 'models'),
    ),
    spawnEngine: utilityEngine(path.join(built, 'engine.cjs')),
    openExternal,
    version: app.getVersion(),
    runtime: 'electron',
    toPdf: pdfPrinter(session.defaultSession),
  });
  const dispatch = createDispatch(service.handlers, (channel, thrown) => console.error(`${channel}:`, thrown));
  const ipc = serveIpc(dispatch, () => window);
  const speak = (chosen: Language): void => {
    language = chosen;
    setMenu(() => ipc.push({ topic: 'menu', command: 'import-model' }), locale());
  };
  speak((await service.handlers['settings.get']({})).language);
  const local = await serveLocally({ service, dispatch, log: (line) => console.error(line) });
  const stopPushes = service.onPush((push) => {
    if (push.topic === 'settings') {
      applyTheme(window, push.settings.theme);
      if (push.settings.language !== language) speak(push.settings.language);
    }
    ipc.push(push);
  });

  const open = async (): Promise<void> => {
    const { theme } = await service.handlers['settings.get']({});
    applyTheme(null, theme);
    const icon = path.join(app.getAppPath(), 'resources', 'icons', 'icon.png');
    window = openWindow({
      stateDir: home,
      preload: path.join(built, 'preload.cjs'),
      icon: process.platform === 'linux' && existsSync(icon) ? icon : undefined,
      theme,
    });
    window.on('closed', () => (window = null));
  };
  app.on('second-instance', () => {
    if (!window) return void open();
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('activate', () => {
    if (!window) void open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });

  // the store and the engine are closed before the process ends, once
  let closing: 'no' | 'under way' | 'done' = 'no';
  app.on('before-quit', (event) => {
    if (closing === 'done') return;
    event.preventDefault();
    if (closing === 'under way') return;
    closing = 'under way';
    stopPushes();
    ipc.close();
    void closeAll(service, local).finally(() => {
      closing = 'done';
      app.quit();
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());

  await open();
}

if (!app.requestSingleInstanceLock()) app.quit();
else run().catch(refuseToStart);
