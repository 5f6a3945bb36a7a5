/** Looks into a database file and says whether it is whole. Never throws; the file is not changed. */
import { existsSync } from 'node:fs';
import { integer, openDb, pragma, type Db, type DriverName } from '../db/driver.ts';

export interface Inspection {
  /** `user_version`; 0 where it can't be read. */
  version: number;
  /** What is wrong, in SQLite's words; none: the file is whole. */
  problems: string[];
  /** Not in the trash. */
  conversations: number;
  messages: number;
}

const MOST_PROBLEMS = 20;

/** @param thorough also compares every index with its table and looks for rows that point at nothing */
export function inspect(file: string, driver: DriverName, thorough = false): Inspection {
  const found: Inspection = { version: 0, problems: [], conversations: 0, messages: 0 };
  let db: Db | undefined;
  try {
    if (!existsSync(file)) throw new Error('there is no such file');
    db = openDb(file, driver);
    found.version = Number(pragma(db, 'user_version'));
    const said = db
      .prepare(`PRAGMA ${thorough ? 'integrity_check' : 'quick_check'}(${MOST_PROBLEMS})`)
      .all()
      .map((row) => String(Object.values(row)[0]));
    if (said.length !== 1 || said[0] !== 'ok') found.problems = said;
    if (thorough) {
      const lost = db.prepare('PRAGMA foreign_key_check').all().length;
      if (lost > 0) found.problems.push(`${lost} rows point at nothing`);
    }
    const count = (sql: string): number => integer(db?.prepare(`SELECT count(*) AS n FROM ${sql}`).get() ?? {}, 'n');
    if (found.version > 0) {
      found.conversations = count('conversations WHERE deleted_at IS NULL');
      found.messages = count('messages');
    }
  } catch (thrown) {
    found.problems.push(thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    db?.close();
  }
  return found;
}
export const isWhole = ({ problems, version }: Pick<Inspection, 'problems' | 'version'>): boolean =>
  problems.length === 0 && version > 0;
