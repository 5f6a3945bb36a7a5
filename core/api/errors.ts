/** Errors of the HTTP API: a status, and the envelope `{error: {message, type, param, code}}` that OpenAI's clients read. */
import { toAppError, type AppError } from '../contract/result.ts';

export interface ErrorFields {
  status: number;
  /** What went wrong and what to do, in English: it is read by programs and in their logs. */
  message: string;
  code: string | null;
  /** The field of the request that it is about, as a path: `messages.0.content`. */
  param?: string | null;
  /** Seconds after which another try may succeed. */
  retryAfter?: number;
  headers?: Record<string, string>;
}
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  readonly retryAfter: number | undefined;
  readonly headers: Record<string, string>;
  constructor({ status, message, code, param = null, retryAfter, headers = {} }: ErrorFields) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfter = retryAfter;
    this.headers = headers;
  }
}

const typeOf = (status: number): string =>
  status === 401
    ? 'authentication_error'
    : status === 403
      ? 'permission_error'
      : status === 503
        ? 'unavailable_error'
        : status >= 500
          ? 'server_error'
          : 'invalid_request_error';

export const envelope = ({ status, message, code, param }: ApiError): { error: Record<string, unknown> } => ({
  error: { message, type: typeOf(status), param, code },
});

export const badRequest = (message: string, param: string | null, code = 'invalid_value'): ApiError =>
  new ApiError({ status: 400, message, code, param });
/** A field that this server knows and can't do: it is refused, as leaving it out would change the answer. */
export const unsupported = (param: string, why: string): ApiError => badRequest(why, param, 'unsupported_parameter');

const statuses: Partial<Record<AppError['code'], number>> = {
  'bad-request': 400,
  'prompt-too-long': 400,
  'not-found': 404,
  'engine-not-ready': 503,
  'engine-silent': 503,
  'engine-crashed': 503,
  'pack-missing': 503,
  'pack-damaged': 503,
  'out-of-memory': 503,
};
/** Any thrown value, as an answer. */
export function apiErrorOf(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return apiErrorFrom(toAppError(thrown));
}
export function apiErrorFrom(error: AppError): ApiError {
  const status = statuses[error.code] ?? 500;
  return new ApiError({
    status,
    message: [error.message, error.action].filter(Boolean).join(' '),
    code: error.code === 'prompt-too-long' ? 'context_length_exceeded' : error.code,
    ...(status === 503 ? { retryAfter: 5 } : {}),
  });
}
