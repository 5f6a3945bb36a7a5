/** The process that reads and converts checkpoints: one request each, ended when it is answered, or when nobody wants it. */
import type { SpawnEngine } from '../contract/engine.ts';
import type { ImporterAnswer, ImporterRequest } from '../contract/models.ts';
import { failure, thrownOf } from '../contract/result.ts';

export interface Asked<T> {
  answered: Promise<T>;
  /** Ends the process at once; `answered` resolves to null. */
  cancel(): void;
}
type Last = Exclude<ImporterAnswer, { kind: 'progress' | 'failed' }>;

/** @param onProgress weights done and in all. Rejects with the importer's error, or `out-of-memory` where its process was ended. */
export function askImporter(
  spawn: SpawnEngine,
  request: ImporterRequest,
  onProgress: (done: number, total: number) => void = () => undefined,
): Asked<Last | null> {
  const process = spawn();
  let settle: (last: Last | null) => void = () => undefined;
  const answered = new Promise<Last | null>((resolve, reject) => {
    settle = resolve;
    process.onMessage((message) => {
      if (message.type !== 'importer') return;
      const { answer } = message;
      if (answer.kind === 'progress') return onProgress(answer.done, answer.total);
      if (answer.kind === 'failed') reject(thrownOf(answer.error));
      else resolve(answer);
      process.kill();
    });
    process.onExit(({ code, signal }) =>
      reject(
        failure(
          'library.import-ended',
          { how: signal ?? `code ${code}` },
          { code: signal === 'SIGKILL' || code === 137 ? 'out-of-memory' : 'internal' },
        ),
      ),
    );
    process.send({ type: 'importer', request });
  });
  return {
    answered,
    cancel() {
      settle(null);
      process.kill();
    },
  };
}

/** Questions that nobody waits for once the app closes. */
export class Questions {
  readonly #spawn: SpawnEngine;
  readonly #asked = new Set<Asked<unknown>>();

  constructor(spawn: SpawnEngine) {
    this.#spawn = spawn;
  }
  /** @throws MezzotintError the importer's, or `conflict` where it was ended */
  async ask(request: ImporterRequest): Promise<Last> {
    const asked = askImporter(this.#spawn, request);
    this.#asked.add(asked);
    try {
      const answer = await asked.answered;
      if (answer === null) throw failure('library.check-ended');
      return answer;
    } finally {
      this.#asked.delete(asked);
    }
  }
  close(): void {
    for (const asked of this.#asked) asked.cancel();
  }
}
