/** `models fit`: which models of the catalogue suit this machine. It connects to nothing. */
import { totalmem } from 'node:os';
import path from 'node:path';
import { failure } from '../../contract/result.ts';
import { bitsFor } from '../../checkpoints/index.ts';
import {
  byFit,
  catalogue,
  catalogueEntry,
  fitOf,
  packFor,
  Speeds,
  type CatalogueEntry,
  type Fit,
} from '../../hub/index.ts';
import { defineCommand, UsageError, CANCELLED } from '../command.ts';
import { dataOption } from '../data.ts';
import { bytesText, columns } from '../figures.ts';
import { homeOf } from '../library.ts';

const words = { good: 'runs well', slow: 'runs slowly', 'too-large': 'does not fit' } as const;

async function measure(entry: CatalogueEntry, bits: 4 | 8): Promise<number> {
  // ONNX Runtime reads this when its module loads, which is why the probe is imported after it
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { forecast } = await import('../forecast.ts');
  if (!entry.shape) throw new RangeError(`${entry.id} has no shape`);
  const { experts, windows, ...shape } = entry.shape;
  const { tokensPerSecond } = await forecast({
    ...shape,
    ...(experts ? { experts } : {}),
    ...(windows ? { windows } : {}),
    family: entry.family,
    bitsOf: bitsFor(bits, false),
    blockLength: entry.settings.blockLength ?? 32,
  });
  return tokensPerSecond;
}

function shown({ entry, pack, tokensPerSecond, grade }: Fit): string[] {
  return [
    entry.id,
    grade === null ? (pack ? 'not measured' : 'not known') : words[grade],
    tokensPerSecond === null ? '' : `${tokensPerSecond.toFixed(tokensPerSecond < 10 ? 1 : 0)} tokens/s or more`,
    pack ? `${bytesText(pack.memory)} of memory in ${pack.bits} bits` : 'its config tells, when it is fetched',
  ];
}

export const modelsFit = defineCommand({
  name: 'models fit',
  takes: '[ID|ORG/NAME …]',
  summary: 'Say which models suit this machine: their memory, and a forecast of their speed.',
  about:
    'A few layers of each shape are run without contents; the figure is for one token a step, the slowest way. It is kept for next time. No connection is opened.',
  options: {
    bits: { kind: 'text', value: '4|8', help: 'bits of a weight (default: as an import would choose)' },
    'no-speed': { kind: 'flag', help: 'do not measure; show what was measured before' },
    json: { kind: 'flag', help: 'print JSON instead' },
    data: dataOption,
  },
  async run({ values, positionals }, { stdout, stderr, signal }) {
    if (values.bits !== undefined && values.bits !== '4' && values.bits !== '8')
      throw new UsageError(`--bits is 4 or 8, not ${values.bits}.`);
    const bits = values.bits === undefined ? undefined : values.bits === '4' ? 4 : 8;
    const entries = positionals.map((name) => {
      const entry = catalogueEntry(name);
      if (entry) return entry;
      throw failure('cli.not-in-catalogue', { model: name });
    });
    const memory = totalmem();
    const speeds = new Speeds(path.join(homeOf(values.data), 'models'));
    const fits: Fit[] = [];
    for (const entry of entries.length > 0 ? entries : catalogue) {
      if (signal.aborted) return CANCELLED;
      const pack = packFor(entry, memory, bits);
      let speed = pack ? speeds.get(entry, pack.bits) : null;
      if (pack && speed === null && !values['no-speed'] && pack.memory <= memory) {
        stderr.write(`Measuring ${entry.name} …\n`);
        speed = speeds.set(entry, pack.bits, await measure(entry, pack.bits));
      }
      fits.push(fitOf(entry, memory, speed, pack));
    }
    const sorted = byFit(fits);
    stdout.write(
      values.json
        ? `${JSON.stringify(sorted.map(({ entry, ...fit }) => ({ id: entry.id, repository: entry.repository, machineMemory: memory, ...fit })))}\n`
        : `${columns(sorted.map(shown))}\n`,
    );
    return 0;
  },
});
