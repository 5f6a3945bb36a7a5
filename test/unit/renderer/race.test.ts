/** A race: the lanes' order, what is said of their texts, one clock for all, and the slider's stops. */
import { settingsWith } from '../../fixtures/settings.ts';
import { expect, test } from 'vitest';
import { compareWithExact, inOrder, sameLength, timeTo } from '../../../renderer/state/race/race-order.ts';
import { nearestStop, stopOf } from '../../../renderer/state/settings/speed-profile.svelte.ts';
import type { Params } from '../../../core/contract/samplers.ts';
import { samplersFor } from '../../../core/samplers/index.ts';
import { stopsOf } from '../../../core/contract/speed-stops.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { samplePack, sampleSettings } from '../../fixtures/sample-model.ts';
import { windowService } from '../../fixtures/window-service.ts';

test('the quickest a token is first, however long its text is; one that was stopped or failed is not in the race', () => {
  const lanes = [
    { ms: 5580, tokens: 102, status: 'complete' as const },
    { ms: 5, tokens: 90, status: 'failed' as const },
    // longer and later at its end, but faster a token
    { ms: 11_480, tokens: 246, status: 'complete' as const },
    { ms: 1, tokens: 1, status: 'stopped' as const },
    { ms: 1, tokens: 0, status: 'complete' as const },
  ];
  expect(inOrder(lanes).map(({ ms }) => ms)).toEqual([11_480, 5580]);
});

test('lanes are compared at the length that all reached', () => {
  expect(
    sameLength([
      { status: 'complete', tokens: 102 },
      { status: 'complete', tokens: 246 },
      { status: 'stopped', tokens: 3 },
    ]),
  ).toBe(102);
  expect(sameLength([{ status: 'complete', tokens: 102 }])).toBe(0);
  const steps = [
    { ms: 0, tokens: 0 },
    { ms: 40, tokens: 3 },
    { ms: 90, tokens: 8 },
  ];
  expect([0, 3, 4, 8, 9].map((tokens) => timeTo(steps, tokens))).toEqual([0, 40, 90, 90, null]);
});

test('a text is the same as Exact’s, or differs from a token on', () => {
  const lane = (messageId: string, ...ids: number[]) => ({ messageId, ids });
  const exact = lane('x', 1, 2, 3);
  expect(compareWithExact(lane('a', 1, 2, 3), exact)).toEqual({ kind: 'same' });
  expect(compareWithExact(lane('a', 1, 9, 3), exact)).toEqual({ kind: 'differs', at: 1 });
  expect(compareWithExact(lane('a', 1, 2), exact)).toEqual({ kind: 'differs', at: 2 });
  expect(compareWithExact(exact, exact)).toEqual({ kind: 'reference' });
  expect(compareWithExact(exact, undefined)).toEqual({ kind: 'none' });
});

async function raced() {
  const service = windowService();
  const frames: (() => void)[] = [];
  let now = 0;
  const { session, library, branch, asking, race } = createStores(service.client, {
    schedule: (task) => frames.push(task),
    now: () => now,
  });
  await service.started();
  await Promise.all([session.load(), library.load()]);
  await asking.send('How is a mezzotint made?');
  while (service.step());
  const question = branch.messages[0];
  if (!question) throw new Error('no question');
  const pass = (ms: number): void => {
    now += ms;
    frames.splice(0).forEach((task) => task());
  };
  race.open(question.id);
  await race.start((['ar', 'exact'] as const).map((mode) => settingsWith(sampleSettings, { mode, seed: null })));
  return { service, branch, race, pass };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('lanes are replies of the question: watched while they run, then replayed with one clock', async () => {
  const { service, branch, race, pass } = await raced();
  expect(race.lanes).toHaveLength(2);
  expect(race.running).toBe(true);
  for (let i = 0; i < 3; i++) {
    while (service.step());
    await settle();
  }
  pass(0);
  expect(race.running).toBe(false);
  await race.loadTimelines();
  const [ar, exact] = (race.lanes ?? []).map((id) => race.result(id));
  expect(ar?.ids).toEqual(exact?.ids);
  expect([ar?.ms, exact?.ms].every((ms) => (ms ?? 0) > 0)).toBe(true);
  expect(race.duration).toBe(Math.max(...[...race.timelines.values()].map(({ duration }) => duration)));
  race.toggle();
  expect([race.ms, race.playing]).toEqual([0, true]);
  pass(race.duration / 2);
  expect(race.ms).toBeCloseTo(race.duration / 2);
  pass(race.duration);
  expect([race.ms, race.playing]).toEqual([race.duration, false]);
  // they are kept: beside the first reply, and as a race to be looked at again
  expect(branch.repliesTo(race.questionId ?? '')).toHaveLength(3);
  race.again();
  race.compare();
  expect(race.lanes).toHaveLength(3);
});

test('the slider stands at the stop that is set; settings of one’s own stand near the likest', () => {
  const stops = stopsOf(samplePack);
  expect(stops.map(({ id }) => id)).toEqual([
    'form',
    'ar',
    'exact',
    'fast-steady',
    'fast-even',
    'fast-bold',
    'fast-rough',
  ]);
  expect(stops[0]?.sampler.params).toMatchObject({ blockLength: 16 });
  const exact = stops.findIndex(({ id }) => id === 'exact');
  expect(stopOf(stops, settingsWith(sampleSettings, { mode: 'exact', draftLength: 2 }))).toBe(exact);
  const bold = stops.find(({ id }) => id === 'fast-bold');
  expect(stops[stopOf(stops, { ...sampleSettings, ...(bold && { sampler: bold.sampler }) })]?.id).toBe('fast-bold');
  const own = settingsWith(sampleSettings, { mode: 'fast', threshold: 0.33 });
  expect(stopOf(stops, own)).toBe(-1);
  expect(stops[nearestStop(stops, own)]?.id).toBe('fast-bold');
});

test('Exact with a block forming and Exact without one are two points of the slider; how much is drafted is none', () => {
  const samplers = samplersFor({
    causalHead: true,
    canvas: true,
    shift: 1,
    drafterSlots: 5,
    lookahead: 11,
    blockLengths: [4, 8, 16],
  });
  const stops = stopsOf({ ...samplePack, samplers });
  const at = (params: Params): string | undefined =>
    stops[stopOf(stops, { ...sampleSettings, sampler: { id: 'speculative', params } })]?.id;
  expect(at({ draftLength: 5, canvasLength: 16 })).toBe('watch');
  expect(at({ draftLength: 2, canvasLength: 8 })).toBe('watch');
  expect(at({ draftLength: 5, canvasLength: 0 })).toBe('exact');
});
