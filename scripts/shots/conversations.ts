/** Messages, the list of conversations, and finding them. */
import { showList, open, choose, search, type Scene } from './hands.ts';

export const conversationsScenes: Scene[] = [
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
    name: 'message-menu',
    query: 'scene=many',
    act: async (page) => (await open(page, 'How a mezzotint is made'), page.getByTestId('more').last().click()),
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
];
