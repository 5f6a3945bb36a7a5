/** What one reply of an engine shows to whoever waits for it, and what went over the wire meanwhile. */
import diagnostics from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { PromptMessage } from '../../../core/contract/engine.ts';
import { isFinal, type GenerationEvent, type GenerationSettings } from '../../../core/contract/generation.ts';
import type { Engine } from '../../../core/engines/index.ts';

export interface Measured {
  /** Milliseconds from the question to the first committed text, and to the end. */
  firstMs: number | null;
  ms: number;
  /** As they are counted where they were written; null: nobody counted them. */
  tokens: number | null;
  /** Milliseconds between what changed on the canvas or was committed, one after the other. */
  gaps: number[];
  /** States of the canvas and committed blocks that came. */
  states: number;
  commits: number;
  text: string;
  /** null: it ended well. */
  failed: string | null;
}
export interface Asked {
  id: string;
  messages: PromptMessage[];
  settings: GenerationSettings;
  onEvent?: (event: GenerationEvent) => void;
}

export function measure(engine: Engine, { id, messages, settings, onEvent }: Asked): Promise<Measured> {
  const began = performance.now();
  const found: Measured = {
    firstMs: null,
    ms: 0,
    tokens: null,
    gaps: [],
    states: 0,
    commits: 0,
    text: '',
    failed: null,
  };
  let before: number | null = null;
  const seen = (now: number): void => {
    if (before !== null) found.gaps.push(now - before);
    before = now;
  };
  return new Promise((resolve) => {
    engine.generate({ generationId: id, messages, replyPrefix: [], settings, seed: 1 }, (event) => {
      const now = performance.now() - began;
      onEvent?.(event);
      if (event.type === 'frame' && event.changes.length > 0) {
        found.states++;
        seen(now);
      }
      if (event.type === 'blockCommitted') {
        found.commits++;
        found.text += event.tokens.map(({ text }) => text).join('');
        if (found.text.trim() !== '') found.firstMs ??= now;
        seen(now);
      }
      if (!isFinal(event)) return;
      const counts = 'counts' in event ? event.counts : undefined;
      resolve({
        ...found,
        ms: now,
        tokens: counts && counts.tokens > 0 ? counts.tokens : null,
        failed: event.type === 'failed' ? event.error.message : null,
      });
    });
  });
}

/** Bytes of every connection that this process opens, to the last one: what is sent and what comes, headers included. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  readonly #note = (message: unknown): void => void this.#sockets.add((message as { socket: Socket }).socket);
  constructor() {
    diagnostics.subscribe('net.client.socket', this.#note);
  }
  get now(): { sent: number; came: number } {
    let sent = 0;
    let came = 0;
    for (const socket of this.#sockets) {
      sent += socket.bytesWritten;
      came += socket.bytesRead;
    }
    return { sent, came };
  }
  close(): void {
    diagnostics.unsubscribe('net.client.socket', this.#note);
  }
}

/** The value below which a share of the values lies, by nearest rank, to a tenth; null of nothing. */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return Math.round((sorted[at] as number) * 10) / 10;
}

/** Several at a time, in order. */
export async function inLanes<T, R>(items: readonly T[], lanes: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
