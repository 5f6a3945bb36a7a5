/** How text becomes the characters of tokens before the merges, and what bytes a token stands for. */
export interface Spelling {
  /** The pieces within which tokens are merged. */
  split(text: string): string[];
  /** Of a token that is not special; null where it is spelled in another way. */
  bytes(token: string): Uint8Array | null;
  /** What stands before a text, and after each special token in it. */
  opening?: string;
  /** Whether unknown characters in a row are one unknown token. Absent: there are none. */
  unknown?: 'fused' | 'each';
}
