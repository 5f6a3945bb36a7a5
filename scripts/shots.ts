/**
 * Screenshots of the window, for judging it: `npm run shots -- [OUT] [--url ADDRESS] [--only NAME] [--width N] [--sheet paper] [--scale 2]`.
 * Without an address it starts the demo (scripted replies, no model). With one (the address that browser mode prints) it
 * shoots that window as it stands, at every width.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { createServer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    only: { type: 'string' },
    width: { type: 'string' },
    sheet: { type: 'string' },
    scale: { type: 'string' },
  },
});
const out = path.resolve(root, positionals[0] ?? '.cache/shots');
mkdirSync(out, { recursive: true });

interface Scene {
  name: string;
  query: string;
  act?: (page: Page) => Promise<void>;
}
const settled = async (page: Page): Promise<void> => {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(350);
};
const ask = async (page: Page, text: string): Promise<void> => {
  await page.getByTestId('composer-input').fill(text);
  await page.getByTestId('send').click();
};
const showList = async (page: Page): Promise<void> => {
  const show = page.getByRole('button', { name: 'Show conversations' });
  if (await show.isVisible()) await show.click();
  await page.getByTestId('conversation-item').first().waitFor();
};
const open = async (page: Page, title: string): Promise<void> => {
  await showList(page);
  await page.getByTestId('conversation-item').filter({ hasText: title }).first().click();
  await page.getByTestId('message').first().waitFor();
};
const frozen = async (page: Page): Promise<void> => {
  await page.getByTestId('slot').first().waitFor();
  await page.waitForTimeout(1400);
};

/** An item of a message's menu, or of a list it opens; the last message's where none is named. */
async function choose(page: Page, item: string, sub?: string, more = page.getByTestId('more').last()): Promise<void> {
  await more.focus();
  await page.keyboard.press('Enter');
  if (sub !== undefined && (page.viewportSize()?.width ?? 0) > 820)
    await page.getByRole('menuitem', { name: item }).press('ArrowRight');
  await page.getByRole('menuitem', { name: sub ?? item, exact: true }).click();
}
/** The library, at the models that can be fetched; with a name, a look at that one. */
async function showLibrary(page: Page, name?: string): Promise<void> {
  await page.getByTestId('composer-input').press('Control+k');
  await page.keyboard.type('get another model');
  await page.keyboard.press('Enter');
  await page.getByTestId('models-sheet').waitFor();
  if (name !== undefined) await page.getByRole('button', { name: `Get ${name}` }).click();
}
/** The sheet of models; with a path, what is said of it. */
async function showModels(page: Page, place?: string): Promise<void> {
  await page.getByTestId('composer-input').press('Control+k');
  await page.keyboard.type('import a model');
  await page.keyboard.press('Enter');
  await page.getByTestId('models-sheet').waitFor();
  if (place === undefined) return;
  await page.getByTestId('model-path').fill(place);
  await page.keyboard.press('Enter');
}
/** Four words of the reply that is being rewritten. */
async function chooseWords(page: Page): Promise<void> {
  await page.getByTestId('rewrite-text').focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
}
const move = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('tab', { name: 'Your data' }).click();
  await page.getByRole('button', { name: 'Export or import…' }).click();
  await page.getByTestId('transfer').waitFor();
};
const yourData = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('tab', { name: 'Your data' }).click();
  await page.getByRole('button', { name: 'Show…' }).click();
  await page.getByTestId('backups').waitFor();
};
async function chooseFiles(page: Page): Promise<void> {
  await move(page);
  await page.getByText('Import', { exact: true }).click();
  await page
    .getByLabel('Choose files')
    .setInputFiles([{ name: 'conversations.json', mimeType: 'application/json', buffer: Buffer.from('[]') }]);
}

const search = async (page: Page, words: string): Promise<void> => {
  await page.keyboard.press('Control+Shift+f');
  await page.getByTestId('search').fill(words);
  await page.getByTestId('search-results').waitFor();
};

const scenes: Scene[] = [
  { name: 'library', query: '', act: (page) => showLibrary(page) },
  { name: 'library-found', query: '', act: (page) => showLibrary(page, 'Tiny-A2D 0.6B, block diffusion') },
  { name: 'library-gated', query: '', act: (page) => showLibrary(page, 'LLaDA 8B Instruct') },
  {
    name: 'library-fetching',
    query: '',
    act: async (page) => {
      await showLibrary(page, 'Tiny-A2D 0.6B, block diffusion');
      await page.getByTestId('fetch').click();
      await page.getByRole('tab', { name: 'On this machine' }).click();
    },
  },
  { name: 'models', query: '', act: (page) => showModels(page) },
  { name: 'models-plan', query: '', act: (page) => showModels(page, '/home/ada/models/Dream-v0-Instruct-7B') },
  { name: 'models-which', query: '', act: (page) => showModels(page, '/home/ada/models/a2d') },
  { name: 'models-refused', query: '', act: (page) => showModels(page, '/home/ada/models/gemma-3.gguf') },
  {
    name: 'models-import',
    query: '',
    act: async (page) => {
      await showModels(page, '/home/ada/models/Dream-v0-Instruct-7B');
      await page.getByTestId('import-run').click();
    },
  },
  {
    name: 'models-other',
    query: '',
    act: async (page) => void (await page.getByTestId('model').selectOption({ label: 'SDAR 1.7B Chat' })),
  },
  { name: 'empty', query: 'scene=first', act: async (page) => void (await page.waitForTimeout(2600)) },
  { name: 'many', query: 'scene=many', act: async (page) => open(page, 'How a mezzotint is made') },
  {
    name: 'fast-start',
    query: 'scene=many&mode=fast&pace=20&freeze=0',
    act: async (page) => (await ask(page, 'How is a mezzotint made?'), frozen(page)),
  },
  {
    name: 'fast',
    query: 'scene=many&mode=fast&pace=20&freeze=27',
    act: async (page) => (await ask(page, 'How is a mezzotint made?'), frozen(page)),
  },
  {
    name: 'fast-32',
    query: 'scene=many&mode=fast&block=32&pace=20&freeze=13',
    act: async (page) => (await ask(page, 'How do I sort a list in Python?'), frozen(page)),
  },
  {
    name: 'exact',
    query: 'scene=many&mode=exact&pace=20&freeze=41',
    act: async (page) => (await ask(page, 'How is a mezzotint made?'), frozen(page)),
  },
  {
    name: 'exact-code',
    query: 'scene=many&mode=exact&draft=8&pace=16&freeze=52',
    act: async (page) => (await ask(page, 'How do I sort a list of people in Python by age?'), frozen(page)),
  },
  { name: 'finished', query: 'scene=many', act: async (page) => open(page, 'Sorting by more than one key') },
  {
    name: 'finished-end',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await page.locator('[data-testid=reply-line] button').last().click();
      await page.getByTestId('thread').evaluate((el) => el.scrollTo(0, el.scrollHeight));
    },
  },
  {
    name: 'settings',
    query: 'scene=many',
    act: async (page) => (
      await open(page, 'Weekend by the sea'),
      page.getByRole('button', { name: 'Settings', exact: true }).click()
    ),
  },
  {
    name: 'confidence',
    query: 'scene=many',
    act: async (page) => (
      await open(page, 'Weekend by the sea'),
      page.getByRole('button', { name: 'Confidence' }).last().click()
    ),
  },
  {
    name: 'confidence-word',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.keyboard.press('Alt+c');
      await page.getByTestId('token-text').focus();
      for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
    },
  },
  {
    name: 'rewrite',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Weekend by the sea');
      await page.keyboard.press('Alt+v');
      await chooseWords(page);
    },
  },
  {
    name: 'rewrite-candidates',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Weekend by the sea');
      await page.keyboard.press('Alt+v');
      await chooseWords(page);
      await page.getByRole('button', { name: 'Rewrite', exact: true }).click();
      await page.getByTestId('candidate').first().waitFor();
    },
  },
  {
    name: 'selection',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Weekend by the sea');
      await page
        .locator('[data-role=assistant] .prose p')
        .last()
        .dblclick({ position: { x: 60, y: 12 } });
      await page.getByTestId('renoise-selection').waitFor();
    },
  },
  {
    name: 'template',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Weekend by the sea');
      await page.getByTestId('template-toggle').click();
      await page.getByTestId('template-input').fill('Dear ___, thank you for [3 words]. [2–3 sentences] Best, ___');
    },
  },
  {
    name: 'arrival',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.keyboard.press('Alt+c');
      await page.getByText('Arrival').click();
    },
  },
  {
    name: 'replay',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await page.keyboard.press('Alt+r');
      await page.getByTestId('scrubber').getByRole('slider').fill('60');
    },
  },
  {
    name: 'branch',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.keyboard.press('Alt+r');
      await page.getByTestId('scrubber').getByRole('slider').fill('20');
      await page.getByRole('button', { name: 'Branch from here…' }).click();
    },
  },
  {
    name: 'menu',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.getByTestId('more').last().click();
      await page.getByRole('menuitem').first().press('ArrowRight');
    },
  },
  {
    name: 'edit-question',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await page.getByTestId('edit').last().click();
    },
  },
  {
    name: 'retry-other',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await choose(page, 'Retry', 'With other settings…');
    },
  },
  {
    name: 'deleted-message',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await choose(page, 'Delete', 'This message', page.locator('[data-role=user] [data-testid=more]').first());
    },
  },
  {
    name: 'deleted-list',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await choose(
        page,
        'Delete',
        'It and all that follows',
        page.locator('[data-role=user] [data-testid=more]').first(),
      );
      await page.getByRole('button', { name: 'Deleted messages' }).click();
    },
  },
  {
    name: 'forked',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await choose(page, 'Fork from here');
      await page.getByTestId('forked-from').waitFor();
    },
  },
  { name: 'search', query: 'scene=many', act: async (page) => search(page, 'sort') },
  { name: 'search-nothing', query: 'scene=many', act: async (page) => search(page, 'zebra crossing') },
  {
    name: 'search-found',
    query: 'scene=many',
    act: async (page) => {
      await search(page, 'stable');
      await page.getByTestId('search-hit').first().click();
      await page.getByTestId('find-bar').waitFor();
    },
  },
  {
    name: 'palette',
    query: 'scene=many',
    act: async (page) => (await open(page, 'Weekend by the sea'), page.keyboard.press('Control+k')),
  },
  {
    name: 'palette-typed',
    query: 'scene=many',
    act: async (page) => (await page.keyboard.press('Control+k'), page.keyboard.type('sor')),
  },
  {
    name: 'attached',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Weekend by the sea');
      const files = page.getByTestId('attach-files');
      await files.setInputFiles([
        { name: 'packing-list.txt', mimeType: 'text/plain', buffer: Buffer.from('sun cream, hat') },
      ]);
      await page.getByTestId('composer-input').fill('What is missing on my list?');
      await page.getByTestId('send').click();
      await page.locator('[data-role=user] [data-testid=file]').waitFor();
      await files.setInputFiles([
        { name: 'weather.csv', mimeType: 'text/csv', buffer: Buffer.from('day;rain') },
        { name: 'beach.png', mimeType: 'image/png', buffer: Buffer.from([0, 1]) },
      ]);
      await page.getByTestId('attached').waitFor();
      await page.waitForTimeout(1500);
    },
  },
  {
    name: 'setup',
    query: 'scene=many',
    act: async (page) => (await open(page, 'Weekend by the sea'), page.getByTestId('setup-button').click()),
  },
  {
    name: 'presets',
    query: 'scene=many',
    act: async (page) => {
      await page.getByTestId('setup-button').click();
      await page.getByRole('button', { name: 'Presets…' }).click();
      await page.getByRole('button', { name: 'Edit “Short answers”' }).click();
    },
  },
  {
    name: 'preview',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Weekend by the sea');
      await page.getByTestId('composer-input').fill('And if it rains?');
      await page.getByTestId('setup-button').click();
      await page.getByRole('button', { name: 'What the model reads…' }).click();
      await page.getByTestId('preview-total').waitFor();
    },
  },
  {
    name: 'too-long',
    query: 'scene=many',
    act: async (page) => {
      await page.getByTestId('composer-input').fill('word '.repeat(9000));
      await page.getByText('can be read', { exact: false }).waitFor();
    },
  },
  {
    name: 'failed',
    query: 'scene=many&pace=16&fail=30',
    act: async (page) => (await ask(page, 'How is a mezzotint made?'), page.getByRole('alert').first().waitFor()),
  },
  { name: 'damaged', query: 'scene=damaged', act: async (page) => open(page, 'Weekend by the sea') },
  { name: 'loading', query: 'scene=loading' },
  { name: 'move-export', query: 'scene=many', act: async (page) => move(page) },
  {
    name: 'move-some',
    query: 'scene=many',
    act: async (page) => {
      await move(page);
      await page.getByTestId('transfer').getByText('Some', { exact: true }).click();
      await page.getByRole('checkbox', { name: 'Lake or pond' }).check();
    },
  },
  {
    name: 'move-preview',
    query: 'scene=many',
    act: async (page) => {
      await chooseFiles(page);
      await page.getByTestId('import-preview').waitFor();
    },
  },
  {
    name: 'move-importing',
    query: 'scene=many',
    act: async (page) => {
      await chooseFiles(page);
      await page.getByRole('button', { name: /^Import 9/ }).click();
      await page.waitForTimeout(1200);
    },
  },
  {
    name: 'move-done',
    query: 'scene=many',
    act: async (page) => {
      await chooseFiles(page);
      await page.getByRole('button', { name: /^Import 9/ }).click();
      await page.getByRole('button', { name: 'Other files' }).waitFor();
    },
  },
  {
    name: 'learn',
    query: 'scene=many&mode=fast&pace=4',
    act: async (page) => {
      await ask(page, 'How is a mezzotint made?');
      await page.locator('[data-testid=message][data-role=assistant][data-status=complete]').waitFor();
      await page.keyboard.press('Alt+r');
      await page.keyboard.press('Alt+e');
      await page.getByTestId('scrubber').getByRole('slider').fill('27');
      await page.getByTestId('happening-said').getByRole('listitem').last().hover();
      await page.waitForTimeout(400);
    },
  },
  {
    name: 'explain',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'Sorting by more than one key');
      await page.keyboard.press('Alt+e');
      await page.getByTestId('happening').waitFor();
    },
  },
  {
    name: 'learn-live',
    query: 'scene=many&mode=exact&pace=20&freeze=41',
    act: async (page) => {
      await page.keyboard.press('Alt+e');
      await ask(page, 'How is a mezzotint made?');
      await frozen(page);
    },
  },
  {
    name: 'speed',
    query: 'scene=many',
    act: async (page) => {
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      await page.getByTestId('speed-figures').waitFor();
    },
  },
  {
    name: 'race-lanes',
    query: 'scene=many',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.keyboard.press('Alt+w');
      await page.getByRole('button', { name: 'Another lane' }).click();
    },
  },
  {
    name: 'race',
    query: 'scene=many&pace=8',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.keyboard.press('Alt+w');
      await page
        .getByTestId('race-lanes')
        .getByRole('button', { name: /^Start/ })
        .click();
      await page.getByTestId('race-lane').first().getByTestId('slot').first().waitFor();
      await page.waitForTimeout(700);
    },
  },
  {
    name: 'race-over',
    query: 'scene=many&pace=2',
    act: async (page) => {
      await open(page, 'How a mezzotint is made');
      await page.keyboard.press('Alt+w');
      await page
        .getByTestId('race-lanes')
        .getByRole('button', { name: /^Start/ })
        .click();
      await page.getByRole('button', { name: 'All start together' }).waitFor();
      await page.getByRole('slider', { name: 'Time of the race' }).fill('60');
    },
  },
  { name: 'data', query: 'scene=many', act: async (page) => yourData(page) },
  {
    name: 'data-restore',
    query: 'scene=many',
    act: async (page) => {
      await yourData(page);
      await page.getByRole('button', { name: 'Back up now' }).click();
      await page
        .getByRole('button', { name: /^Restore from/ })
        .nth(1)
        .click();
    },
  },
  {
    name: 'data-move',
    query: 'scene=many',
    act: async (page) => {
      await yourData(page);
      await page.getByRole('button', { name: 'Move…' }).click();
    },
  },
  { name: 'order', query: 'scene=order', act: async (page) => showList(page) },
  {
    name: 'order-chosen',
    query: 'scene=order',
    act: async (page) => {
      await showList(page);
      const items = page.getByTestId('conversation-item');
      for (const n of [3, 5, 6]) await items.nth(n).click({ modifiers: ['ControlOrMeta'] });
      await items.nth(5).click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Move to folder' }).hover();
    },
  },
  {
    name: 'trash',
    query: 'scene=order',
    act: async (page) => (await showList(page), page.getByRole('button', { name: 'Trash', exact: true }).click()),
  },
  {
    name: 'type',
    query: 'scene=type',
    act: async (page) => (
      await open(page, 'Typesetting'),
      page.locator('math').first().waitFor({ state: 'attached' }),
      page.getByTestId('thread').evaluate((el) => el.scrollTo(0, 0))
    ),
  },
  {
    name: 'type-end',
    query: 'scene=type',
    act: async (page) => (
      await open(page, 'Typesetting'),
      page.locator('math').first().waitFor({ state: 'attached' }),
      page.getByTestId('thread').evaluate((el) => el.scrollTo(0, el.scrollHeight))
    ),
  },
  {
    name: 'message-menu',
    query: 'scene=many',
    act: async (page) => (await open(page, 'How a mezzotint is made'), page.getByTestId('more').last().click()),
  },
  { name: 'chinese', query: 'scene=first&language=zh', act: async (page) => void (await page.waitForTimeout(2600)) },
  { name: 'help', query: 'scene=many', act: async (page) => page.keyboard.press('Control+/') },
];

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file));
const server =
  values.url === undefined
    ? await createServer({
        configFile: path.join(root, 'vite.config.ts'),
        mode: 'demo',
        server: { port: 0, strictPort: false },
        logLevel: 'warn',
      })
    : null;
await server?.listen();
const base = server?.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox'],
});
const widths = (values.width === undefined ? [1440, 900, 390] : values.width.split(',').map(Number)).map((width) => ({
  width,
  height: width < 500 ? 844 : 900,
}));
const sheets = values.sheet === undefined ? (['paper', 'plate'] as const) : [values.sheet];
const chosen =
  values.url === undefined
    ? scenes.filter((scene) => values.only === undefined || values.only.split(',').includes(scene.name))
    : [{ name: 'window', query: '' }];

let trouble = 0;
for (const sheet of sheets)
  for (const size of widths)
    for (const scene of chosen as Scene[]) {
      const context = await browser.newContext({
        viewport: size,
        deviceScaleFactor: Number(values.scale ?? 1),
        colorScheme: sheet === 'plate' ? 'dark' : 'light',
      });
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && console.error(`${scene.name}: ${message.text()}`));
      page.on('pageerror', (error) => console.error(`${scene.name}: ${error.message}`));
      try {
        await page.goto(values.url ?? `${base}?${scene.query}&theme=${sheet}`);
        await page.getByTestId('composer-input').waitFor();
        await scene.act?.(page);
        await settled(page);
      } catch (error) {
        trouble++;
        console.error(
          `${scene.name} (${size.width}, ${sheet}): ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      await page.screenshot({ path: path.join(out, `${scene.name}-${size.width}-${sheet}.png`) });
      await context.close();
    }
await browser.close();
await server?.close();
console.log(`${out}: ${sheets.length * widths.length * chosen.length} pictures`);
process.exitCode = trouble > 0 ? 1 : 0;
