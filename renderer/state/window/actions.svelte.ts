/** What the window can do, by name: the palette lists it. Any part of the window may offer more while it is there. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the map here is replaced as a whole ($state.raw) */
import { getContext, setContext, untrack } from 'svelte';

export interface Command {
  readonly id: string;
  readonly label: string;
  /** As in keys.ts, for showing. */
  readonly keys?: string;
  /** Absent: always. */
  readonly can?: () => boolean;
  readonly run: () => void;
}

export class Actions {
  #offered = $state.raw<ReadonlyMap<string, Command>>(new Map());

  /** In the order they were offered, without those that can't be done now. */
  get all(): Command[] {
    return [...this.#offered.values()].filter(({ can }) => can?.() ?? true);
  }
  /** Returns the withdrawal: `$effect(() => actions.offer(…))` offers while a component is there. */
  offer(...commands: readonly Command[]): () => void {
    // what is offered is not what the offer depends on
    this.#offered = new Map([
      ...untrack(() => this.#offered),
      ...commands.map((command) => [command.id, command] as const),
    ]);
    return () => {
      this.#offered = new Map(
        [...untrack(() => this.#offered)].filter(
          ([id, command]) => !commands.some((mine) => mine.id === id && mine === command),
        ),
      );
    };
  }
}

const key = Symbol('actions');
export const provideActions = (actions: Actions): Actions => setContext(key, actions);
export const useActions = (): Actions => getContext<Actions>(key);
