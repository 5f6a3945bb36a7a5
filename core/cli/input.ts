/** Standard input, read to its end however slowly it comes. */
import type { Readable } from 'node:stream';
import { failure, reasonOf } from '../contract/result.ts';

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
    throw failure('cli.input-unreadable', { reason: reasonOf(cause) }, { cause });
  }
  if (bytes > most) throw failure('cli.input-too-long', { most });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw failure('cli.input-not-utf8', {}, { cause });
  }
}
