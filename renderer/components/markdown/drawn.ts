/** The blocks within a block that are drawn: not the space between them, nor the definitions of links. */
import type { Token } from 'marked';
import type { BlockToken } from './grammar.ts';

export const drawn = (tokens: readonly Token[]): BlockToken[] => tokens.filter(({ type }) => type !== 'space' && type !== 'checkbox' && type !== 'def') as BlockToken[];
