/** Scripts that put no space between words, and their punctuation. */

const UNSPACED =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Hang}\p{sc=Yi}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}々〆〇ー]/u;
/** CJK symbols and punctuation, vertical and small forms, full- and half-width forms. */
const WIDE = /[\u3000-\u303f\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uffef]/;

/** Whether words of this character's script are written without spaces. @param sign one code point */
export const isUnspaced = (sign: string): boolean => sign > '\u0e00' && UNSPACED.test(sign);
/** Whether it is punctuation as Chinese, Japanese and Korean set it. @param sign one code point */
export const isWide = (sign: string): boolean => sign > '\u2fff' && WIDE.test(sign);
