/** Parameters of samplers as schemas: settings panels, flags and interfaces are drawn from them. */
import { MezzotintError } from '../contract/result.ts';

export type Params = Record<string, number | string | boolean | null>;

interface Shown {
  /** For people: what it is, in one line. */
  title: string;
  /** What its numbers count: 'probability', 'nats', 'forwards a block', 'slots'. */
  unit?: string;
  /** Shown behind "Advanced". */
  advanced?: true;
}
export type ParamSpec<V = Params[string]> = Shown &
  (V extends string
    ? { type: 'choice'; choices: readonly V[]; default: V }
    : V extends boolean
      ? { type: 'switch'; default: V }
      : { type: 'number' | 'integer'; min: number; max: number; step?: number; default: V; /** What leaving it out (null) means. */ none?: null extends V ? string : never });

export type ParamSpecs<P extends Params = Params> = { [K in keyof P]: ParamSpec<[P[K]] extends [string] ? string : [P[K]] extends [boolean] ? boolean : P[K]> };

interface AnySpec {
  type: 'choice' | 'switch' | 'number' | 'integer';
  choices?: readonly string[];
  min?: number;
  max?: number;
  default: Params[string];
  none?: string;
}

/**
 * Parameters with the defaults for those left out. @param label of the sampler, for messages
 * @throws MezzotintError `bad-request` that names the parameter and what it may be
 */
export function normaliseParams<P extends Params>(specs: ParamSpecs<P>, given: Readonly<Record<string, unknown>>, label: string): P {
  const table = specs as unknown as Record<string, AnySpec>;
  const refused = (what: string, action: string): MezzotintError => new MezzotintError('bad-request', `${label}: ${what}.`, { action });
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(table, key));
  if (unknown !== undefined) throw refused(`there is no parameter ${unknown}`, `It has: ${Object.keys(table).join(', ') || 'none'}.`);
  const out: Params = {};
  for (const [key, spec] of Object.entries(table)) {
    const value = given[key] === undefined ? spec.default : given[key];
    if (spec.type === 'choice') {
      if (typeof value !== 'string' || !spec.choices?.includes(value)) throw refused(`${key} is ${JSON.stringify(value)}`, `It is one of: ${spec.choices?.join(', ')}.`);
      out[key] = value;
    } else if (spec.type === 'switch') {
      if (typeof value !== 'boolean') throw refused(`${key} is ${JSON.stringify(value)}`, 'It is true or false.');
      out[key] = value;
    } else if (value === null && (spec.none !== undefined || spec.default === null)) out[key] = null;
    else {
      const [min, max] = [spec.min ?? -Infinity, spec.max ?? Infinity];
      if (typeof value !== 'number' || !(value >= min && value <= max) || (spec.type === 'integer' && !Number.isInteger(value))) throw refused(`${key} is ${JSON.stringify(value)}`, `It is ${spec.type === 'integer' ? 'a whole number' : 'a number'} from ${min} to ${max}.`);
      out[key] = value;
    }
  }
  return out as P;
}
