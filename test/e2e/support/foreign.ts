/** Conversations in a folder of their own, for tests of what is shown of them. */
import { openStore } from '../../../core/store/index.ts';
import { archived, archivedMessage } from '../../unit/transfer/make.ts';
import { newDataDir } from './fixtures.ts';

/** A folder with one conversation for each pair of question and reply, the first on top. */
export function folderWith(...pairs: [title: string, question: string, reply: string][]): string {
  const dataDir = newDataDir();
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  pairs.forEach(([title, question, reply], i) => {
    const messages = [
      archivedMessage({ id: `q${i}`, text: question, shownChildId: `a${i}` }),
      archivedMessage({ id: `a${i}`, parentId: `q${i}`, role: 'assistant', text: reply }),
    ];
    store.archive.write(archived(`c${i}`, messages, { title, updatedAt: 100 - i }));
  });
  store.close();
  return dataDir;
}
