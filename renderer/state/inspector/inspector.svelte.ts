/** The reply that is looked into, one at a time: its words by how they came, or its steps. Read from the stored trace. */
import { errorOf } from '../../../core/contract/result.ts';
import { getContext, setContext } from 'svelte';
import type { Message } from '../../../core/contract/conversations.ts';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { nextFrame, type Schedule } from '../reply/live.svelte.ts';
import { Player } from './player.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import { Timeline } from './timeline.ts';
import type { WordsBy } from './token-shades.ts';

/** tokens: by how they came · replay: step by step · rewrite: parts of it written again. */
export type InspectorView = 'tokens' | 'replay' | 'rewrite';
export interface Seen {
  readonly messageId: string;
  readonly events: readonly GenerationEvent[];
  readonly timeline: Timeline;
  readonly player: Player;
}

/** Whether the person wants no motion. */
const reducedMotion = (): boolean =>
  typeof matchMedia === 'function' && matchMedia('(prefers-reduced-motion: reduce)').matches;

export class Inspector {
  readonly #session: Session;
  readonly #schedule: Schedule;
  readonly #still: () => boolean;
  as = $state<InspectorView>('tokens');
  by = $state<WordsBy>('confidence');
  /** What is open. */
  seen = $state.raw<Seen | null>(null);
  /** Grows when the steps are opened: the view then takes the focus. */
  opened = $state(0);
  #asked = 0;

  /** `still`: whether a replay waits at its start instead of playing. */
  constructor(session: Session, schedule: Schedule = nextFrame, still: () => boolean = reducedMotion) {
    this.#session = session;
    this.#schedule = schedule;
    this.#still = still;
  }

  isOpen(messageId: string, as: InspectorView): boolean {
    return this.seen?.messageId === messageId && this.as === as;
  }
  close(): void {
    this.#asked++;
    this.seen?.player.pause();
    this.seen = null;
  }
  async toggle(message: Message, as: InspectorView): Promise<void> {
    if (this.isOpen(message.id, as)) return this.close();
    if (this.seen?.messageId === message.id) {
      this.#show(this.seen, as);
      return;
    }
    const asked = ++this.#asked;
    const result = await this.#session.client.call('generations.trace', { messageId: message.id, frames: true });
    if (asked !== this.#asked) return;
    if (!result.ok) return this.#session.note(result.error);
    const { events } = result.value;
    const timeline = new Timeline(events);
    if (timeline.length === 0) return this.#session.note(errorOf('window.no-steps'));
    this.close();
    this.#show({ messageId: message.id, events, timeline, player: new Player(timeline, this.#schedule) }, as);
  }
  /** A replay opens at its start, and plays. */
  #show(seen: Seen, as: InspectorView): void {
    seen.player.pause();
    this.as = as;
    this.seen = seen;
    this.opened++;
    if (as !== 'replay') return;
    seen.player.seek(0);
    if (!this.#still()) seen.player.toggle();
  }
}

/** Replies that can be looked into: written by a model, ended, not empty. Of finished text from a server nothing is known but its words. */
export const canInspect = (message: Message): boolean =>
  message.role === 'assistant' &&
  message.generation !== null &&
  message.generation.pack?.server?.states !== false &&
  message.status !== 'pending' &&
  message.text !== '';
/** Replies of which words can be written again: a server's are not of this machine's tokens. */
export const canRewrite = (message: Message): boolean =>
  canInspect(message) && message.generation?.pack?.server === undefined;

const key = Symbol('look');
export const provideInspector = (look: Inspector): Inspector => setContext(key, look);
export const useInspector = (): Inspector => getContext<Inspector>(key);
