/** Errors are an id with parameters; `failure` makes one. How to add one is said in table/index.ts. */
import type { ErrorCode } from './codes.ts';
import type { ParamsOf } from './kinds.ts';
import { sayId } from './say.ts';
import type { AppError, ParamValue } from './schema.ts';
import { errorTable, type ErrorId, type Errors } from './table/index.ts';

interface Extra {
  /** the file concerned */
  file?: string | undefined;
  /** the code of the error that led to this one, where programs should see that */
  code?: ErrorCode | undefined;
}
/** An error without parameters may be made from its id alone. */
type Args<Id extends ErrorId, More> = keyof ParamsOf<Errors[Id]> extends never
  ? [params?: Record<never, never>, extra?: More]
  : [params: ParamsOf<Errors[Id]>, extra?: More];

interface ErrorExtra extends Extra {
  action?: string | undefined;
  id?: string | undefined;
  params?: Record<string, ParamValue> | undefined;
  cause?: unknown;
}
/** Thrown inside core where a return value would have to be threaded through many calls; turned into a `Result` at the edge. Made by `failure`. */
export class MezzotintError extends Error {
  readonly code: ErrorCode;
  readonly action: string | undefined;
  readonly file: string | undefined;
  readonly id: string | undefined;
  readonly params: Record<string, ParamValue> | undefined;
  constructor(code: ErrorCode, message: string, extra: ErrorExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'MezzotintError';
    this.code = code;
    this.action = extra.action;
    this.file = extra.file;
    this.id = extra.id;
    this.params = extra.params;
  }
}

/** An error as a value. */
export function errorOf<Id extends ErrorId>(id: Id, ...[params, extra]: Args<Id, Extra>): AppError {
  const given: Record<string, ParamValue> = { ...params };
  const error: AppError = {
    code: extra?.code ?? errorTable[id][0],
    message: id,
    ...sayId(id, given, 'en'),
    id,
  };
  if (Object.keys(given).length > 0) error.params = given;
  if (extra?.file !== undefined) error.file = extra.file;
  return error;
}

/** An error that was handed over as a value, to be thrown. */
export const thrownOf = ({ code, message, ...rest }: AppError, cause?: unknown): MezzotintError =>
  new MezzotintError(code, message, { ...rest, cause });

/** An error to be thrown. */
export const failure = <Id extends ErrorId>(
  id: Id,
  ...[params, extra]: Args<Id, Extra & { cause?: unknown }>
): MezzotintError => thrownOf(errorOf<ErrorId>(id, params as never, extra as never), extra?.cause);

/** Any thrown value as an `AppError`; what nobody foresaw becomes `internal`. */
export function toAppError(thrown: unknown): AppError {
  if (!(thrown instanceof MezzotintError)) return errorOf('internal.unforeseen', { reason: reasonOf(thrown) });
  const { code, message, action, file, id, params } = thrown;
  return {
    code,
    message,
    ...(action === undefined ? {} : { action }),
    ...(file === undefined ? {} : { file }),
    ...(id === undefined ? {} : { id }),
    ...(params === undefined ? {} : { params }),
  };
}

/** What a system or a library said, to be shown within a sentence: one line without a full stop, at most 300 characters. */
export const reasonOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]?.slice(0, 300).replace(/\.$/, '') ?? '';
