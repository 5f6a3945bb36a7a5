/** Parameters of samplers as schemas: settings panels, flags and interfaces are drawn from them. */
import { MezzotintError } from '../../contract/result.ts';

export type Params = Record<string, number | string | boolean | null>;

interface Shown {
  /** For people: what it is, in one line. */
  title: string;
  /** What its numbers count: 'probability', 'nats', 'forwards a block', 'slots'. */
  unit?: string;
  /** Shown behind "Advanced". */
  advanced?: true;
}
export interface ChoiceSpec extends Shown {
  type: 'choice';
  choices: readonly string[];
  default: string;
}
export interface SwitchSpec extends Shown {
  type: 'switch';
  default: boolean;
}
export interface NumberSpec extends Shown {
  type: 'number' | 'integer';
  min: number;
  max: number;
  /** Of a slider. */
  step?: number;
  default: number | null;
  /** What leaving it out (null) means; without it a number is wanted. */
  none?: string;
}
export type ParamSpec = ChoiceSpec | SwitchSpec | NumberSpec;
export type ParamSpecs<P extends Params = Params> = {
  [K in keyof P]: [P[K]] extends [string]
    ? ChoiceSpec
    : [P[K]] extends [boolean]
      ? SwitchSpec
      : [P[K]] extends [number | null]
        ? NumberSpec
        : ParamSpec;
};

/**
 * Parameters with the defaults for those left out. @param label of the sampler, for messages
 * @throws MezzotintError `bad-request` that names the parameter and what it may be
 */
export function normaliseParams<P extends Params>(
  specs: ParamSpecs<P>,
  given: Readonly<Record<string, unknown>>,
  label: string,
): P {
  const table: Record<string, ParamSpec> = specs;
  const refused = (what: string, action: string): MezzotintError =>
    new MezzotintError('bad-request', `${label}: ${what}.`, { action });
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(table, key));
  if (unknown !== undefined)
    throw refused(`there is no parameter ${unknown}`, `It has: ${Object.keys(table).join(', ') || 'none'}.`);
  const out: Params = {};
  for (const [key, spec] of Object.entries(table)) {
    const value = given[key] === undefined ? spec.default : given[key];
    if (spec.type === 'choice') {
      if (typeof value !== 'string' || !spec.choices.includes(value))
        throw refused(`${key} is ${JSON.stringify(value)}`, `It is one of: ${spec.choices.join(', ')}.`);
      out[key] = value;
    } else if (spec.type === 'switch') {
      if (typeof value !== 'boolean') throw refused(`${key} is ${JSON.stringify(value)}`, 'It is true or false.');
      out[key] = value;
    } else if (value === null && spec.none !== undefined) out[key] = null;
    else {
      const { min, max } = spec;
      if (
        typeof value !== 'number' ||
        !(value >= min && value <= max) ||
        (spec.type === 'integer' && !Number.isInteger(value))
      )
        throw refused(
          `${key} is ${JSON.stringify(value)}`,
          `It is ${spec.type === 'integer' ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
        );
      out[key] = value;
    }
  }
  return out as P;
}
