/** `npm run -s parity -- DIR… [--bits 4|8] [--json] [--shipped]`: a line for each comparison; exit code 0 only if all hold. */
import path from 'node:path';
import { parseArgs } from 'node:util';

// ONNX Runtime reads this when its module loads, which is why the comparison is imported after it.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    options: { bits: { type: 'string' }, json: { type: 'boolean' }, shipped: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (positionals.length === 0 || (values.bits !== undefined && values.bits !== '4' && values.bits !== '8')) {
    console.error(
      'Usage: npm run -s parity -- DIR… [--bits 4|8] [--json] [--shipped]\nDIR: a checkpoint with golden.json and golden-logits.safetensors, as in test/fixtures/goldens. Without --bits, both.\n--shipped: what int8 activations do, told beside; nothing depends on it.',
    );
    return 2;
  }
  const { parity } = await import('./parity.ts');
  const widths: (4 | 8)[] = values.bits === undefined ? [8, 4] : [values.bits === '4' ? 4 : 8];
  const results = [];
  for (const bits of widths) {
    for (const dir of positionals) {
      const result = await parity(
        path.resolve(process.env['INIT_CWD'] ?? process.cwd(), dir),
        bits,
        values.shipped ?? false,
      );
      results.push(result);
      if (values.json) continue;
      const name = `${result.folder} (${bits} bits)`;
      if (result.error !== null) console.log(`FAILS  ${name}: ${result.error}`);
      else
        console.log(
          `${result.logitsHold ? 'holds' : 'FAILS'}  ${name}: ${result.rows} rows, logits off by ${result.logits.toExponential(1)} of ${result.tolerance.toExponential(1)}`,
        );
      if (result.shipped)
        console.log(
          `         with int8 activations: likeliest ids agree in ${(100 * result.shipped.argmax).toFixed(0)} % of the rows, ${result.shipped.traces} of ${result.traces.length} traces are the same`,
        );
      for (const trace of result.traces) {
        const forwards =
          trace.forwards === trace.expectedForwards
            ? `${trace.forwards} forwards`
            : `${trace.forwards} forwards, ${trace.expectedForwards} there`;
        console.log(
          `${trace.holds ? 'holds' : 'FAILS'}    ${trace.sampler} ${JSON.stringify(trace.args)}, prompt of ${trace.prompt}: ${trace.differs === null ? 'tokens equal' : `tokens differ: ${trace.differs}`}, ${forwards}`,
        );
      }
    }
  }
  const holds = results.every((result) => result.holds);
  const traces = results.flatMap((result) => result.traces);
  if (values.json) console.log(JSON.stringify({ holds, results }));
  else
    console.log(
      `${holds ? 'All hold' : 'Not all hold'}: ${results.filter((r) => r.logitsHold).length} of ${results.length} sets of logits, ${traces.filter((t) => t.holds).length} of ${traces.length} traces.`,
    );
  return holds ? 0 : 1;
}

process.exitCode = await main();
