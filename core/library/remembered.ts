/** Which model a person chose to answer, in `library.json` of the notes: also after the next start. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { modelIdSchema } from '../contract/models.ts';
import { failure } from '../contract/result.ts';
import { writeWhole } from './place.ts';

const schema = v.object({ version: v.literal(1), current: v.nullable(modelIdSchema) });

export class Remembered {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = path.join(folder, 'library.json');
  }
  /** null: the built-in one. */
  get id(): string | null {
    try {
      return v.parse(schema, JSON.parse(readFileSync(this.#file, 'utf8'))).current;
    } catch {
      return null; // nothing was ever chosen
    }
  }
  /** @throws MezzotintError `store-failed` */
  set(current: string | null): void {
    if (this.id === current) return;
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      writeWhole(this.#file, { version: 1, current });
    } catch (cause) {
      throw failure('library.choice-not-stored', {}, { file: this.#file, cause });
    }
  }
}
