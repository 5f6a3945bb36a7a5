/** A server on another machine, as replies carry it. core/contract/servers.ts has the channels. */
import * as v from 'valibot';

/**
 * mezzotint: everything that Mezzotint's own API sends · openai-blocks: any OpenAI-compatible server, finished text alone ·
 * unsloth: the text of the block at work, step by step · mercury: the whole text so far, noise included.
 */
export const dialectSchema = v.picklist(['mezzotint', 'openai-blocks', 'unsloth', 'mercury']);
export type DialectId = v.InferOutput<typeof dialectSchema>;

export const serverRefSchema = v.object({
  /** As the person called it. */
  name: v.string(),
  /** With the port where it is not the usual one. */
  host: v.string(),
  dialect: dialectSchema,
  /** Whether states of the canvas are sent, or finished text alone. */
  states: v.boolean(),
  /** What a slot is: a token of the model, or a piece of text as it came. Pieces are not counted as tokens. */
  unit: v.picklist(['token', 'text']),
  /** Settings that the server refused and wrote without, by the names of OpenAI's fields. */
  leftOut: v.optional(v.array(v.string())),
});
export type ServerRef = v.InferOutput<typeof serverRefSchema>;
