/** Calls of a caller's functions: which one, and its arguments, as JSON of its schema. */
import * as v from 'valibot';
import type { PromptMessage } from '../../contract/engine.ts';
import type { Api } from '../api.ts';
import { badRequest } from '../errors.ts';
import type { Work } from '../reply.ts';
import { optional } from '../requests/optional.ts';
import type { Asked } from '../run.ts';
import { plainWork } from '../work.ts';
import { readSchema, type Node } from './schema.ts';
import { writeStructured } from './write.ts';

const declared = v.looseObject({
  name: v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, 'a name of letters, figures, _, . and - is needed')),
  description: optional(v.string()),
  parameters: optional(v.record(v.string(), v.unknown())),
});
const kind = v.literal('function', 'function is needed');
const MOST = 128;
const TOO_MANY = `${MOST} are the most`;
/** As chat completions and Ollama have them: each in an object of its own. */
export const toolsSchema = v.pipe(
  v.array(v.looseObject({ type: kind, function: declared })),
  v.maxLength(MOST, TOO_MANY),
);
/** As responses have them. */
export const flatToolsSchema = v.pipe(
  v.array(v.looseObject({ type: kind, ...declared.entries })),
  v.maxLength(MOST, TOO_MANY),
);
export const toolChoiceSchema = v.union(
  [
    v.picklist(['none', 'auto', 'required']),
    v.looseObject({ type: v.literal('function'), function: v.looseObject({ name: v.string() }) }),
  ],
  'none, auto, required or a function is needed',
);
export const flatToolChoiceSchema = v.union(
  [v.picklist(['none', 'auto', 'required']), v.looseObject({ type: v.literal('function'), name: v.string() })],
  'none, auto, required or a function is needed',
);
export interface Tools {
  functions: { name: string; parameters: Node }[];
  /** auto: the model decides whether it calls one. */
  choice: 'auto' | 'required';
  /** What the model is told of them. */
  words: string;
}

type Declared = v.InferOutput<typeof declared>;
type Choice = 'none' | 'auto' | 'required' | { name: string };
/** Where a request names them, for its errors: of the n-th function's parameters, and of the chosen name. */
interface Paths {
  parameters: (n: number) => string;
  name: string;
}

/** @returns null where none may be called. @throws ApiError 400 with the path */
export function readTools(
  tools: v.InferOutput<typeof toolsSchema> | undefined,
  choice?: v.InferOutput<typeof toolChoiceSchema>,
): Tools | null {
  return toolsOf(
    tools?.map((one) => one.function),
    typeof choice === 'object' ? { name: choice.function.name } : choice,
    { parameters: (n) => `tools.${n}.function.parameters`, name: 'tool_choice.function.name' },
  );
}
/** The same of a request for a response. */
export function readFlatTools(
  tools: v.InferOutput<typeof flatToolsSchema> | undefined,
  choice: v.InferOutput<typeof flatToolChoiceSchema> | undefined,
): Tools | null {
  return toolsOf(tools, choice, { parameters: (n) => `tools.${n}.parameters`, name: 'tool_choice.name' });
}

function toolsOf(tools: readonly Declared[] = [], choice: Choice | undefined, paths: Paths): Tools | null {
  if (tools.length === 0 || choice === 'none') {
    if (choice === 'required' || typeof choice === 'object')
      throw badRequest('tool_choice: there are no tools to choose from.', 'tool_choice');
    return null;
  }
  const all = tools.map(({ name, parameters }, i) => ({
    name,
    parameters: readSchema({ type: 'object', ...parameters }, paths.parameters(i)),
  }));
  const named = typeof choice === 'object' ? choice.name : undefined;
  const functions = named === undefined ? all : all.filter(({ name }) => name === named);
  if (functions.length === 0)
    throw badRequest(`tool_choice: there is no function ${JSON.stringify(named)}.`, paths.name);
  return {
    functions,
    choice: choice === 'required' || named !== undefined ? 'required' : 'auto',
    words: `You can call these functions:\n${tools
      .map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }))
      .join('\n')}`,
  };
}

const withWords = (messages: readonly PromptMessage[], words: string): PromptMessage[] => {
  const [first, ...rest] = messages;
  return first?.role === 'system'
    ? [{ role: 'system', content: `${first.content}\n\n${words}` }, ...rest]
    : [{ role: 'system', content: words }, ...messages];
};
export const toolMessages = (messages: readonly PromptMessage[], { words }: Tools): PromptMessage[] =>
  withWords(messages, words);
/** The question whether a function is needed, which is put beside the reply. */
const WHETHER = 'Before you answer, say "call" if one of these functions is needed for it, else "text".';

/** `asked.messages` has the functions in words. */
export function toolWork(api: Api, asked: Asked, { functions, choice }: Tools): Work {
  return async (ticket, hear) => {
    if (choice === 'auto') {
      const silent = { event: () => undefined, delta: () => undefined };
      let chosen = '';
      const question = { ...asked, messages: withWords(asked.messages, WHETHER) };
      const { reason } = await writeStructured(api, ticket, question, silent, async (writer) => {
        chosen = await writer.decide(['call', 'text']);
      });
      if (chosen !== 'call' && reason === 'end') return plainWork(api, asked)(ticket, hear);
    }
    let name = functions[0]?.name ?? '';
    const { text, reason, tokens, counts } = await writeStructured(
      api,
      ticket,
      asked,
      { event: hear.event, delta: () => undefined },
      async (writer) => {
        writer.fixed('{"name": "');
        name = await writer.decide(functions.map((one) => one.name));
        writer.fixed('", "arguments":');
        await writer.value(
          functions.find((one) => one.name === name)?.parameters ?? { kind: 'object', properties: [] },
          1,
          true,
        );
        writer.fixed('}');
      },
    );
    if (reason !== 'end') return { text: '', reason, tokens: [], counts };
    const call = JSON.parse(text) as { arguments: unknown };
    return {
      text: '',
      reason: 'tool-calls',
      tokens,
      counts,
      calls: [
        { id: `call_${api.newId().replace(/-/g, '').slice(0, 24)}`, name, arguments: JSON.stringify(call.arguments) },
      ],
    };
  };
}
