/** The stepper over real packs: what it caches changes nothing, where it says so, and long prompts cross the cache's chunks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importPack } from '../../core/engine/import.ts';
import { SessionPasses } from '../../core/engine/passes.ts';
import { ModelSession } from '../../core/engine/session.ts';
import {
  promptBlocks,
  writeBlocks,
  type BlockOptions,
  type CanvasStep,
  type Layout,
} from '../../core/samplers/rules/blocks.ts';
import { greedy } from '../../core/samplers/rules/draw.ts';
import { bannedOf, capabilitiesOf, samplerWith } from '../../core/samplers/rules/index.ts';
import type { Passes, Wanted } from '../../core/samplers/rules/passes.ts';
import type { Row } from '../../core/samplers/rules/rule.ts';
import { writeSpeculatively } from '../../core/samplers/rules/speculation.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-steppers-'));
const opened = new Map<string, Promise<ModelSession>>();
afterAll(async () => {
  for (const session of opened.values()) await (await session).release();
  rmSync(home, { recursive: true });
});
function open(golden: string, recipe?: string): Promise<ModelSession> {
  const known = opened.get(golden);
  if (known) return known;
  const made = (async () => {
    const out = join(home, golden);
    const manifest = await importPack(join(goldens, golden), {
      out,
      accuracyLevel: 0,
      checkMemory: false,
      chatTemplate: "{{ messages[0]['content'] }}",
      recipe,
    });
    return ModelSession.create({ all: join(out, manifest.graph.file) }, manifest, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
      enableCpuMemArena: false,
    });
  })();
  opened.set(golden, made);
  return made;
}
const passesOf = (session: ModelSession): SessionPasses =>
  new SessionPasses((rows, cache) => session.forward(rows, cache), session.newCache());

/** Keeps no keys and values: every forward runs all that came before it again. */
class Recomputing implements Passes {
  readonly #session: ModelSession;
  /** Ids that count as cached, and the lengths of their blocks. */
  #ids: number[] = [];
  #blocks: number[] = [];
  constructor(session: ModelSession) {
    this.#session = session;
  }
  get cached(): number {
    return this.#ids.length;
  }
  async #run(ids: readonly number[], blocks: readonly number[], { rows, whole = false }: Wanted): Promise<Row[]> {
    const all = [...this.#ids, ...ids];
    const lengths = [...this.#blocks, ...blocks];
    const fresh = new SessionPasses((rows_, cache) => this.#session.forward(rows_, cache), this.#session.newCache());
    return fresh.read(all, lengths, { rows: rows.map((row) => row + this.#ids.length), whole });
  }
  glance(ids: readonly number[], _at: number, wanted: Wanted): Promise<Row[]> {
    return this.#run(ids, [ids.length], wanted);
  }
  async read(ids: readonly number[], within: 'causal' | readonly number[], wanted: Wanted): Promise<Row[]> {
    if (within === 'causal') throw new RangeError('not for causal contexts');
    const rows = wanted.rows.length > 0 ? await this.#run(ids, within, wanted) : [];
    this.#ids.push(...ids);
    this.#blocks.push(...within);
    return rows;
  }
  keep(): void {
    throw new RangeError('nothing is kept here');
  }
  beside(): Recomputing {
    return new Recomputing(this.#session);
  }
  cut(length: number): void {
    if (length !== this.#ids.length) throw new RangeError('nothing is cut here');
  }
}

/** A prompt of ids that look random. */
const promptOf = (length: number): number[] => Array.from({ length }, (_, i) => 5 + ((i * i * 37 + i * 91) % 400));
function optionsFor(
  session: ModelSession,
  prompt: number[],
  layout: Partial<Layout>,
  over: Partial<BlockOptions> = {},
): BlockOptions {
  const { manifest } = session;
  const { sampler, params } = samplerWith('threshold', { threshold: 0.6 }, capabilitiesOf(manifest));
  return {
    layout: { ...manifest.diffusion, ...layout },
    prompt,
    until: prompt.length + 24,
    sampler,
    params,
    sampling: greedy,
    seed: 1,
    banned: bannedOf(manifest),
    ends: new Set(),
    ...over,
  };
}

describe('blocks with their cache give what running everything again gives', () => {
  test.each([
    ['sdar', undefined, {}],
    ['sdar', undefined, { blockLength: 8 }],
    ['a2d-qwen3-bd3lm', 'a2d-bd3lm', { blockLength: 8 }],
    ['llada2', 'llada2.0-mini', { blockLength: 16 }],
    ['fast-dllm-v2', undefined, {}],
  ] as const)('%s %s %j', async (golden, recipe, layout) => {
    const session = await open(golden, recipe);
    for (const length of [1, 11, 130, 256]) {
      const prompt = promptOf(length);
      const blockLength = (layout as Partial<Layout>).blockLength ?? session.manifest.diffusion.blockLength;
      const until = Math.ceil((length + 24) / blockLength) * blockLength;
      const cached = await writeBlocks(passesOf(session), optionsFor(session, prompt, layout, { until }));
      const again = await writeBlocks(new Recomputing(session), optionsFor(session, prompt, layout, { until }));
      expect(cached.sequence, `prompt of ${length}`).toEqual(again.sequence);
      expect(cached.sequence).toHaveLength(until);
      expect(cached.sequence.slice(0, length)).toEqual(prompt);
    }
  });
});

describe('self-speculation', () => {
  test('writes what one token at a time writes, whatever the draft and over the ends of chunks', async () => {
    const session = await open('nemotron');
    const { diffusion } = session.manifest;
    for (const length of [5, 120, 127, 128]) {
      const write = (blockLength: number) =>
        writeSpeculatively(passesOf(session), {
          prompt: promptOf(length),
          maxTokens: 20,
          blockLength,
          maskToken: diffusion.maskToken,
          shift: diffusion.shift,
          banned: bannedOf(session.manifest),
          ends: new Set(),
        });
      const plain = await write(1);
      expect(plain.forwards).toEqual({ prefill: 1, draft: 0, verify: 19 });
      for (const size of [2, 8, 16]) expect((await write(size)).sequence).toEqual(plain.sequence);
    }
  });
  test('ends with an end of turn, and not after it', async () => {
    const session = await open('nemotron');
    const { diffusion } = session.manifest;
    const write = (ends: number[]) =>
      writeSpeculatively(passesOf(session), {
        prompt: promptOf(9),
        maxTokens: 20,
        blockLength: 8,
        maskToken: diffusion.maskToken,
        shift: diffusion.shift,
        banned: bannedOf(session.manifest),
        ends: new Set(ends),
      });
    const plain = (await write([])).sequence;
    const end = plain[9 + 6] as number;
    expect((await write([end])).sequence).toEqual(plain.slice(0, plain.indexOf(end, 9) + 1));
  });
});

describe('a reply', () => {
  test('is told step by step, and the steps add up to it', async () => {
    const session = await open('llada2.1', 'llada2.1-mini');
    const { sampler, params } = samplerWith(
      'edit',
      { threshold: 0.6, editThreshold: 0.5 },
      capabilitiesOf(session.manifest),
    );
    const told: CanvasStep[] = [];
    const canvas = new Map<number, number>();
    const prompt = promptOf(11);
    const written = await writeBlocks(
      passesOf(session),
      optionsFor(
        session,
        prompt,
        { blockLength: 8 },
        { until: 32, sampler, params, onStep: (step) => told.push(step) },
      ),
    );
    for (const { unmasked, edited } of told) {
      for (const { slot, id } of unmasked) {
        expect(canvas.has(slot)).toBe(false);
        canvas.set(slot, id);
      }
      for (const { slot, id, before } of edited) {
        expect(canvas.get(slot)).toBe(before);
        canvas.set(slot, id);
      }
    }
    expect(Array.from({ length: 21 }, (_, i) => canvas.get(11 + i))).toEqual(written.sequence.slice(11));
    expect(told.some(({ edited }) => edited.length > 0)).toBe(true);
  });
  test('stops after the block in which it ends, and where it is cancelled with what is finished', async () => {
    const session = await open('sdar');
    const prompt = promptOf(8);
    const whole = await writeBlocks(passesOf(session), optionsFor(session, prompt, {}));
    const end = whole.sequence[9] as number;
    const ended = await writeBlocks(passesOf(session), optionsFor(session, prompt, {}, { ends: new Set([end]) }));
    expect(ended).toMatchObject({ ended: true, sequence: whole.sequence.slice(0, 12) });
    let steps = 0;
    const cut = await writeBlocks(
      passesOf(session),
      optionsFor(session, prompt, {}, { onStep: () => steps++, cancelled: () => steps >= 5 }),
    );
    expect(cut.sequence).toEqual(whole.sequence.slice(0, cut.sequence.length));
    expect(cut.sequence.length).toBeLessThan(whole.sequence.length);
  });
  test('of a prompt of exactly one block reads it, also where a block begins with a token of the last commit', async () => {
    const session = await open('fast-dllm-v2');
    const prompts = [promptOf(32), promptOf(32).map((id) => (id === 5 ? 6 : id + 1))];
    const replies: number[][] = [];
    for (const prompt of prompts) {
      const made = await writeBlocks(passesOf(session), optionsFor(session, prompt, {}, { until: 64 }));
      expect(made.forwards).toMatchObject({ prefill: 1, commit: 1 });
      expect(made.sequence.slice(0, 32)).toEqual(prompt);
      const again = await writeBlocks(new Recomputing(session), optionsFor(session, prompt, {}, { until: 64 }));
      expect(again.sequence).toEqual(made.sequence);
      replies.push(made.sequence.slice(32));
    }
    expect(replies[1]).not.toEqual(replies[0]);
  });
  test.each([
    ['sdar', undefined, { blockLength: 8 }],
    ['a2d-qwen3-bd3lm', 'a2d-bd3lm', { blockLength: 8 }],
    ['llada2', 'llada2.0-mini', { blockLength: 16 }],
  ] as const)('of %s with guidance is what running both branches whole gives', async (golden, recipe, layout) => {
    const session = await open(golden, recipe);
    for (const length of [3, 24, 130]) {
      const prompt = promptOf(length);
      const until = Math.ceil((length + 24) / layout.blockLength) * layout.blockLength;
      const over = { until, guidance: 1.5 };
      const cached = await writeBlocks(passesOf(session), optionsFor(session, prompt, layout, over));
      const again = await writeBlocks(new Recomputing(session), optionsFor(session, prompt, layout, over));
      const plain = await writeBlocks(passesOf(session), optionsFor(session, prompt, layout, { until }));
      expect(cached.sequence, `prompt of ${length}`).toEqual(again.sequence);
      expect(cached.sequence, `prompt of ${length}`).not.toEqual(plain.sequence);
    }
  });
  test('is refused guidance where a first slot comes from elsewhere, or a cache is stale', async () => {
    const refused = async (golden: string, layout: Partial<Layout>): Promise<void> => {
      const session = await open(golden);
      await expect(
        writeBlocks(passesOf(session), optionsFor(session, promptOf(12), layout, { guidance: 1 })),
      ).rejects.toThrow('guidance');
    };
    await refused('fast-dllm-v2', {});
    await refused('llada', { cache: 'dual', blockLength: 8 });
  });
  test('by WINO that never doubts is the threshold, and one that doubts masks again and still ends', async () => {
    const session = await open('llada');
    const prompt = promptOf(12);
    const write = async (id: string, given: Record<string, unknown>): Promise<{ ids: number[]; remasked: number }> => {
      let remasked = 0;
      const { sampler, params } = samplerWith(id, given, capabilitiesOf(session.manifest));
      const { sequence } = await writeBlocks(
        passesOf(session),
        optionsFor(
          session,
          prompt,
          { blockLength: 8, cache: 'none' },
          { until: 36, sampler, params, onStep: (step) => (remasked += step.remasked.length) },
        ),
      );
      return { ids: sequence, remasked };
    };
    const threshold = await write('threshold', { threshold: 0.99, strict: true });
    // a block of 8 has at most 5 over it at a time here
    expect(await write('wino', { threshold: 0.99, keep: 0 })).toEqual({ ids: threshold.ids, remasked: 0 });
    const doubting = await write('wino', { threshold: 0.1, keep: 0.99 });
    expect(doubting.remasked).toBeGreaterThan(0);
    expect(doubting.ids).toHaveLength(36);
  });
  test('by Prophet with no gap to reach is filled by its first forward, blocks behind included', async () => {
    const session = await open('llada');
    const { sampler, params } = samplerWith('prophet', { early: 0 }, capabilitiesOf(session.manifest));
    const steps: CanvasStep[] = [];
    const { sequence, forwards } = await writeBlocks(
      passesOf(session),
      optionsFor(
        session,
        promptOf(12),
        { blockLength: 8, cache: 'none' },
        { until: 36, sampler, params, onStep: (step) => steps.push(step) },
      ),
    );
    expect(sequence).toHaveLength(36);
    expect(forwards.denoise).toBe(1);
    expect(steps.map(({ from, finished }) => [from, finished])).toEqual([
      [12, true],
      [20, true],
      [28, true],
    ]);
  });
  test('with guidance or KLASS runs on whole rows, and never has a masked slot left', async () => {
    const session = await open('llada');
    const prompt = promptOf(12);
    const until = 28;
    const layout = { blockLength: 8, cache: 'none' } as const;
    const plain = await writeBlocks(passesOf(session), optionsFor(session, prompt, layout, { until }));
    const guidedOne = await writeBlocks(passesOf(session), optionsFor(session, prompt, layout, { until, guidance: 2 }));
    expect(guidedOne.sequence).toHaveLength(until);
    expect(guidedOne.sequence).not.toEqual(plain.sequence);
    for (const [id, given] of [
      ['klass', { threshold: 0.3, divergence: 0.5 }],
      ['remdm', { steps: 12, eta: 0.2 }],
      ['credit', {}],
      ['hierarchy', {}],
      ['entropy-bound', {}],
      ['factor', {}],
      ['dream', { algorithm: 'origin' }],
    ] as const) {
      const { sampler, params } = samplerWith(id, given, capabilitiesOf(session.manifest));
      const { sequence } = await writeBlocks(
        passesOf(session),
        optionsFor(
          session,
          prompt,
          { ...layout, ...(id === 'remdm' ? { blockLength: 16 } : {}) },
          { until, sampler, params },
        ),
      );
      expect(sequence, id).toHaveLength(until);
      expect(
        sequence.some((token) => bannedOf(session.manifest).has(token)),
        id,
      ).toBe(false);
    }
  });
  test('has the prompt in blocks on either grid', () => {
    expect(promptBlocks(11, { grid: 'absolute', blockLength: 4 })).toEqual([4, 4, 3]);
    expect(promptBlocks(11, { grid: 'prompt-end', blockLength: 4 })).toEqual([3, 4, 4]);
    expect(promptBlocks(8, { grid: 'prompt-end', blockLength: 4 })).toEqual([4, 4]);
  });
});
