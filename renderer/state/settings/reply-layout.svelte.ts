/** What the person fixes of the next reply: a template, or its length. The length is a setting; templates are kept while the window is open, by conversation. */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { ReplyLength } from '../../../core/contract/app.ts';
import { budgetLayout, shortLayout, type Template } from '../../../core/contract/layout.ts';
import type { ChosenSettings } from '../../../core/contract/presets.ts';
import { parseTemplate } from '../../../core/contract/template.ts';
import type { Session } from '../window/session.svelte.ts';

export const lengthChoices: readonly ReplyLength[] = ['auto', 'short', 'budget'];

export class ReplyLayout {
  readonly #session: Session;
  /** Templates being written, by conversation ('' is the new chat); absent: the reply is free. */
  readonly #templates = new SvelteMap<string, string>();

  constructor(session: Session) {
    this.#session = session;
  }
  get length(): ReplyLength {
    return this.#session.settings.replyLength;
  }
  set length(replyLength: ReplyLength) {
    void this.#session.change({ replyLength });
  }
  /** Tokens. */
  get budget(): number {
    return this.#session.settings.replyBudget;
  }
  set budget(replyBudget: number) {
    void this.#session.change({ replyBudget });
  }

  template(conversation: string | null): string | null {
    return this.#templates.get(conversation ?? '') ?? null;
  }
  setTemplate(conversation: string | null, text: string | null): void {
    if (text === null) this.#templates.delete(conversation ?? '');
    else this.#templates.set(conversation ?? '', text);
  }
  /** The template as parts; null where there is none, or it is not one yet. */
  layout(conversation: string | null): Template | null {
    const text = this.template(conversation);
    return text === null ? null : parseTemplate(text);
  }

  /** What the next reply is asked for beside the settings in force. */
  settings(conversation: string | null): ChosenSettings {
    if (!this.#session.can.layout) return {};
    const layout =
      this.layout(conversation) ??
      (this.length === 'budget' ? budgetLayout(this.budget) : this.length === 'short' ? shortLayout() : null);
    return layout ? { layout } : {};
  }
}

const key = Symbol('reply layout');
export const provideReplyLayout = (layout: ReplyLayout): ReplyLayout => setContext(key, layout);
export const useReplyLayout = (): ReplyLayout => getContext<ReplyLayout>(key);
