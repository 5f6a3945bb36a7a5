/** A race: several replies to one question with one seed, watched as they are written, then replayed with one clock. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the map here is replaced as a whole ($state.raw) */
import { largest } from '../../../core/contract/lists.ts';
import { getContext, setContext } from 'svelte';
import type { Message } from '../../../core/contract/conversations.ts';
import { settingsMode, type ChosenSettings } from '../../../core/contract/settings.ts';
import { MOST_LANES } from '../../../core/contract/race.ts';
import type { AppError } from '../../../core/contract/result.ts';
import type { Schedule } from '../reply/live.svelte.ts';
import { nextFrame } from '../reply/live.svelte.ts';
import { laneName, sameLength, timeTo, type LaneResult } from './race-order.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Branch } from '../thread/branch.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';
import { Timeline } from '../inspector/timeline.ts';

export interface RaceOptions {
  readonly session: Session;
  readonly thread: Thread;
  readonly branch: Branch;
  readonly schedule?: Schedule | undefined;
  /** Milliseconds. */
  readonly now?: (() => number) | undefined;
}

export class Race {
  readonly #session: Session;
  readonly #thread: Thread;
  readonly #branch: Branch;
  readonly #schedule: Schedule;
  readonly #now: () => number;
  /** The question that is raced for; null: no race is open. */
  questionId = $state<string | null>(null);
  /** The lanes' replies; null: they are still being chosen. */
  lanes = $state.raw<readonly string[] | null>(null);
  starting = $state(false);
  error = $state.raw<AppError | null>(null);
  /** Stored courses of the lanes, once all have ended. */
  timelines = $state.raw<ReadonlyMap<string, Timeline>>(new Map());
  /** Milliseconds on the common clock; null: the lanes are shown as they stand. */
  ms = $state<number | null>(null);
  playing = $state(false);
  #last = 0;

  constructor({ session, thread, branch, schedule = nextFrame, now = () => performance.now() }: RaceOptions) {
    this.#session = session;
    this.#thread = thread;
    this.#branch = branch;
    this.#schedule = schedule;
    this.#now = now;
  }

  get question(): Message | undefined {
    return this.questionId === null ? undefined : this.#thread.message(this.questionId);
  }
  /** Ended replies to the question, the newest last. */
  get there(): Message[] {
    const question = this.questionId;
    return question === null
      ? []
      : this.#branch
          .repliesTo(question)
          .filter(({ status, text, generation }) => status !== 'pending' && text !== '' && generation !== null);
  }
  open(questionId: string): void {
    this.#reset();
    this.questionId = questionId;
  }
  close(): void {
    this.#reset();
    this.questionId = null;
  }
  #reset(): void {
    this.playing = false;
    this.ms = null;
    this.lanes = null;
    this.error = null;
    this.timelines = new Map();
  }
  again(): void {
    this.#reset();
  }
  /** The newest replies that are there, as lanes. */
  compare(): void {
    this.lanes = this.there.slice(-MOST_LANES).map(({ id }) => id);
    void this.loadTimelines();
  }
  /** @param models of each lane, where it is not the one in use */
  async start(lanes: readonly ChosenSettings[], models: readonly (string | null)[] = []): Promise<void> {
    const { question } = this;
    if (!question || this.starting) return;
    this.starting = true;
    this.error = null;
    const show = Math.max(
      0,
      lanes.findIndex(({ sampler }) => sampler && settingsMode({ sampler }) === 'exact'),
    );
    const result = await this.#session.client.call('chat.race', {
      conversationId: question.conversationId,
      parentId: question.id,
      lanes: [...lanes],
      ...(models.some((model) => model !== null) ? { models: [...models] } : {}),
      show,
    });
    this.starting = false;
    if (!result.ok) {
      this.error = result.error;
      return;
    }
    this.lanes = result.value.replies.map(({ id }) => id);
  }
  get running(): boolean {
    return this.lanes?.some((id) => this.#thread.message(id)?.status === 'pending') ?? false;
  }
  /** Ends every lane that is written or waits. */
  async stop(): Promise<void> {
    // those that wait first: else the next would begin in between
    for (const id of [...(this.lanes ?? [])].reverse()) {
      if (this.#thread.message(id)?.status !== 'pending') continue;
      const result = await this.#session.client.call('chat.stop', { messageId: id });
      if (!result.ok) this.error = result.error;
    }
  }

  async loadTimelines(): Promise<void> {
    const { lanes } = this;
    if (!lanes || this.timelines.size > 0) return;
    const loaded = await Promise.all(
      lanes.map(
        async (messageId) =>
          [messageId, await this.#session.client.call('generations.trace', { messageId, frames: true })] as const,
      ),
    );
    if (this.lanes !== lanes) return;
    this.timelines = new Map(
      loaded.flatMap(([id, result]) =>
        result.ok && result.value.events.length > 0 ? [[id, new Timeline(result.value.events)] as const] : [],
      ),
    );
    const failed = loaded.find(([, result]) => !result.ok)?.[1];
    if (failed && !failed.ok) this.error = failed.error;
  }
  /** A lane's figures when it has ended. */
  result(messageId: string): LaneResult | null {
    const message = this.#thread.message(messageId);
    const generation = message?.generation;
    if (!message || !generation) return null;
    const { counts } = generation;
    return {
      messageId,
      settings: generation.settings,
      status: message.status,
      text: message.text,
      ids: this.timelines.get(messageId)?.tokens.map(({ token }) => token.id ?? token.text) ?? [],
      ms: counts?.msDecode ?? 0,
      tokens: counts?.tokens ?? 0,
      forwards: counts?.forwards ?? 0,
    };
  }

  /** A lane by its settings; where several models are in the race, by its model too. */
  nameOf(messageId: string): string {
    const of = (id: string): string | undefined => this.#thread.message(id)?.generation?.pack?.name;
    const settings = this.#thread.message(messageId)?.generation?.settings;
    const name = settings ? laneName(settings) : '';
    const models = new Set((this.lanes ?? []).map(of).filter((model) => model !== undefined));
    return models.size > 1 ? [of(messageId), name].filter(Boolean).join(' · ') : name;
  }
  /** What was fixed of the newest reply to the question: its template goes with the race. */
  get layout(): ChosenSettings['layout'] {
    return this.there.at(-1)?.generation?.settings.layout;
  }
  /** Milliseconds each lane took to the length that all reached, by reply. */
  get toSameLength(): { tokens: number; ms: ReadonlyMap<string, number> } {
    const lanes = (this.lanes ?? []).map((id) => this.result(id)).filter((lane) => lane !== null);
    const tokens = sameLength(lanes);
    return {
      tokens,
      ms: new Map(
        tokens > 0
          ? lanes
              .flatMap(({ messageId }) => [
                [messageId, timeTo(this.timelines.get(messageId)?.steps ?? [], tokens)] as const,
              ])
              .filter((entry): entry is [string, number] => entry[1] !== null)
          : [],
      ),
    };
  }

  get duration(): number {
    return largest(
      [...this.timelines.values()].map(({ duration }) => duration),
      0,
    );
  }
  seek(ms: number): void {
    this.ms = Math.max(0, Math.min(this.duration, ms));
  }
  /** Plays from the beginning where the end is reached; pauses where it plays. */
  toggle(): void {
    if (this.playing) {
      this.playing = false;
      return;
    }
    if (this.ms === null || this.ms >= this.duration) this.ms = 0;
    this.playing = true;
    this.#last = this.#now();
    this.#next();
  }
  #next(): void {
    this.#schedule(() => {
      if (!this.playing) return;
      const now = this.#now();
      this.seek((this.ms ?? 0) + now - this.#last);
      this.#last = now;
      if ((this.ms ?? 0) >= this.duration) this.playing = false;
      else this.#next();
    });
  }
}

const key = Symbol('race');
export const provideRace = (race: Race): Race => setContext(key, race);
export const useRace = (): Race => getContext<Race>(key);
