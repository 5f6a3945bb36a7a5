/** An answer is a value or an error that a person can act on. */
import type { AppError } from './errors/schema.ts';

export { errorCodes, type ErrorCode } from './errors/codes.ts';
export { errorSchema, type AppError } from './errors/schema.ts';
export { issuesOf } from './errors/issues.ts';
export { errorOf, failure, MezzotintError, reasonOf, thrownOf, toAppError } from './errors/index.ts';

export type Result<T> = { ok: true; value: T } | { ok: false; error: AppError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (error: AppError): Result<never> => ({ ok: false, error });
