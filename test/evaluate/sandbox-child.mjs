/** Inside the sandbox (sandbox.ts): reads a program on stdin, prints what its calls gave. */
import vm from 'node:vm';

let input = '';
process.stdin.setEncoding('utf8');
for await (const text of process.stdin) input += text;
const { code, name, calls } = JSON.parse(input);

// Only strings pass between this realm and the context, whose global has no host object to climb out by.
const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
const run = (source) => vm.runInContext(source, context, { timeout: 1500 });
const results = calls.map(({ args }) => {
  try {
    // The program anew for each call: one call's leftovers do not help the next.
    const value = run(
      `"use strict"; (() => { const console = { log() {}, error() {}, warn() {} }; ${code}\n; return JSON.stringify({ value: (${name})(...${JSON.stringify(args)}) ?? null }); })()`,
    );
    return typeof value === 'string' ? JSON.parse(value) : { error: 'no value' };
  } catch {
    return { error: 'it failed' };
  }
});
process.stdout.write(JSON.stringify(results));
