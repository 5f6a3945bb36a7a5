/** A prompt of the evaluation, and the rule by which its reply is scored. Plain data: its hash names a result. */
import type { PromptMessage } from '../../../core/contract/engine.ts';

export const TASKS = [
  'facts',
  'arithmetic',
  'extraction',
  'rewriting',
  'lists',
  'format',
  'recall',
  'code',
  'chat',
] as const;
export type Task = (typeof TASKS)[number];

/** One readable property of a reply. Words are runs of letters and digits; sentences end in . ! or ?. */
export type Rule =
  | { is: 'contains' | 'lacks' | 'starts' | 'ends'; text: string }
  | { is: 'words' | 'sentences' | 'lines'; least: number; most: number }
  | { is: 'upper' | 'lower' | 'one-word' | 'quoted' | 'no-commas' | 'no-digits' | 'whole' }
  | { is: 'json'; keys: string[] }
  | { is: 'table'; columns: string[] }
  | { is: 'separated'; by: string; count: number };

export type Check =
  /** 1 where one of the answers stands in the reply as whole words, and none of `not`. */
  | { kind: 'answer'; answers: string[]; not: string[] }
  /** 1 where the reply's last number is the value, ½ where the value stands elsewhere in it. */
  | { kind: 'number'; value: number }
  /** Share of the wanted pieces that stand in the reply; halved where a piece stands there that was not asked for. */
  | { kind: 'pieces'; wanted: string[]; unwanted: string[] }
  /** Closeness of the number of different list items to `count`: 1 − |n − count| / count, at least 0. */
  | { kind: 'list'; count: number; style: 'any' | 'numbered' | 'bullets' }
  /** Share of the rules that hold; 0 for an empty reply. */
  | { kind: 'rules'; rules: Rule[] }
  /** Mean of: share of the meaning's words kept, share of the rules that hold; 0 for a copy of the source. */
  | { kind: 'rewrite'; source: string; keep: string[]; rules: Rule[] }
  /** Share of the calls that give the expected value, in the sandbox. */
  | { kind: 'code'; language: 'python' | 'javascript'; name: string; calls: { args: unknown[]; gives: unknown }[] }
  /** Readable proxies only: on topic, enough words, little repetition, whole sentences. Not a judgement of the content. */
  | { kind: 'chat'; about: string[] };

export interface Prompt {
  /** Stable name, `task-n`. */
  id: string;
  task: Task;
  /** Ends with the question. */
  messages: PromptMessage[];
  /** Length limit of the reply, in tokens. */
  maxTokens: number;
  check: Check;
}
export type Draft = Omit<Prompt, 'id' | 'task'>;

export const ask = (content: string): PromptMessage[] => [{ role: 'user', content }];
