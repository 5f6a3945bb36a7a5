import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultThreads, sessionOptions } from '../../../core/engine/devices.ts';
import { openPack, type Pack } from '../../../core/engine/pack.ts';
import { ModelSession } from '../../../core/engine/session.ts';
import { renderPrompt } from '../../../core/text/template.ts';
import { Judge } from '../../evaluate/likelihood.ts';

const dir = path.join(import.meta.dirname, '../../../models/smollm2-135m-instruct');
const messages = [{ role: 'user' as const, content: `Repeat: ${'grain and light, '.repeat(24)}` }]; // the reply crosses the end of a chunk
let pack: Pack;
let session: ModelSession;
let judge: Judge;
beforeAll(async () => {
  pack = await openPack(dir);
  session = await ModelSession.create(
    { all: path.join(dir, pack.manifest.graph.file) },
    pack.manifest,
    sessionOptions('cpu', defaultThreads()),
  );
  judge = await Judge.open(dir);
});
afterAll(async () => {
  await session.release();
  await judge.close();
});

it('a reply is as likely as its tokens are one at a time', async () => {
  const system = { role: 'system' as const, content: pack.manifest.systemPrompt ?? '' };
  const prompt = renderPrompt(pack.template, [system, ...messages], pack.tokenizer, { addGenerationPrompt: true });
  const reply = pack.tokenizer.encode('grain and light, grain and light, and a lighthouse.');
  const cache = session.newCache();
  let sum = 0;
  let unlisted = 0;
  for (const [i, id] of [...prompt, ...reply].slice(0, -1).entries()) {
    const made = await session.forward({ ids: [id], positions: [i], contextRows: 1, canvases: [], wanted: [0] }, cache);
    cache.append([id], made);
    const next = reply[i + 1 - prompt.length];
    if (next === undefined) continue;
    const at = made.ids.indexOf(next);
    if (at < 0) unlisted += 1;
    sum += (at < 0 ? Math.min(...made.logits) : (made.logits[at] as number)) - (made.lse[0] as number);
  }
  const found = await judge.of(messages, reply);
  expect(found.unlisted).toBe(unlisted / reply.length);
  expect(found.mean).toBeCloseTo(sum / reply.length, 5);
  const nonsense = await judge.of(messages, pack.tokenizer.encode('Zebra seventeen of'));
  expect(nonsense.mean as number).toBeLessThan((found.mean as number) - 2);
  expect(await judge.of(messages, [])).toEqual({ mean: null, unlisted: 0 });
});
