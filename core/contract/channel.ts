/** A channel: its name, the request and response schemas. Both sides import the same object; the name is typed once. */
import * as v from 'valibot';

export type Schema = v.GenericSchema<any, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- valibot's own way to say "any schema"; values stay inferred

export interface Channel<Name extends string, Req extends Schema, Res extends Schema> {
  readonly name: Name;
  readonly request: Req;
  readonly response: Res;
}
export const channel = <Name extends string, Req extends Schema, Res extends Schema>(
  name: Name,
  request: Req,
  response: Res,
): Channel<Name, Req, Res> => ({ name, request, response });

export type RequestOf<C> = C extends Channel<string, infer Req, Schema> ? v.InferOutput<Req> : never;
export type ResponseOf<C> = C extends Channel<string, Schema, infer Res> ? v.InferOutput<Res> : never;

export const nothing = v.strictObject({});
export const idSchema = v.pipe(v.string(), v.regex(/^[0-9a-zA-Z_-]{1,64}$/));
export const timeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0)); // milliseconds since 1970
