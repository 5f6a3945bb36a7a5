/** A long prompt of a diffusion model is not read to its end for a reply that was stopped. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { sessionOptions } from '../../core/engine/devices.ts';
import { importPack } from '../../core/engine/import.ts';
import { modelOf } from '../../core/engine/loaded-model.ts';
import { runReply } from '../../core/engine/loop.ts';
import { graphsOf, openPack } from '../../core/engine/pack.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { Pace } from '../../core/samplers/pace.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-stop-'));
afterAll(() => rmSync(home, { recursive: true }));

test.each(['sdar', 'fast-dllm-v2', 'nemotron', 'diffusion-gemma'])('%s', async (golden) => {
  const dir = join(home, golden);
  await importPack(join(goldens, golden), { out: dir, checkMemory: false });
  const pack = await openPack(dir);
  const session = await ModelSession.create(
    graphsOf(dir, pack.manifest, 'cpu'),
    pack.manifest,
    sessionOptions('cpu', 1),
  );
  const model = modelOf({ pack, session, drafter: null, pace: new Pace() });
  const cache = session.newCache();
  let forwards = 0;
  const events: GenerationEvent[] = [];
  await runReply(
    {
      ...model,
      forward: (rows, over) => {
        forwards++;
        return model.forward(rows, over);
      },
    },
    {
      request: { generationId: 'a', messages: [], replyPrefix: [], settings: pack.info.defaults, seed: 1 },
      prompt: Array.from({ length: 1500 }, (_, i) => 40 + (i % 50)),
      droppedMessages: 0,
      cache,
      pack: pack.info,
      device: 'cpu',
      cancelled: () => forwards >= 2,
      now: () => 0,
      emit: (event) => void events.push(event),
    },
  );
  await session.release();
  expect(events.at(-1)?.type).toBe('stopped');
  expect(forwards).toBe(2);
  // what was read stays for the next reply of this conversation
  expect(cache.length).toBeGreaterThan(100);
});
