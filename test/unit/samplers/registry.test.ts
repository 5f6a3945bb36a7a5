/** The registry: what a model is offered, and what one more row brings with it. */
import { expect, test } from 'vitest';
import { fitParams, modesOf } from '../../../core/contract/samplers.ts';
import { normalise } from '../../../core/contract/settings.ts';
import { samplers, samplersFor, type Sampler } from '../../../core/samplers/index.ts';
import { ThresholdStepper } from '../../../core/samplers/corrected-threshold.ts';
import { KvCache } from '../../../core/engine/cache.ts';
import { runReply } from '../../../core/engine/loop.ts';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { tableLoopModel, tableSettings, tableShape } from '../../fixtures/table-loop.ts';

const whole = { causalHead: true, canvas: true, shift: 1 as const, drafterSlots: 5, blockLengths: [4, 8, 16] };

test('a model is offered the samplers that its parts allow', () => {
  const offered = (over: Partial<typeof whole>): string[] => samplersFor({ ...whole, ...over }).map(({ id }) => id);
  expect(offered({})).toEqual(['speculative', 'typical-acceptance', 'corrected-threshold', 'autoregressive']);
  expect(offered({ drafterSlots: 0 })).toEqual(['speculative', 'corrected-threshold', 'autoregressive']);
  expect(offered({ canvas: false, shift: 1, drafterSlots: 0 })).toEqual(['speculative', 'autoregressive']);
  expect(modesOf(samplersFor(whole))).toEqual(['exact', 'fast', 'ar']);
});

test('every parameter has words, bounds and a default within them', () => {
  for (const { id, name, description, params } of samplersFor(whole)) {
    expect([id, name, description].every((text) => text.length > 0)).toBe(true);
    for (const param of params) {
      expect(param.label.length * param.description.length).toBeGreaterThan(0);
      if (param.kind === 'number' || param.kind === 'integer') {
        expect(param.default).toBeGreaterThanOrEqual(param.min);
        expect(param.default).toBeLessThanOrEqual(param.max);
      }
      if (param.kind === 'integer')
        for (const value of param.offered ?? []) expect(value).toBeLessThanOrEqual(param.max);
    }
    expect(fitParams({ params }, {})).toEqual(Object.fromEntries(params.map((param) => [param.id, param.default])));
  }
});

/** A sampler as a plugin would bring it: a file with this object, and a row. */
const toy: Sampler = {
  id: 'toy',
  describe: () => ({
    id: 'toy',
    name: 'Toy',
    description: 'Unmasks what is likelier than a coin.',
    guarantee: 'diffusion',
    params: [
      { kind: 'integer', id: 'blockLength', label: 'Block length', description: 'Slots.', min: 2, max: 8, default: 4 },
      {
        kind: 'number',
        id: 'threshold',
        label: 'Threshold',
        description: 'Confidence.',
        min: 0,
        max: 1,
        step: 0.1,
        default: 0.5,
      },
    ],
  }),
  blockLength: (params) => Number(params['blockLength']),
  drafts: false,
  paced: false,
  create: (options) => new ThresholdStepper(options),
};

test('a sampler is added by one row: it is offered, its settings are fitted, and it writes a reply', async () => {
  const registry = [...samplers, toy];
  const offered = samplersFor(whole, registry);
  expect(offered.at(-1)?.id).toBe('toy');
  const settings = {
    ...settingsWith(tableSettings, { maxTokens: 12 }),
    sampler: { id: 'toy', params: { blockLength: 99 } },
  };
  expect(normalise(settings, offered).sampler).toEqual({ id: 'toy', params: { blockLength: 8, threshold: 0.5 } });
  const events: GenerationEvent[] = [];
  await runReply(
    { ...tableLoopModel(), registry },
    {
      request: { generationId: 'g', messages: [], replyPrefix: [], settings, seed: 1 },
      prompt: [5, 6, 7],
      droppedMessages: 0,
      cache: new KvCache(tableShape),
      pack: { id: 'p', name: 'P', hash: 'h' },
      device: 'cpu',
      cancelled: () => false,
      now: () => 0,
      emit: (event) => void events.push(event),
    },
  );
  expect(events[0]).toMatchObject({ type: 'started', mode: 'fast', blockLength: 8 });
  expect(events.at(-1)?.type).toBe('finished');
});
