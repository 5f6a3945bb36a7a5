/** Standard input, read to its end however slowly it comes. */
import type { Readable } from 'node:stream';
import { MezzotintError } from '../contract/result.ts';

/**
 * @param most bytes; more is refused without being read
 * @throws MezzotintError `bad-request` where it is longer or no UTF-8, `file-invalid` where it can't be read
 */
export async function readText(stream: Readable, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > most) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new MezzotintError(
      'file-invalid',
      `Standard input can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { action: 'Check what is piped or redirected into the command.', cause },
    );
  }
  if (bytes > most)
    throw new MezzotintError('bad-request', `Standard input has more than ${most.toLocaleString('en')} bytes.`, {
      action: 'Send a shorter text.',
    });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new MezzotintError('bad-request', 'Standard input is not UTF-8 text.', {
      action: 'Convert it first, for example with iconv.',
      cause,
    });
  }
}
