import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopRules, type StopSettings } from '../../../core/text/stop.ts';

interface Token {
  id: number;
  text: string;
}
const END = 2;
const settings = (over: Partial<StopSettings> = {}): StopSettings => ({
  endOfTurn: [END],
  stop: [],
  maxTokens: 10_000,
  loopGuard: false,
  ...over,
});
const tokens = (...texts: string[]): Token[] => texts.map((text, i) => ({ id: 100 + i, text }));

function run(
  given: StopSettings,
  all: readonly Token[],
): { released: Token[]; reason: string | null; steps: string[] } {
  const rules = new StopRules<Token>(given);
  const released: Token[] = [];
  const steps: string[] = [];
  for (const token of all) {
    const step = rules.push(token);
    released.push(...step.released);
    steps.push(step.released.map((t) => t.text).join(''));
    if (step.reason) return { released, reason: step.reason, steps };
  }
  released.push(...rules.end());
  return { released, reason: null, steps };
}
const text = (all: readonly Token[]): string => all.map((t) => t.text).join('');

describe('a reply ends', () => {
  it('at the end of the turn, which is not part of it', () => {
    const result = run(settings(), [...tokens('Hi', '.'), { id: END, text: '' }, ...tokens('never')]);
    expect(result).toMatchObject({ reason: 'end', released: tokens('Hi', '.') });
  });
  it('at its length, tokens of a continued reply counted', () => {
    expect(run(settings({ maxTokens: 3 }), tokens('a', 'b', 'c', 'd'))).toMatchObject({
      reason: 'length',
      released: tokens('a', 'b', 'c'),
    });
    expect(run(settings({ maxTokens: 3, already: 2 }), tokens('a', 'b'))).toMatchObject({
      reason: 'length',
      released: tokens('a'),
    });
  });
  it('by the end of the turn even where the length is reached with it', () => {
    expect(run(settings({ maxTokens: 2 }), [...tokens('a'), { id: END, text: '' }])).toMatchObject({ reason: 'end' });
  });
  it('before a stop string that runs over several tokens', () => {
    const result = run(settings({ stop: ['\n\nUser:'] }), tokens('Fine', '.', '\n', '\n', 'User', ':', 'x'));
    expect(result).toMatchObject({ reason: 'stop-string', released: tokens('Fine', '.') });
  });
  it('within a token: it keeps its id with the shortened text', () => {
    const result = run(settings({ stop: ['END'] }), tokens('go', 'od EN', 'D more'));
    expect(result.released).toEqual([
      { id: 100, text: 'go' },
      { id: 101, text: 'od ' },
    ]);
  });
  it('before the stop string that is complete first, not the one that starts first', () => {
    expect(text(run(settings({ stop: ['abcd', 'bc'] }), tokens('x', 'a', 'b', 'c', 'd')).released)).toBe('xa');
    expect(text(run(settings({ stop: ['abcd', 'bc'] }), tokens('xabcd')).released)).toBe('xa');
  });
  it('leaves out the beginning of a character that belongs to the stop string', () => {
    const result = run(settings({ stop: ['é'] }), tokens('a', '', 'é'));
    expect(result).toMatchObject({ reason: 'stop-string', released: tokens('a') });
  });
});

describe('while it is written', () => {
  it('holds back what may begin a stop string, and lets it go when it does not', () => {
    const result = run(settings({ stop: ['###'] }), tokens('a', '#', '#', ' b', '#'));
    expect(result.steps).toEqual(['a', '', '', '## b', '']);
    expect(result).toMatchObject({ reason: null });
    expect(text(result.released)).toBe('a## b#');
  });
  it('releases held tokens when the turn ends', () => {
    expect(text(run(settings({ stop: ['###'] }), [...tokens('a', '##'), { id: END, text: '' }]).released)).toBe('a##');
  });
  it('releases every token at once where there is nothing to hold it for', () => {
    expect(run(settings(), tokens('a', '', 'b')).steps).toEqual(['a', '', 'b']);
    expect(run(settings(), tokens('a', '')).released).toHaveLength(2);
  });
  it('never takes anything back, and ends before the first stop string, however the text is cut into tokens', () => {
    const piece = fc.stringMatching(/^[ab#]{0,4}$/);
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.stringMatching(/^[ab#]{1,4}$/), { maxLength: 3 }),
        (texts, stop) => {
          const all = tokens(...texts);
          const whole = text(all);
          let expected = whole;
          for (let end = 1; end <= whole.length && expected === whole; end++) {
            const starts = stop.filter((s) => whole.slice(0, end).endsWith(s)).map((s) => end - s.length);
            if (starts.length > 0) expected = whole.slice(0, Math.min(...starts));
          }
          const stopped = stop.some((s) => whole.includes(s));
          const result = run(settings({ stop }), all);
          expect(result.reason).toBe(stopped ? 'stop-string' : null);
          // A token that completes two stop strings at once is judged by the one complete first, as a reader would.
          expect(text(result.released)).toBe(expected);
          expect(result.released.map((t) => t.id)).toEqual(all.slice(0, result.released.length).map((t) => t.id));
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });
});
