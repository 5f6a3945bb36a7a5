/** A refused thing is said in the language that was chosen for the window. */
import { render } from 'svelte/server';
import { afterEach, expect, test } from 'vitest';
import { parseRequest } from '../../../core/contract/index.ts';
import { toAppError, type AppError } from '../../../core/contract/result.ts';
import { checkParams } from '../../../core/contract/samplers.ts';
import { readFile } from '../../../core/transfer/read.ts';
import ErrorNote from '../../../renderer/components/ui/ErrorNote.svelte';
import { speak } from '../../../renderer/strings/live.ts';

afterEach(() => speak('en'));

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (thrown) {
    // as it comes through IPC or the WebSocket
    return JSON.parse(JSON.stringify(toAppError(thrown))) as AppError;
  }
  throw new Error('It was not refused.');
}
const shown = (error: AppError): string =>
  render(ErrorNote, { props: { error } })
    .body.replace(/<!--.*?-->/g, '')
    .replace(/<[^>]*>/g, ' ');

const refusals: [string, () => AppError, RegExp, RegExp][] = [
  [
    'a file in no known format',
    () => refusal(() => readFile('no conversation at all', { now: 0, titleFrom: (text) => text })),
    /This file is in no format.*Choose an export of Mezzotint/,
    /这个文件不属于任何可以导入的格式。.*请选 Mezzotint/,
  ],
  [
    'a parameter out of range',
    () =>
      refusal(() =>
        checkParams(
          { name: 'Canvas', params: [{ id: 'threshold', kind: 'number', default: 0.9, min: 0.1, max: 1 }] as never },
          { threshold: 3 },
        ),
      ),
    /Canvas: threshold is 3\. .*It is a number from 0\.1 to 1\./,
    /Canvas：threshold 是 3。.*它应为 0\.1 到 1 之间的数。/,
  ],
  [
    'a setting out of range',
    () => {
      const answer = parseRequest('settings.set', { unsureMarks: 'perhaps' });
      if (answer.ok) throw new Error('It was not refused.');
      return answer.error;
    },
    /What was asked of settings\.set does not fit: /,
    /对 settings\.set 的请求不合规定：/,
  ],
];
test.each(refusals)('%s is said in English and in Chinese', (_what, make, en, zh) => {
  const error = make();
  expect(shown(error)).toMatch(en);
  speak('zh');
  expect(shown(error)).toMatch(zh);
  expect(shown(error)).not.toContain('Nothing');
});

test('an error that an older version stored is shown as it was', () => {
  speak('zh');
  expect(shown({ code: 'engine-crashed', message: 'The engine ended.', action: 'Retry the reply.' })).toMatch(
    /The engine ended\. .*Retry the reply\./,
  );
});
