/**
 * What a checkpoint says of itself: the keys of config.json, or of a GGUF's metadata by the same names. Keys are accounted
 * for by being read: what nobody read, and what might change numbers, is refused by name.
 */
import { failure, type MezzotintError } from '../../contract/result.ts';

/** Keys whose names speak of arithmetic. Others (training switches, versions, paths) are noise. */
const CHANGES_NUMBERS =
  /scal|cap|clip|clamp|window|alibi|rope|rotary|norm|bias|multiplier|residual|act|gate|expert|moe|router|attn|attention|softmax|temperature|head|layer|logit|embed|tie|mrope|qk|_kv|group|top_?k|mlp|ff|hidden|width|dim|sparse|lora|adapter|hash|conv|ssm|mamba|quant/i;
/** Noise in spite of its name: dropout, initialisation, training switches, what transformers writes everywhere. */
const NOISE =
  /dropout|initializer|init_|_init|precision|fuse_|use_cache|return_|output_(attentions|hidden|router)|router_aux|aux_loss|z_loss|loss_coef|pretraining_tp|flash_attention|_attn_implementation|gradient|transformers_version|auto_map|torch_dtype|^dtype$|chunk_size|is_(encoder|decoder)|cross_attention|pruned|problem_type|label|max_window_layers|ep_size|skip_checkpoint|micro_forward|use_deepep|_moe_implementation$|tokenizer|^general\.|^quantization_version$|^type_vocab_size$|complementary_mask|conplemenrary_mask|max_position|embedding_dropout/i;

const isNeutral = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === 0 ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  value === 'none' ||
  value === 'default';

export class Config {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #read = new Set<string>();
  /** What the values come from, for messages: `config.json`. */
  readonly where: string;
  /** The file they come from. */
  readonly file: string;

  constructor(values: Readonly<Record<string, unknown>>, where: string, file: string) {
    this.#values = new Map(Object.entries(values));
    this.where = where;
    this.file = file;
  }

  get keys(): string[] {
    return [...this.#values.keys()];
  }
  has(key: string): boolean {
    const value = this.#values.get(key);
    return value !== undefined && value !== null;
  }
  get(key: string): unknown {
    this.#read.add(key);
    return this.#values.get(key) ?? undefined;
  }
  /** The first of the keys that has a number. @throws where none has, unless there is something to fall back on */
  number(keys: string | readonly string[], fallback?: number): number {
    const list = typeof keys === 'string' ? [keys] : keys;
    let found: number | undefined;
    for (const key of list) {
      const value = this.get(key);
      if (value === undefined) continue;
      if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#unlike('a-number', key, value);
      found ??= value;
    }
    if (found !== undefined) return found;
    if (fallback !== undefined) return fallback;
    throw failure('config.no-number', { where: this.where, keys: list }, { file: this.file });
  }
  text(key: string, fallback?: string): string {
    const value = this.get(key);
    if (typeof value === 'string') return value;
    if (value === undefined && fallback !== undefined) return fallback;
    throw failure('config.no-text', { where: this.where, key }, { file: this.file });
  }
  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key);
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') throw this.#unlike('a-flag', key, value);
    return value;
  }
  object(key: string): Record<string, unknown> | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.#unlike('an-object', key, value);
    return value as Record<string, unknown>;
  }
  /** Refuses all values of a key but these, besides none, false and 0. */
  only(key: string, ...accepted: unknown[]): void {
    const value = this.get(key);
    if (!isNeutral(value) && !accepted.some((one) => JSON.stringify(one) === JSON.stringify(value)))
      throw this.refused(key, value);
  }
  /** Keys that change nothing here, whatever they say. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#read.add(key);
  }
  /** Keys that would change numbers, and that nobody read. */
  get unaccounted(): string[] {
    return this.keys.filter(
      (key) =>
        !this.#read.has(key) && !isNeutral(this.#values.get(key)) && CHANGES_NUMBERS.test(key) && !NOISE.test(key),
    );
  }
  /** @throws MezzotintError `pack-unsupported` for a key that changes numbers in a way that this version can't follow */
  refused(key: string, value: unknown, reason?: string): MezzotintError {
    const said = { where: this.where, key, given: JSON.stringify(value)?.slice(0, 120) ?? 'undefined' };
    return reason === undefined
      ? failure('config.not-computed', said, { file: this.file })
      : failure('config.not-computed-because', { ...said, reason }, { file: this.file });
  }
  #unlike(expected: 'a-number' | 'a-flag' | 'an-object', key: string, value: unknown): MezzotintError {
    const given = JSON.stringify(value)?.slice(0, 120) ?? 'undefined';
    return failure(`config.not-${expected}`, { where: this.where, key, given }, { file: this.file });
  }
}
