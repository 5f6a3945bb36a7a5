/** The models on this machine, as the window shows them: which answers, and the import of another one. */
import { getContext, setContext } from 'svelte';
import type { CostResult, ImportChoice, ImportPlan, LibraryState, Model, RecipeChoice } from '../../../core/contract/models.ts';
import type { FolderChange, FolderPlan } from '../../../core/contract/model-folder.ts';
import type { AppError, Result } from '../../../core/contract/result.ts';
import type { Session } from '../window/session.svelte.ts';

/** What stands in the sheet while no import runs. */
export type Check =
  | { stage: 'idle' }
  | { stage: 'checking' }
  /** The files don't tell which of these it is. */
  | { stage: 'choose'; family: string; recipes: readonly RecipeChoice[] }
  | { stage: 'planned'; plan: ImportPlan }
  | { stage: 'refused'; error: AppError };

export type ModelsTab = 'here' | 'get' | 'disk';

/** What is known of a plan's speed here. `since`: when the probe began, as performance.now() counts. */
export type Cost =
  | { stage: 'none' }
  | { stage: 'probing'; since: number }
  | { stage: 'known'; result: CostResult }
  | { stage: 'failed'; error: AppError };

export class Models {
  readonly #session: Session;
  library = $state.raw<LibraryState | null>(null);
  /** The sheet, and what of it is in front. */
  open = $state(false);
  tab = $state<ModelsTab>('here');
  /** The folder or file, as typed, chosen or dropped. */
  path = $state('');
  /** Dropped where a page can't tell the place: its name. */
  nameless = $state<string | null>(null);
  check = $state.raw<Check>({ stage: 'idle' });
  cost = $state.raw<Cost>({ stage: 'none' });
  #probes = 0;
  /** What a person chose for this import. */
  recipe = $state<string | null>(null);
  bits = $state<4 | 8 | null>(null);
  /** Why the last switch or deletion did not happen. */
  error = $state.raw<AppError | null>(null);
  /** A model that is about to be deleted, once that is confirmed. */
  leaving = $state<string | null>(null);
  /** Counts checks, so that an answer which comes late changes nothing. */
  #checks = 0;

  constructor(session: Session) {
    this.#session = session;
    session.client.onPush((push) => {
      if (push.topic === 'models') this.library = push.library;
      else if (push.topic === 'menu' && push.command === 'import-model') this.show('disk');
    });
    session.onReturn(() => void this.load());
  }
  get list(): readonly Model[] {
    return this.library?.models ?? [];
  }
  /** Those that nothing is known against. */
  get usable(): readonly Model[] {
    return this.list.filter(({ error }) => error === null);
  }
  /** A model beside the built-in one is there, or nobody knows yet. */
  get ownsOne(): boolean {
    return this.library === null || this.list.some(({ builtIn }) => !builtIn);
  }
  get current(): Model | undefined {
    return this.list.find(({ id }) => id === this.library?.current);
  }
  /** The import that runs or has just ended. */
  get job(): LibraryState['job'] {
    return this.library?.job ?? null;
  }
  /** Of the plan as chosen: its bits, bytes and memory. */
  get size(): ImportPlan['sizes'][number] | null {
    if (this.check.stage !== 'planned') return null;
    const { sizes, bits } = this.check.plan;
    return sizes.find((size) => size.bits === (this.bits ?? bits)) ?? null;
  }
  /** Whether running it would fit this machine's memory, and the pack its disk. */
  get fits(): { memory: boolean; disk: boolean } {
    const { size } = this;
    if (this.check.stage !== 'planned' || !size) return { memory: true, disk: true };
    const { machineMemory, freeDisk } = this.check.plan;
    return { memory: size.memory <= machineMemory, disk: freeDisk === null || size.bytes * 1.02 + 50e6 <= freeDisk };
  }
  get desktop(): boolean {
    return this.#session.info?.runtime === 'electron';
  }

  async load(): Promise<void> {
    const listed = await this.#session.client.call('models.list', {});
    if (listed.ok) this.library = listed.value;
  }
  show(tab: ModelsTab): void {
    this.tab = tab;
    this.open = true;
    void this.load();
  }
  /** The sheet is closed; an import goes on. */
  close(): void {
    this.open = false;
    this.leaving = null;
    if (this.job?.stage === 'done' || this.job?.stage === 'failed') void this.forget();
    this.reset();
  }
  reset(): void {
    void this.skipProbe();
    this.#probes++;
    this.cost = { stage: 'none' };
    this.#checks++;
    this.check = { stage: 'idle' };
    this.recipe = null;
    this.bits = null;
    this.nameless = null;
    this.error = null;
  }
  /** A model was dropped. @param path where it lies; null: this page can't tell */
  drop(name: string, path: string | null): void {
    this.reset();
    this.path = path ?? '';
    this.nameless = path === null ? name : null;
    this.show('disk');
    if (path !== null) void this.examine();
  }
  /** Asks for a place by the system's dialog, and judges what lies there. */
  async choose(kind: 'folder' | 'file'): Promise<void> {
    const chosen = await this.#session.client.call('models.choose', { kind });
    if (!chosen.ok) this.check = { stage: 'refused', error: chosen.error };
    else if (chosen.value.path !== null) {
      this.reset();
      this.path = chosen.value.path;
      await this.examine();
    }
  }
  get #choice(): ImportChoice {
    return {
      // a path copied from a file manager may come in quotes
      path: this.path.trim().replace(/^(["'])(.*)\1$/, '$2'),
      ...(this.recipe === null ? {} : { recipe: this.recipe }),
      ...(this.bits === null ? {} : { bits: this.bits }),
    };
  }
  /** What an import of `path` would give. */
  async examine(): Promise<void> {
    if (this.path.trim() === '') return;
    const mine = ++this.#checks;
    this.nameless = null;
    this.check = { stage: 'checking' };
    const judged = await this.#session.client.call('models.preflight', this.#choice);
    if (mine !== this.#checks) return;
    if (!judged.ok) this.check = { stage: 'refused', error: judged.error };
    else if (judged.value.state === 'choose') {
      const { family, recipes } = judged.value;
      this.check = { stage: 'choose', family, recipes };
    } else this.check = { stage: 'planned', plan: judged.value.plan };
  }
  /** How fast the plan's model would be here; one that can't be held here is not tried. */
  async probe(): Promise<void> {
    const mine = ++this.#probes;
    if (this.check.stage !== 'planned' || !this.fits.memory) {
      this.cost = { stage: 'none' };
      return;
    }
    this.cost = { stage: 'probing', since: performance.now() };
    const probed = await this.#session.client.call('models.cost', this.#choice);
    if (mine !== this.#probes) return;
    this.cost = probed.ok ? { stage: 'known', result: probed.value } : { stage: 'failed', error: probed.error };
  }
  /** Nobody waits for the probe any longer. */
  async skipProbe(): Promise<void> {
    if (this.cost.stage === 'probing') await this.#session.client.call('models.stopCost', {});
  }
  async import(): Promise<void> {
    await this.skipProbe();
    const begun = await this.#session.client.call('models.import', this.#choice);
    if (begun.ok) {
      this.library = begun.value;
      this.reset();
    } else this.check = { stage: 'refused', error: begun.error };
  }
  /** Ends a running import, or forgets how the last one came out. */
  async forget(): Promise<void> {
    const ended = await this.#session.client.call('models.cancel', {});
    if (ended.ok) this.library = ended.value;
  }
  /** @returns whether this model answers from now on */
  async use(id: string): Promise<boolean> {
    this.error = null;
    const used = await this.#session.client.call('models.use', { id });
    if (used.ok) this.library = used.value;
    else this.error = used.error;
    return used.ok;
  }
  /** Ends the load under way. @param alone one conversation asked for it @returns the model that answers again; null: the load has ended already */
  async stopLoad(alone: boolean): Promise<string | null> {
    const back = this.library?.back ?? null;
    const ended = await this.#session.client.call('models.stopLoad', { alone });
    if (ended.ok) this.library = ended.value;
    else this.error = ended.error;
    return ended.ok ? back : null;
  }
  /** What keeping models in another folder would mean, or why that can't be. @param folder null: the usual one */
  async planFolder(folder: string | null): Promise<Result<FolderPlan>> {
    return this.#session.client.call('models.planFolder', { folder });
  }
  /** @returns why it was not done; null: it is, or goes on */
  async changeFolder(change: FolderChange): Promise<AppError | null> {
    const changed = await this.#session.client.call('models.changeFolder', change);
    if (changed.ok) this.library = changed.value;
    return changed.ok ? null : changed.error;
  }
  /** Ends a move of models, or forgets how the last one came out. */
  async stopMove(): Promise<void> {
    const stopped = await this.#session.client.call('models.stopMove', {});
    if (stopped.ok) this.library = stopped.value;
  }
  /** The trash did not take the model that is about to be deleted: it can be deleted for good. */
  get trashFailed(): boolean {
    return this.error?.id === 'library.no-trash';
  }
  /** Into the system's trash where there is one, unless `forever`. */
  async remove(id: string, forever = false): Promise<void> {
    this.error = null;
    const removed = await this.#session.client.call('models.remove', { id, ...(forever ? { forever } : {}) });
    if (removed.ok) {
      this.library = removed.value;
      this.leaving = null;
    } else this.error = removed.error;
  }
  /** Compares a model's files with their hashes. @returns what is wrong; null: nothing is */
  async verify(id: string): Promise<AppError | null> {
    const compared = await this.#session.client.call('models.verify', { id });
    return compared.ok ? compared.value.error : compared.error;
  }
  async reveal(id: string): Promise<void> {
    const shown = await this.#session.client.call('models.reveal', { id });
    this.error = shown.ok ? null : shown.error;
  }
  /** @returns where the copy lies, or why there is none */
  async export(id: string, folder: string): Promise<string | AppError> {
    const copied = await this.#session.client.call('models.export', { id, folder });
    return copied.ok ? copied.value.path : copied.error;
  }
  /** Asks for a folder by the system's dialog; null where none was chosen. */
  async chooseFolder(): Promise<string | null> {
    const chosen = await this.#session.client.call('models.choose', { kind: 'folder' });
    return chosen.ok ? chosen.value.path : null;
  }
}

const key = Symbol('models');
export const provideModels = (models: Models): Models => setContext(key, models);
export const useModels = (): Models => getContext<Models>(key);
