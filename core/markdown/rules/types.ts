/** The parser's types, which markdown-it exports as values. */
import type MarkdownIt from 'markdown-it';

export type Parser = InstanceType<typeof MarkdownIt>;
export type InlineState = InstanceType<Parser['inline']['State']>;
export type Token = ReturnType<Parser['parse']>[number];
