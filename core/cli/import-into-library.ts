/** An import into the library, as the window's makes it, waited for. */
import type { ImportChoice, ImportJob } from '../contract/models.ts';
import { failure, thrownOf } from '../contract/result.ts';
import type { Library } from '../library/index.ts';
import { openLibrary } from './library.ts';

export interface LibraryImport {
  /** `--data`, as it was typed. */
  data: string | undefined;
  choice: ImportChoice;
  /** Weights done and in all. */
  onProgress: (done: number, total: number) => void;
  /** Ends it, and nothing is left of it. */
  signal: AbortSignal;
}

/** @throws MezzotintError for what the preflight refuses, or the import's own */
export async function importIntoLibrary({
  data,
  choice,
  onProgress,
  signal,
}: LibraryImport): Promise<{ id: string; name: string; folder: string }> {
  let library: Library | undefined;
  const ended = new Promise<Extract<ImportJob, { stage: 'done' }>>((resolve, reject) => {
    library = openLibrary({
      data,
      onChange({ job }) {
        if (job === null) reject(failure('cli.import-ended'));
        else if (job.stage === 'converting') onProgress(job.done, job.total);
        else if (job.stage === 'done') resolve(job);
        else if (job.stage === 'failed') reject(thrownOf(job.error));
      },
    });
  });
  const stop = (): void => library?.close();
  signal.addEventListener('abort', stop);
  try {
    // a refusal comes by the first, an end by the second
    const [, job] = await Promise.all([library?.import(choice), ended]);
    return { id: job.id, name: job.name, folder: library?.folder ?? '' };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
