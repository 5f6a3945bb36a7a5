/** `npm run -s bench:remote -- --json`: a server against the engine of this machine, on the same prompts. ../README.md has the figures. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { GenerationSettings } from '../../../core/contract/generation.ts';
import { childEngine, createLocalEngine, createRemoteEngine, probe, tryReply } from '../../../core/engines/index.ts';
import type { DialectId } from '../../../core/contract/remote.ts';
import type { Engine, RemoteServer } from '../../../core/engines/index.ts';
import { serve, type Served } from '../../fixtures/served.ts';
import { describeMachine } from '../machine.ts';
import { conversations } from '../prompts.ts';
import { findGguf } from '../source.ts';
import { inLanes, measure, quantile, Wire, type Measured } from './measure.ts';
import { killedOf, lines, loadOf, sideOf, type Report } from './report.ts';
import { litellm, llamaCpp, PROXY_KEY, PROXY_MODEL, type Backend } from './servers.ts';
import { number, reason, say } from '../arguments.ts';

const root = path.join(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    prompts: { type: 'string' },
    tokens: { type: 'string' },
    backends: { type: 'string' },
    lanes: { type: 'string' },
    server: { type: 'string' },
    model: { type: 'string' },
    dialect: { type: 'string' },
    'no-proxy': { type: 'boolean' },
    'llama-cpp': { type: 'boolean' },
    gguf: { type: 'string' },
  },
});
const loadBefore = os.loadavg()[0] ?? 0;
const questions = conversations
  .map(([question]) => question)
  .slice(0, number(values.prompts, values.quick ? 3 : conversations.length));
const maxTokens = number(values.tokens, values.quick ? 32 : 128);
const backends = number(values.backends, 4);
const lanes = number(values.lanes, 8);
const packDir = path.resolve(process.env['MEZZOTINT_PACK'] ?? path.join(root, 'models', 'smollm2-135m-instruct'));
const bundled = path.join(root, 'dist', 'engine.cjs');

/** From the first connection on: they are used again. */
const wire = new Wire();
let count = 0;
const ends: (() => Promise<unknown>)[] = [];
const greedy = (settings: GenerationSettings): GenerationSettings => ({
  ...settings,
  sampling: { ...settings.sampling, temperature: 0, topP: 1, repetitionPenalty: 1 },
  ending: { maxTokens, stop: [], loopGuard: false },
});
const ask = (engine: Engine, question: string, settings: GenerationSettings): Promise<Measured> =>
  measure(engine, { id: `bench-${++count}`, messages: [{ role: 'user', content: question }], settings });

async function remote(name: string, address: string, key: string | undefined, of: Partial<RemoteServer> = {}) {
  const server: RemoteServer = {
    name,
    addresses: [address],
    dialect: 'openai-blocks',
    model: { id: PROXY_MODEL, name: PROXY_MODEL, contextLength: null, samplers: [] },
    confirmed: false,
    ...of,
  };
  return { server, engine: createRemoteEngine({ server, key: () => key }) };
}
/** A second Mezzotint as a server, with all that it lists. */
async function mezzotint(served: Served, dialect: DialectId = 'mezzotint'): Promise<Engine> {
  const { models } = await probe({ address: served.address, key: served.key, confirmed: false });
  const [model] = models;
  if (!model) throw new Error('the second Mezzotint lists no model');
  return (await remote('loopback', served.address, served.key, { dialect, model })).engine;
}
const backendOf = ({ address, key }: Served): Backend => ({ address, key, model: path.basename(packDir) });

/** Engines in turns on every prompt, each beginning with another one, after one reply each that does not count. */
async function inTurns(engines: readonly [string, Engine, GenerationSettings][]): Promise<Report['sides']> {
  const replies = engines.map((): Measured[] => []);
  const bytes = engines.map(() => ({ sent: 0, came: 0 }));
  for (const [, engine, settings] of engines) await ask(engine, 'Hello!', settings);
  for (const [i, question] of questions.entries()) {
    say(`Prompt ${i + 1} of ${questions.length} …`);
    for (let turn = 0; turn < engines.length; turn++) {
      const at = (i + turn) % engines.length;
      const [, engine, settings] = engines[at] as (typeof engines)[number];
      const before = wire.now;
      (replies[at] as Measured[]).push(await ask(engine, question, settings));
      const after = wire.now;
      const of = bytes[at] as { sent: number; came: number };
      of.sent += after.sent - before.sent;
      of.came += after.came - before.came;
    }
  }
  return engines.map(([name], at) => {
    const of = bytes[at] as { sent: number; came: number };
    return sideOf(name, replies[at] as Measured[], of.sent > 0 ? of : null);
  });
}

async function overProxy(report: Report, settings: GenerationSettings): Promise<void> {
  const served: Served[] = [];
  for (let i = 0; i < backends; i++) {
    const one = await serve(['--model', packDir]);
    served.push(one);
    ends.push(() => one.end());
  }
  const [first] = served as [Served];
  const direct = await mezzotint(first, 'openai-blocks');
  say('Starting LiteLLM (installed once, some minutes) …');
  const one = await litellm([backendOf(first)]);
  ends.push(() => one.end());
  const proxied = await remote('LiteLLM', one.address, PROXY_KEY);
  const pairs: { direct: Measured; proxied: Measured }[] = [];
  for (const [i, question] of questions.entries()) {
    // both then find the prompt in the backend's cache
    await ask(direct, question, settings);
    const early = i % 2 === 1 ? await ask(proxied.engine, question, settings) : null;
    const plain = await ask(direct, question, settings);
    pairs.push({ direct: plain, proxied: early ?? (await ask(proxied.engine, question, settings)) });
  }
  const cost = (of: (reply: Measured) => number | null): number | null =>
    quantile(
      pairs.flatMap(({ direct: a, proxied: b }) => {
        const [from, to] = [of(a), of(b)];
        return from === null || to === null ? [] : [to - from];
      }),
      0.5,
    );
  report.proxy_cost_ms = { first_word: cost(({ firstMs }) => firstMs), reply: cost(({ ms }) => ms) };
  const { states, pieces, probabilities } = await tryReply({ ...proxied.server, dialect: 'mezzotint' }, PROXY_KEY);
  report.proxy_observed = { states, commits: pieces, probabilities };
  const many = Array.from({ length: questions.length * 2 }, (_, i) => questions[i % questions.length] as string);
  const under = async (name: string, n: number, engine: Engine): Promise<void> => {
    say(`${many.length} replies, ${lanes} at once: ${name} …`);
    const began = performance.now();
    const replies = await inLanes(many, lanes, (question) => ask(engine, question, settings));
    report.load.push(loadOf(name, n, lanes, replies, performance.now() - began));
  };
  await under('Mezzotint', 1, direct);
  await under('LiteLLM', 1, proxied.engine);
  await one.end();
  if (backends < 2) return;
  const all = await litellm(served.map(backendOf));
  ends.push(() => all.end());
  const spread = await remote('LiteLLM', all.address, PROXY_KEY);
  await under('LiteLLM', backends, spread.engine);
  say('Killing one backend while replies run …');
  let begun = 0;
  const killed = served.at(-1) as Served;
  const onEvent = (event: { type: string }): void => {
    if (event.type === 'started' && ++begun === lanes) process.kill(killed.pid, 'SIGKILL');
  };
  const asked = (question: string): Promise<Measured> =>
    measure(spread.engine, {
      id: `bench-${++count}`,
      messages: [{ role: 'user', content: question }],
      settings,
      onEvent,
    });
  const during = await inLanes(many, lanes, asked);
  begun = Number.NEGATIVE_INFINITY;
  const after = await inLanes(many, lanes, asked);
  const whole = new Map(pairs.map(({ direct: reply }, i) => [questions[i], reply.text]));
  const beside = (replies: Measured[]): (readonly [Measured, string])[] =>
    replies.map((reply, i) => [reply, whole.get(many[i]) ?? ''] as const);
  report.killed = killedOf(backends, beside(during), beside(after));
}

async function main(): Promise<void> {
  const report: Report = {
    machine: describeMachine(loadBefore),
    prompts: questions.length,
    max_tokens: maxTokens,
    sides: [],
    load: [],
    proxy_cost_ms: null,
    proxy_observed: null,
    killed: null,
    missing: {},
  };
  const local = createLocalEngine({
    spawn: childEngine(existsSync(bundled) ? bundled : path.join(root, 'core', 'engine', 'entry.ts')),
    packDir,
  });
  ends.push(() => local.shutdown());
  const ready = await local.settled();
  if (ready.state !== 'ready') throw new Error(`the engine is ${ready.state}`);
  const settings = greedy(ready.pack.defaults);
  const engines: [string, Engine, GenerationSettings][] = [['this machine', local, settings]];
  if (values.server !== undefined) {
    const key = process.env['MEZZOTINT_SERVER_KEY'];
    const found = await probe({ address: values.server, key, confirmed: false });
    const model = found.models.find(({ id }) => values.model === undefined || id === values.model);
    if (!model) throw new Error(`${found.host} lists no model ${values.model ?? ''}`);
    const server = { name: found.host, addresses: [found.address], model, confirmed: false };
    const dialect =
      (values.dialect as DialectId | undefined) ??
      found.dialect ??
      (await tryReply({ ...server, dialect: null }, key)).dialect;
    const { engine } = await remote(found.host, found.address, key, { ...server, dialect });
    engines.push([`${found.host} (${dialect})`, engine, settings]);
  } else {
    // each in a process of its own: one would find the other's prompts in its cache
    for (const [name, dialect] of [
      ['Mezzotint, states', 'mezzotint'],
      ['Mezzotint, finished text', 'openai-blocks'],
    ] as const) {
      const served = await serve(['--model', packDir]);
      ends.push(() => served.end());
      engines.push([name, await mezzotint(served, dialect), settings]);
    }
  }
  if (values['llama-cpp'])
    try {
      say("Starting llama.cpp's server (compiled once, for many minutes) …");
      const running = await llamaCpp(findGguf(values.gguf, path.join(root, '.cache', 'bench')), ready.threads);
      ends.push(() => running.end());
      engines.push(['llama.cpp, Q4_1', (await remote('llama.cpp', running.address, undefined)).engine, settings]);
    } catch (thrown) {
      report.missing['llama_cpp'] = reason(thrown);
    }
  report.sides = await inTurns(engines);
  if (!values['no-proxy'] && values.server === undefined)
    try {
      await overProxy(report, settings);
    } catch (thrown) {
      report.missing['proxy'] = reason(thrown);
    }
  process.stdout.write(`${values.json ? JSON.stringify(report) : lines(report)}\n`);
}

try {
  await main();
} finally {
  await Promise.allSettled(ends.reverse().map((end) => end()));
}
