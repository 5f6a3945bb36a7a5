/** What the window's size and the system's preferences say, for as long as the component that asks is there. */
import { BESIDE, BESIDE_LIST, NARROW, type Ui } from './ui.svelte.ts';

/** Whether a panel fits beside the text. */
export interface Room {
  /** Without the list of conversations. */
  readonly beside: boolean;
  /** With the list of conversations. */
  readonly besideList: boolean;
}

/** Keeps `ui.dark`, `ui.narrow` and `ui.touch` true to the system. To be called while a component is set up. */
export function watchWindow(ui: Ui): Room {
  const queries = {
    dark: matchMedia('(prefers-color-scheme: dark)'),
    narrow: matchMedia(`(max-width: ${NARROW}px)`),
    touch: matchMedia('(hover: none) and (pointer: coarse)'),
    beside: matchMedia(`(min-width: ${BESIDE}px)`),
    besideList: matchMedia(`(min-width: ${BESIDE_LIST}px)`),
  };
  const room = $state({ beside: true, besideList: true });
  const read = (): void => {
    ui.dark = queries.dark.matches;
    ui.narrow = queries.narrow.matches;
    ui.touch = queries.touch.matches;
    room.beside = queries.beside.matches;
    room.besideList = queries.besideList.matches;
  };
  read();
  $effect(() => {
    const all = Object.values(queries);
    for (const query of all) query.addEventListener('change', read);
    return () => all.forEach((query) => query.removeEventListener('change', read));
  });
  return room;
}
