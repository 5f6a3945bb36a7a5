/** An export in pieces of a bounded size, each of which can be asked for twice. */

/** Characters of one piece: at most six bytes each in JSON, well below what a transport carries. */
export const PIECE_CHARACTERS = 256 * 1024;
/** A piece is given after this time even where it is short, so that others get their turn. */
const TURN_MS = 40;

export interface Pieces {
  /** Piece number `at`: the next one, or the last one given again; null for any other. @throws what the source threw, at every further ask */
  take(at: number): { text: string; done: boolean } | null;
}

/** @param source drawn from as pieces are taken */
export function inPieces(source: Iterable<string>, clock: () => number = () => performance.now()): Pieces {
  const from = source[Symbol.iterator]();
  let rest = '';
  let ended = false;
  /** What the source threw. It then looks like one that has ended: asked again it must fail again, not be done. */
  let broken: { thrown: unknown } | null = null;
  let given = -1;
  let last = { text: '', done: false };
  const next = (): { text: string; done: boolean } => {
    const began = clock();
    while (!ended && rest.length < PIECE_CHARACTERS) {
      if (broken) throw broken.thrown;
      try {
        const { value, done } = from.next();
        if (done === true) ended = true;
        else rest += value;
      } catch (thrown) {
        broken = { thrown };
        throw thrown;
      }
      if (clock() - began > TURN_MS) break;
    }
    let cut = Math.min(rest.length, PIECE_CHARACTERS);
    // the halves of a surrogate pair stay together
    if (cut < rest.length && /[\uD800-\uDBFF]/.test(rest.charAt(cut - 1))) cut += 1;
    const text = rest.slice(0, cut);
    rest = rest.slice(cut);
    return { text, done: ended && rest === '' };
  };
  return {
    take(at) {
      if (at === given) return last;
      if (at !== given + 1 || last.done) return null;
      last = next();
      given = at;
      return last;
    },
  };
}
