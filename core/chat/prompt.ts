/** What the model is given to read, made of a branch. Pure, but for the preview, which asks the engine. */
import { withFiles } from '../contract/attachments.ts';
import type { Message } from '../contract/conversations.ts';
import type { PromptMessage } from '../contract/engine.ts';
import type { Request, Response } from '../contract/index.ts';
import { failure } from '../contract/result.ts';
import type { Engine } from '../engines/index.ts';

/** The messages of a branch that are read: not those that are deleted, nor replies without text. */
const isRead = ({ role, text, deletedAt }: Message): boolean =>
  deletedAt === undefined && (role !== 'assistant' || text !== '');

/** What the model is given: a branch with the files of its questions, without what is deleted and replies that have no text. */
export const promptOf = (path: readonly Message[]): PromptMessage[] =>
  path
    .filter(isRead)
    .map(({ role, text, attachments }) => ({ role, content: attachments ? withFiles(text, attachments) : text }));

/** A conversation's own instructions stand first, in place of any it was imported with; '': what is there stays. */
export const withInstructions = (instructions: string, messages: PromptMessage[]): PromptMessage[] =>
  instructions === ''
    ? messages
    : [{ role: 'system', content: instructions }, ...messages.filter(({ role }, i) => i > 0 || role !== 'system')];

/** The preview of a question after a branch: `path` is what stands before it. */
export async function previewOf(
  engine: Pick<Engine, 'preview'>,
  path: readonly Message[],
  {
    text,
    instructions,
    maxTokens,
    withText,
  }: Pick<Request<'chat.preview'>, 'text' | 'instructions' | 'maxTokens' | 'withText'>,
): Promise<Response<'chat.preview'>> {
  const read = path.filter(isRead);
  const given = withInstructions(instructions, [
    ...promptOf(path),
    ...(text === '' ? [] : [{ role: 'user' as const, content: text }]),
  ]);
  const preview = await engine.preview(given, { maxTokens, withText });
  // places in the list that was given, back to stored messages
  const ids: (string | null)[] = read.map(({ id }) => id);
  if (instructions !== '') ids.splice(0, read[0]?.role === 'system' ? 1 : 0, null);
  return {
    ...preview,
    parts: preview.parts.map((part) => ({
      ...part,
      messageId: part.message === null ? null : (ids[part.message] ?? null),
    })),
  };
}

/** Refuses a question that can't be read whole, before anything is stored. Short ones are not even counted: a token is a byte at least. */
export async function refuseTooLong(
  engine: Pick<Engine, 'status' | 'preview'>,
  question: { text: string; instructions: string; maxTokens: number },
): Promise<void> {
  if (engine.status.state !== 'ready') return;
  const bytes = Buffer.byteLength(question.text) + Buffer.byteLength(question.instructions);
  if (bytes < engine.status.pack.contextLength / 2) return;
  const { fits, tokens, contextLength, reserve } = await previewOf(engine, [], { ...question, withText: false });
  if (fits) return;
  throw failure('chat.too-long', { tokens, room: contextLength - reserve });
}
