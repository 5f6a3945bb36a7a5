/** What is open in the window, and where the focus should go. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole ($state.raw), or nothing draws them */
import { getContext, setContext } from 'svelte';

/** Below this width the sides are sheets over the thread. */
export const NARROW = 820;
/** From this width on a panel has room beside the text, which it neither covers nor moves; with the conversations at the other side, from the second. */
export const BESIDE = 1156;
export const BESIDE_LIST = BESIDE + 264;

export type FocusPlace = 'composer' | 'list' | 'search' | 'find' | 'model';

export class Ui {
  narrow = $state(false);
  /** There is no room for a panel beside the text: settings are a sheet then. */
  tight = $state(false);
  /** The fingers are the pointer: a text field that takes the focus brings up a keyboard over half the window. */
  touch = $state(false);
  /** The computer prefers dark. */
  dark = $state(false);
  /** The sheet of conversations on a narrow window; on a wide one `settings.sidebarOpen` decides. */
  listSheet = $state(false);
  settings = $state(false);
  help = $state(false);
  /** Commands and conversations by name. */
  palette = $state(false);
  /** The sheet of files in and out: for one conversation, for some (ticked to begin with), or (`id` null) for all. */
  transfer = $state.raw<{ id: string | null; some?: readonly string[]; side?: 'export' | 'import' } | null>(null);
  /** The sheet of folder and backups. */
  data = $state(false);
  /** A link waiting for the person's consent. */
  link = $state<string | null>(null);
  #focus = new Map<FocusPlace, () => void>();

  askLink(href: string): void {
    this.link = href;
  }
  /** A place says how it takes the focus; returns its withdrawal. */
  offerFocus(place: FocusPlace, take: () => void): () => void {
    this.#focus.set(place, take);
    return () => {
      if (this.#focus.get(place) === take) this.#focus.delete(place);
    };
  }
  focus(place: FocusPlace): void {
    this.#focus.get(place)?.();
  }
  /** The message box takes the focus back, where that costs nothing. */
  rest(): void {
    if (!this.touch) this.focus('composer');
  }
}

const key = Symbol('ui');
export const provideUi = (ui: Ui): Ui => setContext(key, ui);
export const useUi = (): Ui => getContext<Ui>(key);
