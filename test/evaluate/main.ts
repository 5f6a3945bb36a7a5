/** `npm run evaluate`: how good and how fast each setting of a pack is, by task, through the app's own engine. README.md says how. */
import { modesOf } from '../../core/contract/samplers.ts';
import { flatOf, settingsWith } from '../fixtures/settings.ts';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate } from './calibration.ts';
import { qualityDocument, suggestion } from './document.ts';
import { EngineWriter } from './engine.ts';
import { Judge } from './likelihood.ts';
import { outOf } from './out.ts';
import { lengthPlot, speedPlot, taskPlot } from './plots.ts';
import { prompts, stratified } from './prompts/index.ts';
import { TASKS } from './prompts/types.ts';
import { cachedRuns, fastest, scoreAll, summarize, type Report } from './report.ts';
import { runAll } from './runner.ts';
import { findPython } from './sandbox.ts';
import { chosenSettings, quickSettings, type Sampling } from './settings.ts';
import { ReplyStore } from './store.ts';

const root = path.join(import.meta.dirname, '../..');
const QUICK_EACH = 5;
const CALIBRATION_EACH = 3;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const loadBefore = Math.round((os.loadavg()[0] ?? 0) * 10) / 10;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
      tasks: { type: 'string' },
      settings: { type: 'string' },
      limit: { type: 'string' },
      pack: { type: 'string' },
      sampling: { type: 'string' },
      out: { type: 'string' },
      calibration: { type: 'boolean' },
    },
  });
  const from = process.env['INIT_CWD'] ?? process.cwd(); // paths on the command line mean the folder the person is in
  const list = (given: string | undefined): string[] | null => given?.split(',').map((part) => part.trim()) ?? null;
  const tasks = list(values.tasks);
  const strange = tasks?.filter((task) => !TASKS.some((known) => known === task)) ?? [];
  if (strange.length > 0) throw new Error(`there is no task ${strange.join(', ')}; there are ${TASKS.join(', ')}`);
  const each = values.limit === undefined ? (values.quick ? QUICK_EACH : null) : Number(values.limit);
  if (each !== null && !(Number.isInteger(each) && each > 0))
    throw new Error(`--limit needs a number of prompts a task, not ${values.limit}`);
  const sampling = (values.sampling ?? 'greedy') as Sampling;
  if (sampling !== 'greedy' && sampling !== 'pack')
    throw new Error(`--sampling is greedy or pack, not ${values.sampling}`);
  const settings = chosenSettings(list(values.settings) ?? (values.quick ? quickSettings : null));
  const ofTasks = prompts.filter((prompt) => tasks === null || tasks.includes(prompt.task));
  const chosen = each === null ? ofTasks : stratified(ofTasks, each);
  const packDir =
    values.pack === undefined
      ? path.resolve(process.env['MEZZOTINT_PACK'] ?? path.join(root, 'models', 'smollm2-135m-instruct'))
      : path.resolve(from, values.pack);
  const out = outOf(values, { from, docs: path.join(root, 'docs') });

  const entry = path.join(root, 'dist', 'engine.cjs');
  if (!existsSync(entry)) throw new Error('the engine is not built: start this as npm run evaluate');
  if (values.calibration)
    return calibrate({
      entry,
      packDir,
      prompts: each === null ? stratified(ofTasks, CALIBRATION_EACH) : chosen,
      out: values.out !== undefined ? path.resolve(from, values.out) : (out ?? path.join(root, '.cache', 'evaluate')),
      say,
    });
  const missing: Report['missing'] = {};
  if (findPython() === null && chosen.some(({ check }) => check.kind === 'code' && check.language === 'python'))
    missing['code in Python'] = 'no Python 3.8 or newer was found';

  const writer = new EngineWriter(entry, packDir);
  try {
    const { pack, threads } = await writer.ready();
    const able = settings.filter(({ changes }) => modesOf(pack.samplers).includes(changes.mode));
    if (!able.some(({ name }) => name === 'ar'))
      throw new Error('this pack has no causal head: there is nothing to compare with');
    const judge = await Judge.open(packDir);
    say(`${chosen.length} prompts × ${able.length} settings`);
    const began = performance.now();
    await writer.reply(
      [{ role: 'user', content: 'Hello!' }],
      settingsWith(pack.defaults, { mode: 'ar', maxTokens: 16, seed: 0 }),
    ); // first shapes are slow
    const { finished, written } = await runAll({
      prompts: chosen,
      settings: able,
      sampling,
      defaults: pack.defaults,
      versions: { pack: pack.hash, engine: createHash('sha256').update(readFileSync(entry)).digest('hex') },
      store: new ReplyStore(path.join(root, '.cache', 'evaluate', 'replies.jsonl')),
      writer,
      judge,
      progress: (done, count) => {
        if (done % 5 === 0 || done === chosen.length)
          say(
            `${done} of ${chosen.length} prompts, ${count} replies written, ${Math.round((performance.now() - began) / 1000)} s`,
          );
      },
    });
    await judge.close();
    await writer.close();
    say('Scoring …');
    const { mode, threshold, blockLength } = flatOf(pack.defaults);
    const report: Report = {
      settings: summarize(
        await scoreAll(finished, cachedRuns()),
        able.map(({ name }) => name),
      ),
      prompts: chosen.length,
      prompts_known: prompts.length,
      sampling,
      default_setting: mode === 'fast' ? `fast-${threshold}x${blockLength}` : mode,
      pack: {
        name: pack.name,
        hash: pack.hash,
        adapter: pack.adapter ? `${pack.adapter.name} ${pack.adapter.version}` : null,
      },
      machine: {
        cpu: os.cpus()[0]?.model ?? 'unknown',
        cores: os.cpus().length,
        threads,
        load_before: loadBefore,
        platform: `${process.platform}-${process.arch}`,
        node: process.version,
      },
      written,
      missing,
    };
    if (out !== null) {
      mkdirSync(out, { recursive: true });
      const shown = [
        'ar',
        'exact',
        report.default_setting,
        fastest(report, (name) => name.startsWith('fast-') && name !== report.default_setting)?.name ?? 'ar',
      ];
      writeFileSync(path.join(out, 'quality-speed.svg'), speedPlot(report));
      writeFileSync(path.join(out, 'quality-tasks.svg'), taskPlot(report, shown));
      writeFileSync(path.join(out, 'quality-lengths.svg'), lengthPlot(report));
      writeFileSync(path.join(out, 'quality.md'), qualityDocument(report));
      say(`Written: ${path.relative(from, path.join(out, 'quality.md')) || out}`);
    }
    const line = ({ name, all }: Report['settings'][number]): string =>
      `${name.padEnd(13)} score ${(all.score?.mean ?? NaN).toFixed(3)} (${(all.score?.low ?? NaN).toFixed(2)}–${(all.score?.high ?? NaN).toFixed(2)})  speed ${(all.speed_to_ar ?? NaN).toFixed(2)}  tokens/forward ${(all.tpf ?? NaN).toFixed(2)}  ended ${Math.round((all.ended_by_itself ?? 0) * 100)} %`;
    process.stdout.write(
      values.json
        ? `${JSON.stringify(report)}\n`
        : `${report.settings.map(line).join('\n')}\n\n${suggestion(report)}\n`,
    );
  } finally {
    await writer.close();
  }
}

main().catch((thrown: unknown) => {
  console.error(`The evaluation could not run: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exit(1);
});
