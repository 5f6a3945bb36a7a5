/** Whole imports, with the real graph and ONNX Runtime: what a folder holds afterwards, also after a refusal or a kill. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importPack } from '../../core/engine/import.ts';
import { openPack, readManifest } from '../../core/engine/pack.ts';
import { TRUST_FILE } from '../../core/engine/trust.ts';
import { changed, goldens } from '../fixtures/checkpoints/folder.ts';
import { tinyGguf, writeGguf } from '../fixtures/checkpoints/gguf.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-import-'));
afterAll(() => rmSync(home, { recursive: true }));
let made = 0;
const place = (): string => join(home, `pack-${made++}`);
const tiny = (architecture = 'llama'): string => {
  const { metadata, tensors } = tinyGguf(architecture);
  const file = join(home, `tiny-${made++}.gguf`);
  writeGguf(file, metadata, tensors);
  return file;
};

describe('an import', () => {
  test('of a GGUF gives a pack that opens, with every file under its hash and nothing beside it', async () => {
    const out = place();
    const manifest = await importPack(tiny(), { out });
    const pack = await openPack(out, true);
    expect(pack.manifest).toEqual(manifest);
    expect(
      readdirSync(out)
        .filter((name) => name !== 'manifest.json' && name !== TRUST_FILE)
        .sort(),
    ).toEqual(Object.keys(manifest.files).sort());
    expect(readdirSync(home)).not.toContain(`${out}.partial`);
    expect(pack.info).toMatchObject({ family: 'llama', defaults: { sampler: { id: 'autoregressive' } } });
    expect(pack.info.samplers.map(({ id }) => id)).toEqual(['speculative', 'autoregressive']);
  });
  test('that is refused leaves what was there, and nothing else', async () => {
    const out = place();
    await importPack(tiny(), { out });
    const before = readFileSync(join(out, 'manifest.json'), 'utf8');
    const broken = changed(home, 'sdar', { tensors: (all) => void all.delete('model.norm.weight') });
    const names = readdirSync(home).sort();
    await expect(importPack(broken, { out })).rejects.toThrow('model.norm.weight');
    expect(readFileSync(join(out, 'manifest.json'), 'utf8')).toBe(before);
    expect(readdirSync(home).sort()).toEqual(names);
  });
  test('takes the place of an older pack, never of a folder with other files', async () => {
    const out = place();
    await importPack(tiny(), { out });
    await importPack(join(goldens, 'nemotron'), { out, accuracyLevel: 0 });
    expect(readManifest(out).manifest.family).toBe('nemotron-labs-diffusion');
    const other = place();
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.txt'), 'years of work');
    await expect(importPack(tiny(), { out: other })).rejects.toThrow('holds other files');
    expect(readdirSync(other)).toEqual(['thesis.txt']);
  });
  test('that is killed leaves nothing at its place, and runs again over what it left beside', async () => {
    const out = place();
    const code = `process.env.ORT_DISABLE_TELEMETRY = '1'; const { importPack } = await import(${JSON.stringify(join(import.meta.dirname, '../../core/engine/import.ts'))}); await importPack(process.argv[1], { out: process.argv[2], onProgress: (done) => { console.log('at', done); if (done > 20000) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000); } });`;
    const kill = async (signal: NodeJS.Signals): Promise<void> => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code, join(goldens, 'sdar'), out], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise<void>((resolve) =>
        child.stdout.on('data', (text: Buffer) => /at (\d{5,})/.test(text.toString()) && resolve()),
      );
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill(signal);
      await gone;
    };
    await kill('SIGKILL');
    expect(existsSync(out)).toBe(false);
    expect(existsSync(`${out}.partial`)).toBe(true);
    await importPack(join(goldens, 'sdar'), { out, accuracyLevel: 0 });
    expect(existsSync(`${out}.partial`)).toBe(false);
    expect(readManifest(out).manifest.family).toBe('sdar');
  });
  test('that is told to end takes its half pack with it', async () => {
    const out = place();
    const code = `process.env.ORT_DISABLE_TELEMETRY = '1'; const { importPack } = await import(${JSON.stringify(join(import.meta.dirname, '../../core/engine/import.ts'))}); await importPack(process.argv[1], { out: process.argv[2], onProgress: (done) => { if (done > 20000) process.kill(process.pid, 'SIGTERM'); } });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, join(goldens, 'sdar'), out], {
      stdio: 'ignore',
    });
    const signal = await new Promise((resolve) => child.on('exit', (_, by) => resolve(by)));
    expect(signal).toBe('SIGTERM');
    expect([existsSync(out), existsSync(`${out}.partial`)]).toEqual([false, false]);
  });
});

describe('a pack', () => {
  const fresh = async (): Promise<string> => {
    const out = place();
    await importPack(tiny(), { out });
    return out;
  };
  /** Flips a byte; the time of change stays when `hidden`. */
  const flip = (file: string, hidden: boolean): void => {
    const { atime, mtime } = statSync(file);
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] as number) ^ 1;
    writeFileSync(file, bytes);
    if (hidden) utimesSync(file, atime, mtime);
    else utimesSync(file, atime, new Date(mtime.getTime() + 5000));
  };

  test('is compared with its hashes where something changed, and wholly on demand; else size and time are trusted', async () => {
    const out = await fresh();
    utimesSync(join(out, 'weights-00.bin'), new Date(1e12), new Date(1e12));
    await openPack(out); // compared, and noted
    flip(join(out, 'weights-00.bin'), true);
    await openPack(out);
    await expect(openPack(out, true)).rejects.toMatchObject({
      code: 'pack-damaged',
      message: expect.stringContaining('weights-00.bin') as string,
    });
    flip(join(out, 'weights-00.bin'), true);
    flip(join(out, 'model.onnx'), false);
    await expect(openPack(out)).rejects.toMatchObject({
      code: 'pack-damaged',
      message: expect.stringContaining('model.onnx') as string,
    });
  });
  test('is refused where its manifest names a file outside its folder, or one without a hash', async () => {
    const out = await fresh();
    const file = join(out, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
      tensors: Record<string, { file: string }>;
      files: Record<string, unknown>;
      graph: { file: string };
    };
    const first = Object.values(manifest.tensors)[0] as { file: string };
    const name = first.file;
    for (const outside of ['../weights-00.bin', '/etc/passwd', 'a\\b.bin', 'sub/weights.bin']) {
      first.file = outside;
      writeFileSync(file, JSON.stringify(manifest));
      await expect(openPack(out), outside).rejects.toMatchObject({ code: 'pack-damaged' });
    }
    first.file = name;
    delete manifest.files[manifest.graph.file];
    writeFileSync(file, JSON.stringify(manifest));
    await expect(openPack(out)).rejects.toMatchObject({
      code: 'pack-damaged',
      message: expect.stringContaining('model.onnx') as string,
    });
  });
  test('is refused where a file of it is a link out of its folder', async () => {
    const out = await fresh();
    const elsewhere = join(home, `elsewhere-${made++}.bin`);
    writeFileSync(elsewhere, readFileSync(join(out, 'weights-00.bin')));
    rmSync(join(out, 'weights-00.bin'));
    symlinkSync(elsewhere, join(out, 'weights-00.bin'));
    await expect(openPack(out)).rejects.toMatchObject({
      code: 'pack-damaged',
      message: expect.stringContaining('link') as string,
    });
  });
});
