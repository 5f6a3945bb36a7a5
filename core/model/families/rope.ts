/** Rotary positions as configs describe them: plain, linear, llama3 and yarn. Everything else is refused by name. */
import type { Rope } from '../manifest.ts';
import type { Config } from './config.ts';

const plain = (theta: number, dimensions: number): number[] =>
  Array.from({ length: dimensions / 2 }, (_, k) => theta ** ((-2 * k) / dimensions));

/** @param dimensions rotated numbers of a head @param theta where the config keeps it elsewhere */
export function readRope(c: Config, dimensions: number, theta?: number): Rope {
  const scaling = c.object('rope_parameters') ?? c.object('rope_scaling');
  c.ignore('rope_parameters', 'rope_scaling');
  const inside = scaling?.['rope_theta'];
  const base = theta ?? (typeof inside === 'number' ? inside : c.number('rope_theta'));
  c.ignore('rope_theta');
  const rope: Rope = { theta: base, dimensions };
  if (!scaling) return rope;
  const { rope_type, type, rope_theta: _, partial_rotary_factor: __, ...rest } = scaling;
  const kind = String(rope_type ?? type ?? 'default');
  const taken = new Set<string>();
  const number = (key: string, fallback?: number): number => {
    taken.add(key);
    const value = rest[key];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if ((value === undefined || value === null) && fallback !== undefined) return fallback;
    throw c.refused(`rope scaling (${kind}) ${key}`, value, 'a number was expected');
  };
  const query = number('llama_4_scaling_beta', 0);
  if (query > 0) rope.query = { length: number('original_max_position_embeddings'), beta: query };
  const original = (): number =>
    number(
      'original_max_position_embeddings',
      c.has('max_position_embeddings') ? c.number('max_position_embeddings') : undefined,
    );
  switch (kind) {
    case 'default':
      break;
    case 'linear': {
      const factor = number('factor');
      rope.frequencies = plain(base, dimensions).map((f) => f / factor);
      break;
    }
    case 'llama3': {
      const [factor, low, high, length] = [
        number('factor'),
        number('low_freq_factor'),
        number('high_freq_factor'),
        original(),
      ];
      rope.frequencies = plain(base, dimensions).map((f) => {
        const wave = (2 * Math.PI) / f;
        if (wave < length / high) return f;
        if (wave > length / low) return f / factor;
        const smooth = (length / wave - low) / (high - low);
        return ((1 - smooth) * f) / factor + smooth * f;
      });
      break;
    }
    case 'yarn':
      Object.assign(rope, yarn(number, base, dimensions, original(), rest['truncate'] !== false));
      taken.add('truncate');
      break;
    default:
      throw c.refused('rope scaling', kind);
  }
  const left = Object.entries(rest).find(([key, value]) => !taken.has(key) && value !== null && value !== undefined);
  if (left) throw c.refused(`rope scaling ${left[0]}`, left[1]);
  return rope;
}

/** NTK by parts: fast pairs keep their frequency, slow ones are divided by the factor, those between are mixed. */
function yarn(
  number: (key: string, fallback?: number) => number,
  base: number,
  dimensions: number,
  length: number,
  truncate: boolean,
): Pick<Rope, 'frequencies' | 'scale'> {
  const factor = number('factor');
  const correction = (rotations: number): number =>
    (dimensions * Math.log(length / (rotations * 2 * Math.PI))) / (2 * Math.log(base));
  const [from, to] = [correction(number('beta_fast', 32)), correction(number('beta_slow', 1))];
  const low = Math.max(truncate ? Math.floor(from) : from, 0);
  const high = Math.min(truncate ? Math.ceil(to) : to, dimensions - 1);
  const frequencies = plain(base, dimensions).map((f, k) => {
    const ramp = Math.min(1, Math.max(0, (k - low) / (high === low ? 0.001 : high - low)));
    return (f / factor) * ramp + f * (1 - ramp);
  });
  const grown = (mscale: number): number => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);
  const [mscale, all] = [number('mscale', 0), number('mscale_all_dim', 0)];
  const scale = number('attention_factor', mscale && all ? grown(mscale) / grown(all) : grown(1));
  return { frequencies, ...(scale === 1 ? {} : { scale }) };
}
