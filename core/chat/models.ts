/** Which model writes a reply: the one that was named for it, the conversation's own, or the one that answers elsewhere. */
import type { GenerationSummary } from '../contract/conversations.ts';
import type { EngineStatus, PackInfo } from '../contract/engine.ts';
import type { Setup } from '../contract/presets.ts';
import type { Push } from '../contract/push.ts';
import { errorOf, failure, toAppError } from '../contract/result.ts';
import type { SamplerChoice } from '../contract/settings.ts';

/** The models of this machine, as the chat service needs them. */
export interface ChatModels {
  /** The one that answers where nobody chose; null: a server does. */
  current(): { id: string; name: string } | null;
  /** The one in memory, or on its way there. */
  loaded(): string;
  /** What its authors write with. @throws MezzotintError where it can't be used here */
  samplerOf(id: string): SamplerChoice;
  /** Its name, where it is there. */
  nameOf(id: string): string;
}
export interface ModelChoiceOptions {
  /** Absent: one model writes everything. */
  models: ChatModels | undefined;
  notify: (push: Push) => void;
}
/** What is known of a model's samplers: all of it once it was loaded, before that the one its authors write with. */
export type Known = Pick<PackInfo, 'samplers' | 'defaults'> | { own: SamplerChoice };

export class ModelChoice {
  readonly #o: ModelChoiceOptions;
  readonly #packs = new Map<string, PackInfo>();
  /** Models that are missed, and said already. */
  readonly #said = new Set<string>();

  constructor(options: ModelChoiceOptions) {
    this.#o = options;
  }
  /** A model that was loaded is known from then on. */
  note(status: EngineStatus): void {
    if (status.state === 'ready' && !status.pack.server && this.#o.models)
      this.#packs.set(this.#o.models.loaded(), status.pack);
  }
  /** @throws MezzotintError for a model that can't answer here */
  check(model: string | undefined): void {
    if (model === undefined) return;
    if (!this.#o.models) throw failure('chat.no-other-model');
    this.#o.models.samplerOf(model);
  }
  /** The model of a conversation's next reply; undefined: whichever is loaded. One that can't be used gives way, and that is said once. */
  of({ setup }: { setup?: Setup | undefined }): string | undefined {
    const { models } = this.#o;
    const own = setup?.model;
    const usual = models?.current() ?? undefined;
    if (!models || own === undefined) return usual?.id;
    try {
      models.samplerOf(own);
      return own;
    } catch (thrown) {
      this.#say(own, usual?.name, thrown);
      return usual?.id;
    }
  }
  /** The model of this machine that wrote a reply, where it is not the one that would go on with it and can be used. */
  writerOf({ pack }: GenerationSummary, otherwise: string | undefined): string | undefined {
    if (!this.#o.models || otherwise === undefined || !pack || pack.server || pack.id === otherwise) return undefined;
    try {
      this.#o.models.samplerOf(pack.id);
      return pack.id;
    } catch {
      return undefined;
    }
  }
  nameOf(id: string): string {
    return this.#o.models?.nameOf(id) ?? id;
  }
  /** Whether it is the model in memory; undefined: whichever is. */
  isLoaded(model: string | undefined): boolean {
    return model === undefined || this.#o.models?.loaded() === model;
  }
  isUsual(model: string): boolean {
    return this.#o.models?.current()?.id === model;
  }
  /** null: nothing is known of it. */
  known(model: string): Known | null {
    const pack = this.#packs.get(model);
    if (pack) return pack;
    try {
      return this.#o.models ? { own: this.#o.models.samplerOf(model) } : null;
    } catch {
      return null;
    }
  }
  #say(wanted: string, instead: string | undefined, thrown: unknown): void {
    if (this.#said.has(wanted)) return;
    this.#said.add(wanted);
    const error = toAppError(thrown);
    this.#o.notify({
      topic: 'notice',
      error:
        instead === undefined
          ? error
          : error.id === 'library.no-model'
            ? errorOf('library.chosen-gone', { wanted, instead })
            : errorOf('library.chosen-unusable', { wanted, instead, why: error }),
    });
  }
}
