/** A reply in a terminal, on the screen of a real terminal emulator. */
import { describe, expect, it } from 'vitest';
import { TerminalCanvas } from '../../../core/cli/terminal-canvas.ts';
import type { GenerationEvent, SlotChange } from '../../../core/contract/generation.ts';
import { noCounts } from '../../../core/contract/generation.ts';
import { screen } from '../../fixtures/terminal.ts';

const slot = (at: number, text = '', state: SlotChange['state'] = text === '' ? 'masked' : 'draft'): SlotChange => ({
  slot: at,
  state,
  id: text === '' ? null : 1,
  text,
  p: text === '' ? null : 0.5,
});
const base = { seq: 0, t: 0 };
const started = (firstSlot = 0): GenerationEvent => ({
  type: 'started',
  ...base,
  mode: 'fast',
  seed: 1,
  promptTokens: 1,
  cachedTokens: 0,
  droppedMessages: 0,
  blockLength: 4,
  firstSlot,
  pack: { id: 'x', name: 'x', hash: 'x' },
  device: 'cpu',
});
const frame = (from: number, length: number, changes: SlotChange[]): GenerationEvent => ({
  type: 'frame',
  ...base,
  forward: 1,
  block: 0,
  canvas: { from, length },
  changes,
});
const committed = (from: number, ...texts: string[]): GenerationEvent => ({
  type: 'blockCommitted',
  ...base,
  forward: 1,
  block: 0,
  from,
  tokens: texts.map((text) => ({ id: 1, text, p: 0.5, entropy: null, forward: 1, via: 'draft' })) as never,
});
const finished: GenerationEvent = { type: 'finished', ...base, reason: 'end', counts: noCounts };

function set({ columns = 20, rows = 6, colour = true, together = true } = {}) {
  const shown = screen(columns, rows);
  let text = '';
  let drawn = '';
  let writing = Promise.resolve();
  const put = (data: string): void => void (writing = writing.then(() => shown.write(data)));
  const canvas = new TerminalCanvas({
    // a terminal gives \n a carriage return
    text(piece) {
      text += piece;
      if (together) put(piece.replaceAll('\n', '\r\n'));
    },
    draw(sequence) {
      drawn += sequence;
      put(sequence);
    },
    size: () => ({ columns, rows }),
    colour,
    together,
  });
  return {
    async take(...events: GenerationEvent[]) {
      canvas.take(events);
      await writing;
      return shown.lines();
    },
    async end() {
      canvas.end();
      await writing;
      return shown.lines();
    },
    cursor: shown.cursor,
    text: () => text,
    drawn: () => drawn,
  };
}

describe('a reply in a terminal', () => {
  it('shows masks, guesses behind the finished text, and the text alone at its end', async () => {
    const { take, end, text, cursor } = set();
    expect(
      await take(
        started(),
        frame(
          0,
          4,
          [0, 1, 2, 3].map((at) => slot(at)),
        ),
      ),
    ).toEqual(['░░░░']);
    expect(cursor()).toEqual([0, 0]);
    expect(await take(frame(0, 4, [slot(0, 'The', 'revealed'), slot(2, ' sea')]))).toEqual(['The░ sea░']);
    expect(await take(committed(0, 'The', ' cold'), frame(2, 2, [slot(2, ' sea'), slot(3)]))).toEqual([
      'The cold sea░',
    ]);
    expect(cursor()).toEqual([0, 8]);
    expect(await take(committed(2, ' sea', '.'), finished)).toEqual(['The cold sea.']);
    expect(await end()).toEqual(['The cold sea.']);
    expect(text()).toBe('The cold sea.');
  });
  it('wraps the slots as the text wraps, and comes back to its end at the foot of the screen too', async () => {
    const { take, cursor } = set({ columns: 10, rows: 4 });
    await take(started(), committed(0, 'one\ntwo\nthree\nfour'));
    expect(cursor()).toEqual([3, 4]);
    const masks = Array.from({ length: 12 }, (_, i) => slot(i + 1));
    expect(await take(frame(1, 12, masks))).toEqual(['one', 'two', 'three', 'four░░░░░', '░░░░░░░']);
    expect(cursor()).toEqual([2, 4]);
    expect(await take(committed(1, ' five'), frame(2, 1, [slot(2)]))).toEqual([
      'one',
      'two',
      'three',
      'four five',
      '░',
    ]);
    expect(await take(committed(2, ' and six'), finished)).toEqual(['one', 'two', 'three', 'four five and six']);
  });
  it('keeps its place behind a full line', async () => {
    const { take } = set({ columns: 8 });
    expect(await take(started(), committed(0, '12345678'), frame(1, 2, [slot(1), slot(2)]))).toEqual([
      '12345678',
      '░░',
    ]);
    expect(await take(committed(1, '9'), frame(2, 1, [slot(2)]))).toEqual(['12345678', '9░']);
    expect(await take(committed(2, '0\nend'), finished)).toEqual(['12345678', '90', 'end']);
  });
  it('counts wide characters, signs of several code points and tabs as a terminal does', async () => {
    const { take, cursor } = set({ columns: 12 });
    await take(started(), committed(0, '北京很', 'a'));
    expect(cursor()).toEqual([0, 7]);
    // one cell of the first line stays free: no half of a wide character stands there
    expect(await take(committed(2, '大大大'), frame(3, 1, [slot(3)]))).toEqual(['北京很a大大大░']);
    expect(cursor()).toEqual([1, 2]);
    expect(await take(committed(3, '\tze\u0301'), frame(4, 1, [slot(4)]))).toEqual(['北京很a大大大      ze\u0301░']);
    expect(cursor()).toEqual([1, 10]);
  });
  it('shows a long canvas in a few rows', async () => {
    const { take } = set({ columns: 20, rows: 24 });
    const masks = Array.from({ length: 400 }, (_, i) => slot(i));
    expect(await take(started(), frame(0, 400, masks))).toHaveLength(6);
  });
  it('obeys nothing that stands in the text', async () => {
    const { take, text } = set();
    expect(await take(started(), committed(0, 'a\x1b[2Jb\x07\r\nc'), frame(1, 1, [slot(1, '\x1b[31m\nd')]))).toEqual([
      'a[2Jb',
      'c[31m d',
    ]);
    expect(text()).toBe('a[2Jb\nc');
  });
  it('goes on with a reply from its first new slot', async () => {
    const { take } = set();
    expect(await take(started(40), frame(40, 2, [slot(40), slot(41)]))).toEqual(['░░']);
    expect(await take(committed(40, 'more'), finished)).toEqual(['more']);
  });
  it('has no colours where none are wanted', async () => {
    const { take, drawn } = set({ colour: false });
    await take(started(), frame(0, 2, [slot(0, 'a', 'revealed'), slot(1)]));
    expect(drawn()).toContain('a░');
    // eslint-disable-next-line no-control-regex
    expect(drawn()).not.toMatch(/\x1b\[[\d;]*m/);
  });
  it('leaves text that goes elsewhere as it is, and shows the slots alone', async () => {
    const { take, text } = set({ together: false });
    expect(await take(started(), committed(0, 'a\x1bb\r\n'), frame(1, 1, [slot(1)]))).toEqual(['░']);
    expect(text()).toBe('a\x1bb\r\n');
  });
});
