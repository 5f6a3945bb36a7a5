/** Lists of any length. A spread of one into a call takes a place on the stack for each element, and a long one ends the program. Pure. */

/** Puts all of `from` behind what is in `to`. */
export function append<T>(to: T[], from: Iterable<T>): void {
  for (const each of from) to.push(each);
}
/** The largest of a list, and of `least` with it. */
export function largest(list: Iterable<number>, least = -Infinity): number {
  let most = least;
  for (const each of list) most = Math.max(most, each);
  return most;
}
/** The smallest of a list, and of `most` with it. */
export function smallest(list: Iterable<number>, most = Infinity): number {
  let least = most;
  for (const each of list) least = Math.min(least, each);
  return least;
}
