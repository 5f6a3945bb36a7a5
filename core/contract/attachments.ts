/** Text files that a question brings along. They are read into the prompt, before the question's own words. */
import * as v from 'valibot';
import { channel, idSchema } from './channel.ts';

/** Files of one question. */
export const MAX_ATTACHMENTS = 8;
/** Characters of one file. */
export const MAX_ATTACHMENT_CHARACTERS = 200_000;
/** Characters of all files of one question: they travel in one message. */
export const MAX_ATTACHED_CHARACTERS = 400_000;

const nameSchema = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
export const attachedFileSchema = v.strictObject({
  name: nameSchema,
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ATTACHMENT_CHARACTERS)),
});
export type AttachedFile = v.InferOutput<typeof attachedFileSchema>;

/** A file of a stored question. Its text is read by `attachments.text`; it comes along only inside the service. */
export const attachmentSchema = v.object({ name: v.string(), characters: v.number(), text: v.optional(v.string()) });
export type Attachment = v.InferOutput<typeof attachmentSchema>;

/** What a question is sent with: a file, or one that another question of the conversation has (when that is edited). */
export const newAttachmentsSchema = v.pipe(
  v.array(
    v.union([
      attachedFileSchema,
      v.strictObject({ messageId: idSchema, at: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
    ]),
  ),
  v.maxLength(MAX_ATTACHMENTS),
);
export type NewAttachment = v.InferOutput<typeof newAttachmentsSchema>[number];

export const readAttachment = channel(
  'attachments.text',
  v.strictObject({ messageId: idSchema, at: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  v.object({ name: v.string(), text: v.string() }),
);
export const attachmentChannels = { [readAttachment.name]: readAttachment } as const;

/** A code fence longer than any in the text, so that nothing ends it early. */
export function fenceFor(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return '`'.repeat(longest + 1);
}

/** A question as the model reads it: its files, each named and fenced, then its words. */
export function withFiles(words: string, files: readonly { name: string; text?: string | undefined }[]): string {
  const parts = files.map(({ name, text = '' }) => {
    const fence = fenceFor(text);
    return `${name}:\n${fence}\n${text.endsWith('\n') ? text : `${text}\n`}${fence}`;
  });
  return [...parts, ...(words === '' ? [] : [words])].join('\n\n');
}
