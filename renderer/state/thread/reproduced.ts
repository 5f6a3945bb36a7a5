/** Whether a reply that was written again came out the same. Pure. */
import type { EngineStatus } from '../../../core/contract/engine.ts';
import type { GenerationSummary, Message } from '../../../core/contract/conversations.ts';

export type Comparison =
  /** Word for word the same. */
  | { kind: 'equal' }
  /** The same as far as the first one goes, which did not end by itself. */
  | { kind: 'longer' }
  /** Different from this character on; `before`: the whole words that both say just before. */
  | { kind: 'different'; at: number; before: string };

/** Compares a reply with the one it was to reproduce; null while there is nothing to compare yet. */
export function compare(
  original: Pick<Message, 'text' | 'status'>,
  again: Pick<Message, 'text' | 'status'>,
): Comparison | null {
  if (again.status !== 'complete' || original.status === 'pending') return null;
  if (original.text === again.text) return { kind: 'equal' };
  if (original.status !== 'complete' && again.text.startsWith(original.text)) return { kind: 'longer' };
  let at = 0;
  while (at < original.text.length && original.text[at] === again.text[at]) at++;
  return {
    kind: 'different',
    at,
    before: original.text.slice(0, at).replace(/\S+$/, '').trim().split(/\s+/).slice(-4).join(' '),
  };
}

/** What is different now from when a reply was written, so that it may not come out the same. */
export function changedSince(
  generation: GenerationSummary,
  engine: EngineStatus,
): { pack: string | null; device: string | null } {
  if (engine.state !== 'ready') return { pack: null, device: null };
  return {
    pack: generation.pack !== null && generation.pack.hash !== engine.pack.hash ? generation.pack.name : null,
    device: generation.device !== null && generation.device !== engine.device ? generation.device : null,
  };
}
