/**
 * `npm run fuzz -- [--count N] [--seed N] [--json]`: inputs to every channel and every import format; a fifth are files.
 * Ends with 1 where something was found. A finding names its seed and number; the same seed and count give the same inputs.
 */
import { parseArgs } from 'node:util';
import { fuzzImports } from './imports.ts';
import { fuzzRequests } from './requests.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!Number.isInteger(count) || count < 5 || !Number.isInteger(seed))
  throw new Error('--count (5 or more) and --seed need whole numbers.');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const files = Math.round(count / 5);
const requests = await fuzzRequests({ seed, count: count - files, say });
const imports = await fuzzImports({ seed, count: files, say });
const findings = [...requests.findings, ...imports.findings];
for (const finding of findings)
  say(`\n${finding.channel} (seed ${finding.seed}, number ${finding.number}): ${finding.what}\n${finding.payload}`);
const report = {
  inputs: requests.inputs + imports.inputs,
  requests: requests.inputs,
  files: imports.inputs,
  served: requests.served,
  imported: imports.read,
  conversations_imported: imports.conversations,
  slowest_ms: { request: requests.slowest, file: imports.slowest },
  seed,
  findings: findings.length,
};
console.log(
  values.json
    ? JSON.stringify(report)
    : `${report.inputs} inputs (${report.requests} requests, ${report.files} files), ${findings.length} findings; the slowest request took ${requests.slowest.ms} ms (${requests.slowest.channel}), the slowest file ${imports.slowest.ms} ms (${imports.slowest.format})`,
);
process.exitCode = findings.length > 0 ? 1 : 0;
