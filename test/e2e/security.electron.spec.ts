/** Each rule of electron/security.ts and electron/ipc.ts, with an attempt to break it from inside the page or beside it. */
import type { Result } from '../../core/contract/result.ts';
import { expect, test } from './support/fixtures.ts';
import { startElectronAgain } from './support/runtimes.ts';

interface PageWindow {
  mezzotint: {
    call(name: unknown, payload: unknown): Promise<Result<unknown>>;
    onPush(listener: () => void): () => void;
  };
}
const APP_PAGE = /^app:\/\/mezzotint\/(#.*)?$/;

test('the page has the bridge and nothing of Node or Electron', async ({ app }) => {
  const found = await app.page.evaluate(() => ({
    bridge: Object.keys((window as unknown as PageWindow).mezzotint).sort(),
    globals: ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
      (name) => name in window,
    ),
    isolated: location.origin,
  }));
  expect(found.bridge).toEqual(['call', 'onPush', 'pathOf']);
  expect(found.globals).toEqual([]);
  const preferences = await app.electron?.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    const {
      sandbox,
      contextIsolation,
      nodeIntegration,
      nodeIntegrationInWorker,
      nodeIntegrationInSubFrames,
      webSecurity,
      webviewTag,
    } = contents.getLastWebPreferences();
    return {
      sandbox,
      contextIsolation,
      nodeIntegration,
      nodeIntegrationInWorker: nodeIntegrationInWorker ?? false,
      nodeIntegrationInSubFrames,
      webSecurity,
      webviewTag,
    };
  });
  expect(preferences).toEqual({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
  });
});

test('the page cannot be led away, by script, link, form or frame', async ({ app }) => {
  const { page } = app;
  await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = 'https://example.com/link';
    document.body.append(link);
    link.click();
    link.target = '_blank';
    link.click();
    link.remove();
    const form = document.createElement('form');
    form.action = 'https://example.com/form';
    document.body.append(form);
    form.submit();
    form.remove();
  });
  const left: string[] = [];
  await page.evaluate(() => Object.assign(window, { stillHere: true }));
  for (const address of [
    'https://example.com/',
    'file:///etc/passwd',
    'data:text/html,<h1>x</h1>',
    'app://other/',
    'app://mezzotint/assets/',
    'javascript:document.body.remove()',
  ]) {
    await page.evaluate((to) => {
      location.href = to;
    }, address);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // a document that was replaced, even by itself, has lost the mark
    if (!APP_PAGE.test(page.url()) || !(await page.evaluate(() => 'stillHere' in window).catch(() => false)))
      left.push(address);
  }
  expect(left).toEqual([]);
  expect(
    await page.evaluate(() => window.open('https://example.com/') === null && window.open('app://mezzotint/') === null),
  ).toBe(true);
  expect(
    await app.electron?.evaluate(({ BrowserWindow, webContents }) => [
      BrowserWindow.getAllWindows().length,
      webContents.getAllWebContents().filter((contents) => contents.getType() !== 'remote').length,
    ]),
  ).toEqual([1, 1]);
  // Playwright takes a refused navigation for one under way, so the page itself is asked
  const shown = (): Promise<boolean> =>
    page.evaluate(() => document.querySelector('[data-testid=composer-input]') !== null).catch(() => false);
  expect(await shown()).toBe(true);

  // Chromium commits about:blank without asking: the page is brought back
  await page.evaluate(() => {
    location.href = 'about:blank';
  });
  await expect.poll(shown).toBe(true);
  await expect.poll(() => page.url()).toMatch(APP_PAGE);
});

test('a frame or webview put into the page loads nothing', async ({ app }) => {
  const texts = await app.page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = 'app://mezzotint/';
    const webview = document.createElement('webview');
    webview.setAttribute('src', 'https://example.com/');
    document.body.append(frame, webview);
    await new Promise((resolve) => setTimeout(resolve, 200));
    let text: string;
    try {
      text = frame.contentDocument?.body?.textContent ?? '';
    } catch {
      text = '';
    }
    frame.remove();
    webview.remove();
    return { text, webview: 'getURL' in webview };
  });
  expect(texts).toEqual({ text: '', webview: false });
});

test('inline scripts, eval, foreign scripts and foreign connections are refused by the policy', async ({ app }) => {
  const result = await app.page.evaluate(async () => {
    const violated = new Set<string>();
    document.addEventListener('securitypolicyviolation', (event) => violated.add(event.effectiveDirective));
    const inline = document.createElement('script');
    inline.textContent = 'window.inlineRan = true';
    const foreign = document.createElement('script');
    foreign.src = 'https://example.com/x.js';
    const picture = document.createElement('img');
    picture.setAttribute('onerror', 'window.handlerRan = true');
    picture.src = 'https://example.com/x.png';
    document.body.append(inline, foreign, picture);
    const fetched = await fetch('https://example.com/').then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const element of [inline, foreign, picture]) element.remove();
    return {
      violated: [...violated].sort(),
      fetched,
      inlineRan: 'inlineRan' in window,
      handlerRan: 'handlerRan' in window,
    };
  });
  expect(result).toMatchObject({ fetched: false, inlineRan: false, handlerRan: false });
  expect(result.violated).toEqual(expect.arrayContaining(['connect-src', 'img-src']));
  expect(result.violated.some((directive) => directive.startsWith('script-src'))).toBe(true);
});

test('app:// gives its own files and nothing else', async ({ app }) => {
  const answers = await app.page.evaluate(
    async (addresses) => {
      const status = async (address: string): Promise<number> => (await fetch(address)).status;
      return Promise.all(addresses.map((address) => status(address).catch(() => 0)));
    },
    [
      '/',
      '/index.html',
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2f..%2fpackage.json',
      '/assets/..%5c..%5cpackage.json',
      '/etc/passwd',
      '//etc/passwd',
      '/main.cjs',
      '/../main.cjs',
    ],
  );
  expect(answers.slice(0, 2)).toEqual([200, 200]);
  for (const status of answers.slice(2)) expect([404, 0]).toContain(status);
  const headers = await app.page.evaluate(async () => Object.fromEntries((await fetch('/')).headers));
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(headers['content-security-policy']).not.toContain('unsafe');
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('every permission but writing text to the clipboard is denied', async ({ app }) => {
  const states = await app.page.evaluate(async () => {
    const ask = async (name: string): Promise<string> =>
      (await navigator.permissions.query({ name: name as PermissionName })).state;
    const found: Record<string, string> = {};
    for (const name of ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi'])
      found[name] = await ask(name).catch(() => 'denied');
    const media = await navigator.mediaDevices?.getUserMedia({ audio: true }).then(
      () => 'granted',
      () => 'denied',
    );
    return { ...found, media: media ?? 'denied', asked: await Notification.requestPermission() };
  });
  expect(Object.values(states).filter((state) => state === 'granted')).toEqual([]);
});

test('only a file that the page itself made is saved', async ({ app }) => {
  const offer = (kind: 'blob' | 'data' | 'own file'): Promise<string> => {
    const refused = app.electron?.evaluate(
      ({ session }) =>
        new Promise<string>((resolve) => {
          // heard after the app's own rule; what it let through would ask a person
          session.defaultSession.once('will-download', (event, item) => {
            resolve(event.defaultPrevented ? 'refused' : 'saved');
            if (!event.defaultPrevented) item.cancel();
          });
          setTimeout(() => resolve('no download'), 3000);
        }),
    );
    return app.page
      .evaluate((which) => {
        const link = document.createElement('a');
        link.download = 'x.txt';
        link.href =
          which === 'blob'
            ? URL.createObjectURL(new Blob(['x']))
            : which === 'data'
              ? 'data:text/plain,x'
              : '/index.html';
        link.click();
      }, kind)
      .then(() => refused ?? 'no Electron');
  };
  expect(await offer('blob')).toBe('saved');
  expect(await offer('data')).not.toBe('saved');
  expect(await offer('own file')).not.toBe('saved');
});

test('a message that does not fit is answered, and the app goes on', async ({ app }) => {
  const answers = await app.page.evaluate(async () => {
    const { mezzotint } = window as unknown as PageWindow;
    const calls: Array<[unknown, unknown]> = [
      ['no.such.channel', {}],
      [null, null],
      [{}, {}],
      ['toString', {}],
      ['__proto__', {}],
      ['conversations.get', { id: '../../x' }],
      ['conversations.get', {}],
      ['conversations.list', { extra: true }],
      ['chat.send', { conversationId: null, parentId: null, text: 'x'.repeat(200_001), settings: {} }],
      ['app.openExternal', { url: 'file:///etc/passwd' }],
      ['app.openExternal', { url: 'javascript:alert(1)' }],
    ];
    return Promise.all(calls.map(([name, payload]) => mezzotint.call(name, payload)));
  });
  for (const answer of answers) expect(answer).toMatchObject({ ok: false, error: { code: 'bad-request' } });
  expect(Array.isArray(await app.call('conversations.list', {}))).toBe(true);
});

test('another page of the same app is not heard, even with our preload', async ({ app }) => {
  const answers = await app.electron?.evaluate(async ({ BrowserWindow, app: main }) => {
    const preload = `${main.getAppPath()}/dist/preload.cjs`;
    const ask = async (address: string): Promise<unknown> => {
      const stranger = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
      await stranger.loadURL(address);
      const answer: unknown = await stranger.webContents.executeJavaScript(
        "window.mezzotint.call('conversations.list', {})",
      );
      stranger.destroy();
      return answer;
    };
    return [await ask('app://mezzotint/'), await ask('app://mezzotint/index.html#x')];
  });
  for (const answer of answers ?? []) expect(answer).toMatchObject({ ok: false, error: { code: 'bad-request' } });
});

test('a link is opened only after the person agreed to the address shown', async ({ app }) => {
  const stub = (response: number): Promise<void> | undefined =>
    app.electron?.evaluate(({ dialog, shell }, answer) => {
      const record = { asked: [] as string[], opened: [] as string[], words: '' };
      Object.assign(globalThis, { record });
      dialog.showMessageBox = ((...args: unknown[]) => {
        const { detail, message, buttons } = args.at(-1) as { detail: string; message: string; buttons: string[] };
        record.asked.push(detail);
        record.words = [message, ...buttons].join(' | ');
        return Promise.resolve({ response: answer, checkboxChecked: false });
      }) as typeof dialog.showMessageBox;
      shell.openExternal = (address) => {
        record.opened.push(address);
        return Promise.resolve();
      };
    }, response);
  const recorded = () => app.electron?.evaluate(() => (globalThis as unknown as { record: unknown }).record);
  await stub(1);
  await app.call('app.openExternal', { url: 'https://example.com/a' });
  expect(await recorded()).toMatchObject({
    asked: ['example.com\n\nhttps://example.com/a'],
    opened: [],
    words: 'Open this address outside Mezzotint? | Open | Cancel',
  });
  await app.call('settings.set', { language: 'zh' });
  await stub(0);
  await app.call('app.openExternal', { url: 'https://example.com/b' });
  expect(await recorded()).toEqual({
    asked: ['example.com\n\nhttps://example.com/b'],
    opened: ['https://example.com/b'],
    words: '在 Mezzotint 之外打开这个地址？ | 打开 | 取消',
  });
  const menu = app.electron?.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('import-model')?.label);
  expect(await menu).toBe('导入模型…');
  // look-alike letters, and marks that turn the reading direction, are seen for what they are
  await stub(1);
  await app.call('app.openExternal', { url: 'https://аррӏе.com/\u202egnp.exe' });
  expect(await recorded()).toMatchObject({
    asked: ['xn--80ak6aa92e.com\n\nhttps://xn--80ak6aa92e.com/%E2%80%AEgnp.exe'],
    opened: [],
  });
});

test('a second start hands over to the first', async ({ app }) => {
  const { electron } = app;
  const told = electron?.evaluate(
    ({ app: main }) => new Promise<boolean>((resolve) => main.once('second-instance', () => resolve(true))),
  );
  expect(await startElectronAgain({ dataDir: app.dataDir })).toBe(0);
  expect(await told).toBe(true);
});
