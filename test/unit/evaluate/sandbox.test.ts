import { existsSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython, runProgram } from '../../evaluate/sandbox.ts';

const mark = path.join(os.tmpdir(), `mezzotint-escaped-${process.pid}`);
const js = (code: string, args: unknown[] = [2]) =>
  runProgram({ language: 'javascript', code, name: 'f', calls: [{ args }] }).then((r) => r?.[0]);
const py = (code: string, args: unknown[] = [2]) =>
  runProgram({ language: 'python', code, name: 'f', calls: [{ args }] }).then((r) => r?.[0]);
const failed = { error: expect.any(String) as string };

let server: http.Server;
let visits = 0;
let port = 0;
beforeAll(async () => {
  server = http.createServer((_, response) => {
    visits += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  rmSync(mark, { force: true });
});

describe('JavaScript that the model wrote', () => {
  it('gives its values, each call anew', async () => {
    const results = await runProgram({
      language: 'javascript',
      code: 'let n = 0; const f = (x) => { n++; console.log(x); return [x * 2, n]; };',
      name: 'f',
      calls: [{ args: [2] }, { args: [3] }],
    });
    expect(results).toEqual([{ value: [4, 1] }, { value: [6, 1] }]);
  });
  it('that is wrong fails, and an endless one ends', async () => {
    expect(await js('function g() {}')).toEqual(failed);
    expect(await js('function f( {')).toEqual(failed);
    const began = performance.now();
    expect(await js('function f() { for (;;); }')).toEqual(failed);
    expect(performance.now() - began).toBeLessThan(8000);
  });
  it('sees neither Node nor the network, and cannot climb out', async () => {
    expect(
      await js('const f = () => [typeof process, typeof require, typeof fetch, typeof globalThis.constructor]'),
    ).toMatchObject({ value: ['undefined', 'undefined', 'undefined', expect.anything()] });
    expect(await js("const f = () => this.constructor.constructor('return process')().pid")).toEqual(failed);
    expect(await js("const f = () => (() => {}).constructor('return 1')()")).toEqual(failed);
    expect(
      await js(
        `const f = () => { let e; try { null.x } catch (x) { e = x } return e.constructor.constructor("return process")().mainModule }`,
      ),
    ).toEqual(failed);
    await js(
      `const f = () => { import('node:fs').then((fs) => fs.writeFileSync(${JSON.stringify(mark)}, '')); return 1 }`,
    );
    await js(
      `const f = () => { import('node:http').catch((e) => e.constructor.constructor('return process')().getBuiltinModule('http').get('http://127.0.0.1:${port}')); return 1 }`,
    );
    expect(existsSync(mark)).toBe(false);
    expect(visits).toBe(0);
  });
  it('that eats memory or says too much ends without a value', async () => {
    expect(await js('function f() { const a = []; for (;;) a.push(new Array(1e5).fill(1)); }')).toEqual(failed);
    expect(await js("const f = () => 'x'.repeat(1e6)")).toEqual(failed);
  });
});

describe.skipIf(findPython() === null)('Python that the model wrote', () => {
  it('gives its values, with modules of plain computing', async () => {
    expect(
      await py(
        'import math\nfrom collections import Counter\ndef f(x):\n    print(x)\n    return [math.sqrt(x * 2), Counter("aab")["a"]]',
      ),
    ).toEqual({ value: [2, 2] });
  });
  it('that is wrong fails, and an endless one ends', async () => {
    expect(await py('def f(x)\n  return')).toEqual(failed);
    const began = performance.now();
    expect(await py('def f(x):\n    while True: pass')).toEqual(failed);
    expect(performance.now() - began).toBeLessThan(8000);
  });
  it.each([
    ['open', `def f(x):\n    open(${JSON.stringify(mark)}, "w")`],
    ['import os', 'import os\ndef f(x):\n    return os.getcwd()'],
    ['a way through a module', `import random\ndef f(x):\n    random._os.mkdir(${JSON.stringify(mark)})\n    return 1`],
    ['a process', 'import random\ndef f(x):\n    return random._os.system("true")'],
    [
      'a way through subclasses',
      'def f(x):\n    return [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == "FileIO"][0]("/etc/hostname").read().decode()',
    ],
  ])('is refused %s', async (_, code) => {
    expect(await py(code)).toEqual(failed);
    expect(existsSync(mark)).toBe(false);
  });
  it('that eats memory ends without a value', async () => {
    expect(await py('def f(x):\n    return len([0] * (1 << 30))')).toEqual(failed);
  });
});
