/** Errors are values with a code a person can act on. */
import * as v from 'valibot';

export const errorCodes = [
  'bad-request', // a message did not fit its channel's schema
  'not-found', // the conversation, message, generation or pack named is not there
  'conflict', // the thing exists or is in a state that forbids the call (e.g. replying while a reply runs)
  'pack-missing', // a pack's folder or one of its files is not there
  'pack-damaged', // a pack's file differs from the hash in its manifest
  'pack-unsupported', // a manifest newer than this app, or a family it has no graph for
  'device-failed', // no execution provider passed the numeric self-test
  'engine-crashed', // the engine process ended by itself
  'engine-not-ready', // no pack is loaded (yet)
  'engine-silent', // the engine process is there and does not answer: restart it, or wait
  'out-of-memory', // the model, or a step of it, needs more memory than could be had
  'prompt-too-long', // the last question alone does not fit the context
  'store-damaged', // the database is not readable
  'store-newer', // the database was written by a newer version of the app
  'store-locked', // another instance holds the data folder
  'store-failed', // disk full, read-only folder and the like
  'file-invalid', // an imported file is not what it should be
  'connection-lost', // the way to the service broke before it answered: the step may have taken effect, and may be tried again
  'internal', // an error nobody foresaw: trying again will not help
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** `message`: what happened and what is safe. `action`: what to do next. `file`: the file concerned, if any. */
export const errorSchema = v.object({
  code: v.picklist(errorCodes),
  message: v.string(),
  action: v.optional(v.string()),
  file: v.optional(v.string()),
});
export type AppError = v.InferOutput<typeof errorSchema>;

export type Result<T> = { ok: true; value: T } | { ok: false; error: AppError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (
  code: ErrorCode,
  message: string,
  extra: { action?: string; file?: string } = {},
): Result<never> => ({
  ok: false,
  error: { code, message, ...extra },
});

/** Thrown inside core where a return value would have to be threaded through many calls; turned into a `Result` at the edge. */
export class MezzotintError extends Error {
  readonly code: ErrorCode;
  readonly action: string | undefined;
  readonly file: string | undefined;
  constructor(code: ErrorCode, message: string, extra: { action?: string; file?: string; cause?: unknown } = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'MezzotintError';
    this.code = code;
    this.action = extra.action;
    this.file = extra.file;
  }
}

/** The other way round: an error that was handed over as a value, to be thrown. `after`: words that follow its message. */
export const thrownOf = ({ code, message, action, file }: AppError, after = ''): MezzotintError =>
  new MezzotintError(code, message + after, {
    ...(action === undefined ? {} : { action }),
    ...(file === undefined ? {} : { file }),
  });

/** Any thrown value as an `AppError`; what is not a `MezzotintError` becomes `internal`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof MezzotintError) {
    const error: AppError = { code: thrown.code, message: thrown.message };
    if (thrown.action !== undefined) error.action = thrown.action;
    if (thrown.file !== undefined) error.file = thrown.file;
    return error;
  }
  return { code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) };
}
