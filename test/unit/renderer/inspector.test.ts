/** Looking into a reply: shades, playing, and what goes out as a file. */
import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { generationEventSchema } from '../../../core/contract/generation.ts';
import { replayData, replayName, replayPage, traceLines } from '../../../renderer/export/replay.ts';
import { Inspector } from '../../../renderer/state/inspector/inspector.svelte.ts';
import { Player } from '../../../renderer/state/inspector/player.svelte.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { Timeline } from '../../../renderer/state/inspector/timeline.ts';
import { heatOf, orderShades, peersOf, pieceOf, SHADES } from '../../../renderer/state/inspector/token-shades.ts';
import { windowService } from '../../fixtures/window-service.ts';
import { fakeEvents, fakeSettings } from '../../fixtures/fake-engine.ts';
import { runTableReply } from '../../fixtures/table-loop.ts';

const story = (block: number, step: number) => ({ block, step });

describe('shades', () => {
  it('heat grows as sureness falls, and keeps to its scale', () => {
    const heats = [1, 0.99, 0.9, 0.6, 0.3, 0].map(heatOf);
    expect(heats).toEqual([...heats].sort((a, b) => a - b));
    expect([heats[0], heats.at(-1)]).toEqual([0, SHADES]);
  });
  it('order: within a block from first to last forward; blocks of one forward take turns', () => {
    expect(orderShades([story(0, 1), story(0, 3), story(0, 2)])).toEqual([1, 5, 3]);
    const turns = orderShades([story(0, 1), story(0, 1), story(1, 2), story(2, 3)]);
    expect(turns[0]).toBe(turns[1]);
    expect(turns[1]).not.toBe(turns[2]);
    expect(turns[2]).not.toBe(turns[3]);
  });
  it('a token’s company are those of its step; blanks can be seen', () => {
    expect(peersOf([story(0, 1), story(0, 3), story(1, 1)], 0)).toEqual([0, 2]);
    expect([pieceOf('\n\n'), pieceOf(''), pieceOf(' a')]).toEqual(['↵\n↵\n', '◦', ' a']);
  });
});

describe('playing', () => {
  async function setUp() {
    const timeline = new Timeline((await runTableReply({ mode: 'fast', maxTokens: 60, stop: [] })).events);
    const frames: (() => void)[] = [];
    let now = 0;
    const player = new Player(
      timeline,
      (task) => frames.push(task),
      () => now,
    );
    const pass = (ms: number): void => {
      now += ms;
      frames.splice(0).forEach((task) => task());
    };
    return { timeline, player, pass };
  }
  it('goes from the beginning in the pace of the writing, and ends at the end', async () => {
    const { timeline, player, pass } = await setUp();
    expect(player.step).toBe(0);
    player.toggle();
    expect([player.step, player.playing]).toEqual([0, true]);
    pass(timeline.duration / 2);
    expect(player.step).toBe(timeline.stepAt(timeline.duration / 2));
    pass(timeline.duration);
    expect([player.step, player.playing]).toEqual([timeline.length - 1, false]);
    expect(player.view.phase).toBe('finished');
  });
  it('four times as fast, and half as fast', async () => {
    for (const speed of [4, 0.5] as const) {
      const { timeline, player, pass } = await setUp();
      player.speed = speed;
      player.toggle();
      pass(timeline.duration / 8);
      expect(player.step).toBe(timeline.stepAt((timeline.duration / 8) * speed));
    }
  });
  it('a step by hand pauses; playing goes on from where it stands', async () => {
    const { timeline, player, pass } = await setUp();
    player.toggle();
    pass(1);
    player.by(3);
    const at = player.step;
    expect(player.playing).toBe(false);
    pass(timeline.duration);
    expect(player.step).toBe(at);
    player.toggle();
    expect(player.step).toBe(at);
    player.by(-timeline.length * 2);
    expect(player.step).toBe(0);
  });
});

it('one reply is open at a time; a reply that was not written here says so', async () => {
  const service = windowService();
  const conversation = service.addConversation('One');
  const first = service.addExchange(conversation, 'A?', 'First answer.');
  const second = service.addExchange(conversation, 'B?', 'Second answer.');
  const session = new Session(service.client, 'linux');
  const inspector = new Inspector(session, () => {});
  await inspector.toggle(first, 'tokens');
  expect(inspector.isOpen(first.id, 'tokens')).toBe(true);
  await inspector.toggle(first, 'replay');
  expect([inspector.isOpen(first.id, 'tokens'), inspector.isOpen(first.id, 'replay')]).toEqual([false, true]);
  await inspector.toggle(second, 'replay');
  expect([inspector.isOpen(first.id, 'replay'), inspector.isOpen(second.id, 'replay')]).toEqual([false, true]);
  await inspector.toggle(second, 'replay');
  expect(inspector.seen).toBeNull();
  const imported = service.addMessage(conversation, { role: 'assistant', text: 'From elsewhere.' });
  await inspector.toggle(imported, 'replay');
  expect(inspector.seen).toBeNull();
  expect(session.notices.map(({ message }) => message).join()).toContain('no stored steps');
});

it('a replay opens at its start and plays; where motion is unwanted it waits there', async () => {
  const service = windowService();
  const message = service.addExchange(service.addConversation('One'), 'A?', 'First answer, of some length.');
  for (const still of [false, true]) {
    const inspector = new Inspector(
      new Session(service.client, 'linux'),
      () => {},
      () => still,
    );
    await inspector.toggle(message, 'replay');
    expect([inspector.seen?.player.step, inspector.seen?.player.playing]).toEqual([0, !still]);
    // looked at otherwise and back again: from the start once more
    inspector.seen?.player.seek(9);
    await inspector.toggle(message, 'tokens');
    expect(inspector.seen?.player.playing).toBe(false);
    await inspector.toggle(message, 'replay');
    expect([inspector.seen?.player.step, inspector.seen?.player.playing]).toEqual([0, !still]);
  }
});

it('words that a step strikes stand struck for a moment while it plays, and not when it is looked at by hand', async () => {
  const { events } = await runTableReply({ mode: 'exact', maxTokens: 60, stop: [] });
  const timeline = new Timeline(events);
  const at = timeline.steps.findIndex(({ struck }, i) => struck !== '' && i > 2);
  expect(at).toBeGreaterThan(2);
  const struck = timeline.struckAt(at);
  expect(struck?.slots.some(({ state }) => state === 'rejected')).toBe(true);
  expect(timeline.at(at).text.startsWith(struck?.text ?? 'none')).toBe(true);
  expect(timeline.struckAt(0)).toBeNull();
  const player = new Player(
    timeline,
    () => {},
    () => 0,
  );
  player.seek(at);
  expect(player.view.slots).toEqual(timeline.at(at).slots);
});

describe('a replay as a file', () => {
  const hostile = 'It ends here: </script><!-- <script>alert(1)</script> \u2028 & "so".';
  const events = fakeEvents(
    {
      generationId: 'g',
      messages: [],
      replyPrefix: [],
      settings: settingsWith(fakeSettings, { mode: 'fast' }),
      seed: 4,
    },
    { text: hostile },
  );
  const timeline = new Timeline(events);
  const source = {
    question: 'Why </title><img src=x onerror=alert(1)>?',
    text: hostile,
    generation: null,
    events,
    timeline,
  };

  it('the page holds every step, and nothing in a text can leave its place', () => {
    const page = replayPage(source);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toContain('<img');
    expect(page).toContain("default-src 'none'");
    const json = /<script type="application\/json" id="replay">(.*)<\/script>/.exec(page)?.[1] ?? '';
    const data = JSON.parse(json) as { text: string; steps: [number, number, unknown[], string][] };
    expect(data).toEqual(replayData(source));
    expect(data.text).toBe(hostile);
    expect(data.steps).toHaveLength(timeline.length);
    data.steps.forEach(([, length, slots], i) => {
      const state = timeline.at(i);
      expect(data.text.slice(0, length)).toBe(state.text);
      expect(slots).toHaveLength(state.slots.length);
    });
    expect(data.steps.at(-1)?.[2]).toEqual([]);
  });
  it('the trace has a head and each event as it is stored', () => {
    const [head, ...lines] = traceLines(source, 5)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(head).toEqual({
      format: 'mezzotint-trace',
      version: 1,
      exportedAt: 5,
      question: source.question,
      text: hostile,
      generation: null,
    });
    expect(lines.map((line) => v.parse(generationEventSchema, line))).toEqual(events);
  });
  it('the file is named after the question', () => {
    expect(replayName('How is a mezzotint made?', 'html')).toBe('how-is-a-mezzotint-made.html');
    expect(replayName(' ?! ', 'jsonl')).toBe('reply.jsonl');
  });
});
