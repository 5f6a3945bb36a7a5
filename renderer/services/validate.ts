/** Checks what the service says against the contract. Pure; both transports use it. */
import * as v from 'valibot';
import { channels, type ChannelName, type Response } from '../../core/contract/index.ts';
import { pushSchema, type Push } from '../../core/contract/push.ts';
import { issuesOf, errorOf, errorSchema, fail, type Result } from '../../core/contract/result.ts';

const failureSchema = v.object({ ok: v.literal(false), error: errorSchema });
const successSchema = v.object({ ok: v.literal(true), value: v.unknown() });

/**
 * A `Result` of the channel's response type, or an `internal` failure when the value is neither.
 * `deep`: check the value against the response schema too (development and tests); the envelope is always checked.
 */
export function readResult<N extends ChannelName>(name: N, value: unknown, deep: boolean): Result<Response<N>> {
  const failure = v.safeParse(failureSchema, value);
  if (failure.success) return failure.output as Result<Response<N>>;
  const success = v.safeParse(successSchema, value);
  if (!success.success) return fail(errorOf('window.no-result', { channel: name }));
  if (!deep) return { ok: true, value: success.output.value as Response<N> };
  const parsed = v.safeParse(channels[name].response as v.GenericSchema<unknown, unknown>, success.output.value);
  if (!parsed.success)
    return fail(errorOf('window.unexpected-shape', { channel: name, reason: issuesOf(parsed.issues) }));
  return { ok: true, value: parsed.output as Response<N> };
}

/** A push, or null when it does not fit the contract (said on the console). */
export function readPush(value: unknown, deep: boolean): Push | null {
  if (!deep) return typeof value === 'object' && value !== null && 'topic' in value ? (value as Push) : null;
  const parsed = v.safeParse(pushSchema, value);
  if (parsed.success) return parsed.output;
  console.error(`A push did not fit the contract: ${v.summarize(parsed.issues).slice(0, 500)}`);
  return null;
}
