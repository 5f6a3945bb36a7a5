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
