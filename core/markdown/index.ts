/** Markdown as replies use it: text to a tree, whole or while it grows. Imports nothing of the house. */
export { blockDirection, directionOf, type Direction } from './direction.ts';
export { safeHref } from './href.ts';
export { heal } from './heal.ts';
export { mathOf, parseMathMl, type Katex, type MathElement, type MathNode } from './mathml.ts';
export { noteNumbers } from './notes.ts';
export { LONGEST, parse, uniform } from './parse.ts';
export { tailPlace } from './place.ts';
export { plainOf } from './plain.ts';
export { BlockStream, type StreamBlock } from './stream.ts';
export { wordsOf } from './to-tree.ts';
export type * from './tree.ts';
