/** An error as it crosses between processes, lies in the database and is read by programs. */
import * as v from 'valibot';
import { errorCodes, type ErrorCode } from './codes.ts';

/** A value that an error's words show. An error within an error is what led to it, or a part of what is said. */
export type ParamValue = string | number | readonly string[] | AppError | readonly AppError[];

/**
 * `message`: what happened and what is safe, in English. `action`: what to do next. `file`: the file concerned, if any.
 * `id` and `params` say the same for words in any language; errors of older versions have neither.
 */
export interface AppError {
  code: ErrorCode;
  message: string;
  action?: string | undefined;
  file?: string | undefined;
  id?: string | undefined;
  params?: Record<string, ParamValue> | undefined;
}
const paramSchema: v.GenericSchema<ParamValue> = v.union([
  v.string(),
  v.number(),
  v.array(v.string()),
  v.lazy(() => errorSchema),
  v.array(v.lazy(() => errorSchema)),
]);
export const errorSchema: v.GenericSchema<AppError> = v.object({
  code: v.picklist(errorCodes),
  message: v.string(),
  action: v.optional(v.string()),
  file: v.optional(v.string()),
  id: v.optional(v.string()),
  params: v.optional(v.record(v.string(), paramSchema)),
});
