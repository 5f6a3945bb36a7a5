/** A file to be imported: read by parts, as the import asks for them. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, type ReadStream } from 'node:fs';
import { failure, MezzotintError, reasonOf } from '../contract/result.ts';
import { MAX_FILE_BYTES } from '../contract/transfer.ts';

export interface SourceFile {
  /** Bytes. */
  size: number;
  read(at: number, length: number): Buffer;
  close(): void;
}

const unreadable = (file: string, cause: unknown): MezzotintError =>
  cause instanceof MezzotintError
    ? cause
    : failure('cli.file-unreadable', { file, reason: reasonOf(cause) }, { cause });

/** What comes through a pipe has no size before its end: it is kept. */
async function kept(file: string, stream: ReadStream | NodeJS.ReadableStream): Promise<SourceFile> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_FILE_BYTES) throw failure('cli.pipe-too-long', { file, megabytes: MAX_FILE_BYTES / 1024 / 1024 });
  }
  const all = Buffer.concat(chunks);
  return { size: all.byteLength, read: (at, length) => all.subarray(at, at + length), close: () => undefined };
}

/**
 * @param file a path, or `-` for standard input
 * @throws MezzotintError `file-invalid`
 */
export async function openSource(file: string, stdin: NodeJS.ReadableStream): Promise<SourceFile> {
  try {
    if (file === '-') return await kept('Standard input', stdin);
    const fd = openSync(file, 'r');
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      closeSync(fd);
      throw failure('cli.source-is-folder', { file });
    }
    if (!stat.isFile()) return await kept(file, createReadStream(file, { fd }));
    return {
      size: stat.size,
      read(at, length) {
        const buffer = Buffer.alloc(length);
        let done = 0;
        try {
          while (done < length) {
            const read = readSync(fd, buffer, done, length - done, at + done);
            if (read === 0) throw new Error('it became shorter while it was read');
            done += read;
          }
        } catch (cause) {
          throw unreadable(file, cause);
        }
        return buffer;
      },
      close: () => closeSync(fd),
    };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}
