/** The registry: what a model is offered, and what one more row brings with it. */
import { expect, test } from 'vitest';
import { checkParams, fitParams, modesOf, paramFromText, type Param } from '../../../core/contract/samplers.ts';
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
      if ((param.kind === 'number' || param.kind === 'integer') && param.default !== null) {
        expect(param.default).toBeGreaterThanOrEqual(param.min);
        expect(param.default).toBeLessThanOrEqual(param.max);
      }
      if (param.kind === 'integer')
        for (const value of param.offered ?? []) expect(value).toBeLessThanOrEqual(param.max);
    }
    expect(fitParams({ params }, {})).toEqual(Object.fromEntries(params.map((param) => [param.id, param.default])));
  }
});

const full = { attention: 'full', causalHead: false, shift: 0, wholeRows: true } as const;
const own = { ...whole, causalHead: false, own: { ...full, blockLength: 32, blockLengths: [32], sampler: undefined } };

test('a number that its authors leave open has no number as default, and is never taken for 0', () => {
  const offered = samplersFor(own);
  const open = offered.flatMap(({ params }) =>
    params.filter((param) => param.kind !== 'choice' && param.default === null),
  );
  expect(open.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['stepsPerBlock', 'threshold', 'steps']) as unknown as string[],
  );
  for (const param of open) expect('none' in param && param.none).toMatch(/\w/);
  for (const info of offered)
    for (const value of Object.values(fitParams(info, {})).filter((one) => typeof one === 'number'))
      expect(Number.isFinite(value)).toBe(true);
});

const steps: Param = {
  kind: 'integer',
  id: 'steps',
  label: 'Steps',
  description: 'Denoising steps.',
  min: 1,
  max: 64,
  default: 8,
  none: 'one a slot',
};
const share: Param = {
  kind: 'number',
  id: 'share',
  label: 'Share',
  description: 'Of slots.',
  min: 0,
  max: 1,
  step: 0.1,
  default: 0.5,
};
const sampler = { name: 'Toy', params: [steps, share] };

test('an open number stays open: in stored settings, in the 0 that once stood for it, and where a number is needed it is refused', () => {
  expect(fitParams(sampler, { steps: null, share: null })).toEqual({ steps: null, share: 0.5 });
  expect(fitParams(sampler, { steps: 0, share: 0 })).toEqual({ steps: null, share: 0 });
  expect(checkParams(sampler, { steps: null })).toEqual({ steps: null, share: 0.5 });
  expect(() => checkParams(sampler, { share: null })).toThrow('Toy: share is null.');
  expect(() => checkParams(sampler, { steps: 0 })).toThrow('steps is 0');
  expect(() => checkParams(sampler, { steps: 2.5 })).toThrow('steps is 2.5');
  expect(() => checkParams(sampler, { stepps: 2 })).toThrow('no parameter stepps');
});

test('typed values are read by their description', () => {
  expect(paramFromText(steps, 'none')).toBe(null);
  expect(paramFromText(steps, '12')).toBe(12);
  expect(paramFromText(share, 'none')).toBe('none');
  expect(paramFromText({ kind: 'switch', id: 'a', label: 'A', description: 'A.', default: false }, 'true')).toBe(true);
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
