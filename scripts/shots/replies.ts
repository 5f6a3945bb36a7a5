/** A reply while it is written, and what can be seen of it afterwards. */
import { ask, open, frozen, chooseWords, type Scene } from './hands.ts';

export const repliesScenes: Scene[] = [
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
    name: 'failed',
    query: 'scene=many&pace=16&fail=30',
    act: async (page) => (await ask(page, 'How is a mezzotint made?'), page.getByRole('alert').first().waitFor()),
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
];
