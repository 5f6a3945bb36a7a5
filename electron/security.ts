/**
 * The rules that make the window safe, in one place: what it may load, what it may ask for, where it may go. Everything that is
 * not named is refused, and no request leaves the machine.
 */
import { app, protocol, type Session, type WebContents, type WebPreferences } from 'electron';
import type { FileMap } from '../core/server/files.ts';
import { securityHeaders } from '../core/server/headers.ts';

const SCHEME = 'app';
const HOST = 'mezzotint';
/** The one page the window shows. */
export const APP_PAGE = `${SCHEME}://${HOST}/`;

/** True for the app's own page, with any fragment. */
export function isAppPage(address: string): boolean {
  const [page] = address.split('#', 1);
  return page === APP_PAGE || page === `${APP_PAGE}index.html`;
}

/** Pages that are there only while they are printed (electron/pdf.ts), by their address. They are no app pages: nobody hears them. */
export const PRINT_PAGES = {
  pages: new Map<string, string>(),
  address: (id: string): string => `${APP_PAGE}print/${id}`,
};

/** Before the app is ready: the scheme, the sandbox, and switches that keep Chromium from talking to anyone. */
export function hardenApp(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
  // as root Chromium runs only with --no-sandbox, which enableSandbox would take back for its child processes
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  const switches: Array<[string, string?]> = [
    ['host-resolver-rules', 'MAP * ~NOTFOUND'],
    ['no-proxy-server'],
    ['no-pings'],
    ['disable-background-networking'],
    ['disable-component-update'],
    ['disable-domain-reliability'],
    ['disable-sync'],
    ['disable-default-apps'],
    ['disable-breakpad'],
  ];
  for (const [name, value] of switches) {
    if (value === undefined) app.commandLine.appendSwitch(name);
    else app.commandLine.appendSwitch(name, value);
  }
}

export const webPreferences = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
});

/** A page to be printed has its style within it, and nothing else. */
const printPolicy = "default-src 'none'; style-src 'unsafe-inline'";

/** Answers app://mezzotint/… from the file map; everything else under the scheme is not there. */
export function serveApp(session: Session, files: FileMap): void {
  const headers = securityHeaders([]);
  session.protocol.handle(SCHEME, (request) => {
    const print = request.method === 'GET' ? PRINT_PAGES.pages.get(request.url) : undefined;
    if (print !== undefined)
      return new Response(print, {
        headers: { ...headers, 'Content-Security-Policy': printPolicy, 'Content-Type': 'text/html; charset=utf-8' },
      });
    const url = new URL(request.url);
    const file =
      url.host === HOST && (request.method === 'GET' || request.method === 'HEAD')
        ? files.get(url.pathname)
        : undefined;
    if (!file)
      return new Response('There is nothing here.', {
        status: 404,
        headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
      });
    return new Response(new Uint8Array(file.read()), { headers: { ...headers, 'Content-Type': file.type } });
  });
}

/** Writing text to the clipboard after a click (the copy buttons) is the one thing a page of ours may ask for. */
const mayAsk = (contents: WebContents | null, permission: string): boolean =>
  permission === 'clipboard-sanitized-write' && contents !== null && isAppPage(contents.getURL());

/** Addresses of what the page holds in memory. */
const OWN_BLOB = `blob:${APP_PAGE}`;

/** Requests that stay inside the app. Developer tools exist only in an app that is not packaged. */
function staysInside(address: string): boolean {
  if (address.startsWith(APP_PAGE) || address.startsWith('data:image/') || address.startsWith(OWN_BLOB)) return true;
  return !app.isPackaged && address.startsWith('devtools://');
}

export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => answer(mayAsk(contents, permission)));
  session.setPermissionCheckHandler((contents, permission) => mayAsk(contents, permission));
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !staysInside(details.url) }));
  // a file that the page itself made (an export); the system's own dialog then asks where to put it
  session.on('will-download', (event, item, contents) => {
    if (!contents || !isAppPage(contents.getURL()) || !item.getURL().startsWith(OWN_BLOB)) event.preventDefault();
  });
  session.setSpellCheckerEnabled(false);
}

/** For every contents ever made, the window's own and any that should never have been. */
export function hardenContents(contents: WebContents): void {
  contents.on('will-navigate', (event, address) => {
    if (!isAppPage(address)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isAppPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}
