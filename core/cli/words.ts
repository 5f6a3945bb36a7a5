/** Words of several commands. */

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
/** Foreign words on one line of a terminal, which obeys control characters. */
/** A day of this machine's calendar, as 2026-11-30. */
export function dayOf(time: number): string {
  const at = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 80);
