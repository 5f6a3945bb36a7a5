/** What the open conversation chooses for itself (instructions, settings), and the presets it may be taken from. */
import { getContext, setContext } from 'svelte';
import {
  isEmptySetup,
  noSetup,
  type Preset,
  type PresetValues,
  type Setup as Chosen,
} from '../../../core/contract/presets.ts';
import type { ChosenSettings, GenerationSettings } from '../../../core/contract/settings.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';

export class ConversationSettings {
  readonly #session: Session;
  readonly #library: Library;
  readonly #thread: Thread;
  #effective = $state.raw<GenerationSettings | null>(null);
  #asked = 0;
  presets = $state.raw<readonly Preset[]>([]);
  /** Chosen for a new chat that nothing was asked in yet; null: what the default preset says. */
  #pending = $state.raw<Chosen | null>(null);
  /** What is open: the conversation's own sheet, the presets, what the model reads. */
  open = $state<'conversation' | 'presets' | 'preview' | null>(null);
  /** The preset deleted last, while it can be brought back from here. */
  removed = $state.raw<Preset | null>(null);

  standard = $derived(this.presets.find(({ isDefault }) => isDefault) ?? null);

  constructor(session: Session, library: Library, thread: Thread) {
    this.#session = session;
    this.#library = library;
    this.#thread = thread;
    session.client.onPush((push) => {
      if (push.topic === 'presets') this.presets = push.presets;
    });
    session.onReturn(() => void this.load());
  }
  async load(): Promise<void> {
    const result = await this.#session.client.call('presets.list', {});
    if (result.ok) this.presets = result.value;
    else this.#session.note(result.error);
  }

  /** What the open conversation chose. */
  get current(): Chosen {
    if (this.#thread.id !== null) return this.#thread.conversation?.setup ?? noSetup;
    return this.#pending ?? (this.standard ? asSetup(this.standard) : noSetup);
  }
  /** For a conversation that begins now; undefined where it chooses nothing. */
  get beginning(): Chosen | undefined {
    return isEmptySetup(this.current) ? undefined : this.current;
  }
  /** The next new chat begins with the default preset again. */
  begun(): void {
    this.#pending = null;
  }
  preset = $derived.by(() => this.presets.find(({ id }) => id === this.current.presetId) ?? null);
  /** The settings in force, as the service resolves them for a reply here that asks for nothing else. */
  get settings(): GenerationSettings {
    return this.#effective ?? this.#session.settings.generation;
  }
  /** Has the service resolve them again; to be called when the app's settings or the conversation's own change. */
  async resolve(): Promise<void> {
    const { settings } = this.current;
    const asked = ++this.#asked;
    const result = await this.#session.client.call('settings.effective', { settings });
    if (asked === this.#asked && result.ok) this.#effective = result.value;
  }

  async #set(next: Chosen): Promise<void> {
    const { id, conversation } = this.#thread;
    if (id === null || !conversation) {
      this.#pending = next;
      return;
    }
    this.#library.put({ ...conversation, setup: next });
    const result = await this.#session.client.call('conversations.configure', { id, setup: next });
    this.#library.put(result.ok ? result.value : conversation);
    if (!result.ok) this.#session.note(result.error);
  }
  /** Takes a preset's values over; null: chooses nothing. */
  choose(preset: Preset | null): Promise<void> {
    return this.#set({ ...(preset ? asSetup(preset) : noSetup), ...onlyHere(this.current) });
  }
  setInstructions(instructions: string): Promise<void> {
    return this.#set({ ...this.current, instructions });
  }
  /** Whether nothing of it is sent to a server. */
  stay(localOnly: boolean): Promise<void> {
    const { localOnly: _, ...rest } = this.current;
    return this.#set({ ...rest, ...(localOnly ? { localOnly } : {}) });
  }
  /** The model that answers here; null: the one that answers where nobody chose. */
  setModel(model: string | null): Promise<void> {
    const { model: _, ...rest } = this.current;
    return this.#set({ ...rest, ...(model === null ? {} : { model }) });
  }
  /** Chooses settings for this conversation; what is left out follows the app's. */
  chooseSettings(settings: ChosenSettings): Promise<void> {
    return this.#set({ ...this.current, settings });
  }
  /** A setting changed from the composer: where the conversation has its own, or a model of its own, that one, else the app's. */
  change({ sampler }: Required<Pick<ChosenSettings, 'sampler'>>): Promise<void> {
    const { settings, model } = this.current;
    return settings.sampler || model !== undefined
      ? this.chooseSettings({ ...settings, sampler })
      : this.#session.changeGeneration({ sampler });
  }

  /** Stores a preset; resolves to it, or null where it was refused. */
  async save(id: string | null, values: PresetValues): Promise<Preset | null> {
    const result = await this.#session.client.call('presets.save', { id, values });
    if (!result.ok) {
      this.#session.note(result.error);
      return null;
    }
    await this.load();
    return result.value;
  }
  duplicate(
    { name, instructions, settings, model }: Preset,
    copyName: (name: string) => string,
  ): Promise<Preset | null> {
    return this.save(null, { name: copyName(name).slice(0, 100), instructions, settings, ...(model ? { model } : {}) });
  }
  async remove(preset: Preset): Promise<void> {
    const result = await this.#session.client.call('presets.delete', { id: preset.id });
    if (result.ok) this.removed = preset;
    else this.#session.note(result.error);
    await this.load();
  }
  async undo(): Promise<void> {
    const preset = this.removed;
    if (!preset) return;
    this.removed = null;
    const result = await this.#session.client.call('presets.restore', { id: preset.id });
    if (!result.ok) this.#session.note(result.error);
    await this.load();
  }
  async setStandard(preset: Preset | null): Promise<void> {
    const result = await this.#session.client.call('presets.setDefault', { id: preset?.id ?? null });
    if (result.ok) this.presets = result.value;
    else this.#session.note(result.error);
  }
}

const onlyHere = ({ localOnly }: Chosen): Pick<Chosen, 'localOnly'> => (localOnly ? { localOnly } : {});
const asSetup = ({ id, instructions, settings, model }: Preset): Chosen => ({
  presetId: id,
  instructions,
  settings,
  ...(model ? { model } : {}),
});

const key = Symbol('conversation settings');
export const provideConversationSettings = (settings: ConversationSettings): ConversationSettings =>
  setContext(key, settings);
export const useConversationSettings = (): ConversationSettings => getContext<ConversationSettings>(key);
