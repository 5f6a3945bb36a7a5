/**
 * Sampling noise as a pure function of (seed, slot, token id): whichever forward scores a slot, and whatever was
 * drafted there before, the same token is drawn. This is what makes Exact mode token for token the same as decoding one
 * token at a time, at any temperature (the Gumbel-max trick with common random numbers).
 */

/** 32-bit avalanche mix: the finaliser of MurmurHash3 (Appleby, public domain), applied over the three words in turn. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in (0, 1), 32 bits. */
export function uniform(seed: number, slot: number, id: number): number {
  let h = mix((seed ^ 0x9e3779b9) >>> 0);
  h = mix((h + Math.imul(slot + 1, 0x9e3779b1)) >>> 0);
  h = mix((h + Math.imul(id + 1, 0x85ebca77)) >>> 0);
  return (h + 0.5) / 4294967296;
}

/** Standard Gumbel noise: argmax over tokens of (logit / T + gumbel) is a draw from softmax(logit / T). */
export const gumbel = (seed: number, slot: number, id: number): number => -Math.log(-Math.log(uniform(seed, slot, id)));
