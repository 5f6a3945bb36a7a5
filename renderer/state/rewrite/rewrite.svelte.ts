/** A finished reply under the hand: what is selected of it, the candidates for that, and what becomes of them. */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Message } from '../../../core/contract/conversations.ts';
import type { FillResult } from '../../../core/contract/engine.ts';
import type { CommittedToken } from '../../../core/contract/generation.ts';
import { mergeSettings, type ChosenSettings } from '../../../core/contract/settings.ts';
import type { AppError } from '../../../core/contract/result.ts';
import type { Inspector } from '../inspector/inspector.svelte.ts';
import { choiceOfMode, samplersOf } from '../settings/samplers.ts';
import type { Session } from '../window/session.svelte.ts';
import {
  branchOf,
  leastSure,
  LONGEST,
  longerBranch,
  shorterBranch,
  spanFor,
  tokensOfSelection,
  wholeWords,
  type Range,
} from './spans.ts';
import type { Chosen } from './selected.ts';
import type { ConversationSettings } from '../settings/conversation-settings.svelte.ts';
import type { Asking } from '../thread/asking.svelte.ts';
import { unsureWords, type UnsureWords } from './unsure.ts';

export type RewriteKind = 'selection' | 'vary' | 'unsure';
/** What was asked for, and what came of it. */
export interface Found {
  readonly kind: RewriteKind;
  readonly ranges: readonly Range[];
  readonly result: FillResult;
}
const CANDIDATES = { selection: 3, vary: 2, unsure: 1 } as const satisfies Record<RewriteKind, number>;
/** Candidates for a selection are to differ: greedy settings are warmed up for them. */
const WARMTH = 0.7;

export interface RewriteOptions {
  readonly session: Session;
  readonly setup: ConversationSettings;
  readonly asking: Asking;
  readonly inspector: Inspector;
}

export class Rewrite {
  readonly #session: Session;
  readonly #setup: ConversationSettings;
  readonly #asking: Asking;
  readonly #inspector: Inspector;
  selection = $state.raw<Range | null>(null);
  /** Tokens more (or fewer) than the selection has. */
  more = $state(0);
  /** The share that "vary" writes again. */
  share = $state(0.3);
  /** Asked for and not there yet. */
  busy = $state.raw<{ fillId: string; kind: RewriteKind; ranges: readonly Range[] } | null>(null);
  /** The best way so far for each of its ranges. */
  readonly best = new SvelteMap<number, readonly [string, number][]>();
  found = $state.raw<Found | null>(null);
  error = $state.raw<AppError | null>(null);
  /** To be done as soon as the view is there. */
  #begin: { messageId: string; chosen: Chosen | null; kind: RewriteKind | null } | null = null;
  #asked = 0;

  constructor({ session, setup, asking, inspector }: RewriteOptions) {
    this.#session = session;
    this.#setup = setup;
    this.#asking = asking;
    this.#inspector = inspector;
    session.client.onPush((push) => {
      if (push.topic === 'filling' && push.fillId === this.busy?.fillId) this.best.set(push.span, push.best);
    });
  }

  /** The reply's tokens, where it is the one that is open. */
  get tokens(): readonly CommittedToken[] {
    return this.#inspector.as === 'rewrite'
      ? (this.#inspector.seen?.timeline.tokens.map(({ token }) => token) ?? [])
      : [];
  }
  get unsure(): UnsureWords {
    return unsureWords(this.tokens);
  }

  /** Opens the view of a reply: with the words selected in it, or beginning with a kind of work. */
  async openSelected(message: Message, chosen: Chosen | null = null, kind: RewriteKind | null = null): Promise<void> {
    this.#begin = { messageId: message.id, chosen: chosen?.messageId === message.id ? chosen : null, kind };
    if (!this.#inspector.isOpen(message.id, 'rewrite')) await this.#inspector.toggle(message, 'rewrite');
    else this.begin(message.id);
  }
  /** Called by the view when it stands. */
  begin(messageId: string): void {
    const begin = this.#begin?.messageId === messageId ? this.#begin : null;
    this.#begin = null;
    this.#reset();
    this.select(begin?.chosen ? tokensOfSelection(this.tokens, begin.chosen.before, begin.chosen.selected) : null);
    if (begin?.kind) void this.fill(begin.kind, messageId);
  }
  #reset(): void {
    this.cancel();
    this.found = null;
    this.error = null;
    this.more = 0;
  }

  /** Null: nothing. Grown to whole words. */
  select(range: Range | null): void {
    if (this.busy) return;
    this.selection =
      range && range.to > range.from
        ? wholeWords(this.tokens, { from: range.from, to: Math.min(range.to, range.from + LONGEST) })
        : null;
    this.found = null;
    this.error = null;
    this.more = 0;
  }

  #ranges(kind: RewriteKind): readonly Range[] {
    if (kind === 'unsure') return this.unsure.ranges;
    if (kind === 'selection') return this.selection ? [this.selection] : [];
    return leastSure(this.tokens, this.share, this.selection ?? { from: 0, to: this.tokens.length });
  }

  async fill(kind: RewriteKind, messageId: string): Promise<void> {
    const ranges = this.#ranges(kind);
    if (ranges.length === 0 || this.busy) return;
    const asked = ++this.#asked;
    const fillId = `fill-${Date.now().toString(36)}-${asked}`;
    this.best.clear();
    this.found = null;
    this.error = null;
    this.busy = { fillId, kind, ranges };
    const own = this.#setup.settings;
    const settings: ChosenSettings =
      kind === 'unsure'
        ? {
            sampling: { temperature: 0, seed: 0 },
            sampler: choiceOfMode('exact', this.#session.settings, samplersOf(this.#session.engine)),
          }
        : { sampling: { temperature: Math.max(WARMTH, own.sampling.temperature), seed: null } };
    const answer = await this.#session.client.call('chat.fill', {
      messageId,
      fillId,
      spans: ranges.map((range) => spanFor(range, kind === 'selection' ? this.more : 0)),
      candidates: CANDIDATES[kind],
      settings,
    });
    if (asked !== this.#asked) return;
    this.busy = null;
    this.best.clear();
    if (!answer.ok) this.error = answer.error;
    else if (answer.value.result) this.found = { kind, ranges, result: answer.value.result };
  }
  cancel(): void {
    const { busy } = this;
    if (!busy) return;
    this.#asked++;
    this.busy = null;
    this.best.clear();
    void this.#session.client.call('chat.fill-stop', { fillId: busy.fillId });
  }

  /** The candidate becomes a reply of its own beside the old one. */
  async accept(message: Message, candidate: number): Promise<void> {
    const spans = this.found?.result.candidates[candidate]?.spans;
    if (!spans || spans.length === 0) return;
    const { tokens, layout } = branchOf(spans, this.tokens.length);
    this.#inspector.close();
    await this.#asking.branchFrom(message, tokens, message.generation?.settings ?? {}, layout);
  }
  reject(): void {
    this.found = null;
  }

  /** Written on, or ended earlier, as a reply of its own. Resolves to whether there was anything to do. */
  async lengthen(message: Message, way: 'longer' | 'shorter'): Promise<boolean> {
    const result = await this.#session.client.call('generations.trace', { messageId: message.id, frames: false });
    if (!result.ok) {
      this.#session.note(result.error);
      return false;
    }
    const branch = way === 'longer' ? longerBranch(result.value.tokens) : shorterBranch(result.value.tokens);
    if (!branch) return false;
    if (this.#inspector.seen?.messageId === message.id) this.#inspector.close();
    await this.#asking.branchFrom(
      message,
      branch.tokens,
      message.generation
        ? mergeSettings(message.generation.settings, { sampling: { seed: null } })
        : { sampling: { seed: null } },
      branch.layout,
    );
    return true;
  }
}

const key = Symbol('rewrite');
export const provideRewrite = (rewrite: Rewrite): Rewrite => setContext(key, rewrite);
export const useRewrite = (): Rewrite => getContext<Rewrite>(key);
