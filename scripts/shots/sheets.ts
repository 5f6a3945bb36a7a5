/** Settings, models, files in and out, data, and what the window says of trouble. */
import { open, showModels, move, yourData, chooseFiles, type Scene } from './hands.ts';

export const sheetsScenes: Scene[] = [
  {
    name: 'settings',
    query: 'scene=many',
    act: async (page) => (
      await open(page, 'Weekend by the sea'),
      page.getByRole('button', { name: 'Settings', exact: true }).click()
    ),
  },
  {
    name: 'speed',
    query: 'scene=many',
    act: async (page) => {
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      await page.getByTestId('speed-figures').waitFor();
    },
  },
  { name: 'models', query: '', act: (page) => showModels(page) },
  { name: 'models-plan', query: '', act: (page) => showModels(page, '/home/ada/models/Dream-v0-Instruct-7B') },
  { name: 'models-which', query: '', act: (page) => showModels(page, '/home/ada/models/a2d') },
  { name: 'models-refused', query: '', act: (page) => showModels(page, '/home/ada/models/not-there.gguf') },
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
    name: 'move-done',
    query: 'scene=many',
    act: async (page) => {
      await chooseFiles(page);
      await page.getByRole('button', { name: /^Import 12/ }).click();
      await page.getByRole('button', { name: 'Other files' }).waitFor();
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
        .first()
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
  { name: 'damaged', query: 'scene=damaged', act: async (page) => open(page, 'Weekend by the sea') },
  { name: 'loading', query: 'scene=loading' },
  { name: 'chinese', query: 'scene=first&language=zh', act: async (page) => void (await page.waitForTimeout(2600)) },
  { name: 'help', query: 'scene=many', act: async (page) => page.keyboard.press('Control+/') },
];
