/** The version of a database read from its bytes: a database that may be newer must not even be opened, for SQLite would write to it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';

const USER_VERSION_AT = 60;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

function readBytes<T>(file: string, use: (read: (at: number, count: number) => Buffer | null) => T): T | null {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return null;
  const handle = openSync(file, 'r');
  try {
    return use((at, count) => {
      const bytes = Buffer.alloc(count);
      return readSync(handle, bytes, 0, count, at) === count ? bytes : null;
    });
  } finally {
    closeSync(handle);
  }
}

const ofHeader = (file: string): number | null =>
  readBytes(file, (read) => {
    const header = read(0, 100);
    return header?.toString('latin1', 0, 15) === 'SQLite format 3' ? header.readUInt32BE(USER_VERSION_AT) : null;
  });

/** The write-ahead log may hold a newer first page: the last one that was committed counts. */
const ofLog = (file: string): number | null =>
  readBytes(file, (read) => {
    const header = read(0, WAL_HEADER);
    if (!header) return null;
    const pageSize = header.readUInt32BE(8);
    let committed: number | null = null;
    let pending: number | null = null;
    for (let at = WAL_HEADER; ; at += FRAME_HEADER + pageSize) {
      const frame = read(at, FRAME_HEADER);
      // frames of an earlier round of the log carry other salts
      if (!frame || frame.compare(header, 16, 24, 8, 16) !== 0) return committed;
      if (frame.readUInt32BE(0) === 1) pending = read(at + FRAME_HEADER, 100)?.readUInt32BE(USER_VERSION_AT) ?? pending;
      if (frame.readUInt32BE(4) !== 0) committed = pending;
    }
  });

/** `user_version` of a database file and its write-ahead log, both only read; null where there is none. */
export const versionOnDisk = (file: string): number | null => ofLog(`${file}-wal`) ?? ofHeader(file);
