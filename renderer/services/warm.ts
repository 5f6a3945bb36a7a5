/** Runs the code that the first conversation to be opened needs, once, while nothing else is to be done: it opens in half the time. */
import { BlockStream, noteNumbers } from '../../core/markdown/index.ts';
import { colourist } from '../components/markdown/colourist.ts';
import { loadMath } from '../components/markdown/math.ts';

const SAMPLE = [
  '# A heading',
  'Words, *some* **of** `them` marked, and a [link](https://example.org).',
  '- one\n- two\n  1. three',
  '> said',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  '```ts\nconst a = 1;\n```',
  'A note.[^1]\n\n[^1]: There.',
].join('\n\n');

/** Milliseconds: a page that never rests runs it then. */
const LATEST_MS = 2000;
export function warm(): void {
  const work = (): void => {
    for (let i = 0; i < 4; i++) {
      const blocks = new BlockStream().update(SAMPLE);
      noteNumbers(blocks.map(({ block }) => block));
    }
    void colourist.colour('const a = "b"; // c', 'typescript');
    // a formula that was shown as source while this loads would move what stands below it
    void loadMath();
  };
  // the oldest browsers that show the page lack it
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: LATEST_MS });
}
