/**
 * What a database of a version must hold: the very SQL that its migrations leave. A wrong letter there can still be SQL that makes
 * sense (a trigger that counts wrong, a rule that lets nothing in), which no check of SQLite's finds.
 */
import { blob, openDb, type Db, type DriverName } from './driver.ts';
import { migrate, type Migration } from './migrations/index.ts';

const decoder = new TextDecoder();

/** Tables, indexes and triggers by kind and name; without those that SQLite and its full-text search make for themselves. */
function schemaOf(db: Db): Map<string, string> {
  const rows = db
    .prepare(
      "SELECT CAST(type AS BLOB) AS type, CAST(name AS BLOB) AS name, CAST(tbl_name AS BLOB) AS owner, CAST(sql AS BLOB) AS sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'search\\_grams\\_%' ESCAPE '\\'",
    )
    .all();
  const read = (row: (typeof rows)[number], column: string): string => decoder.decode(blob(row, column));
  return new Map(
    rows.map((row) => [
      `${read(row, 'type')} ${read(row, 'name')}`,
      `${read(row, 'owner')} ${read(row, 'sql').replace(/\s+/g, ' ')}`,
    ]),
  );
}

/** Whether everything is there as the first `version` migrations make it. What is there besides is nobody's business. */
export function hasItsSchema(
  db: Db,
  version: number,
  { driver, migrations }: { driver: DriverName; migrations: readonly Migration[] },
): boolean {
  const fresh = openDb(':memory:', driver);
  try {
    migrate(fresh, migrations.slice(0, version));
    const found = schemaOf(db);
    return [...schemaOf(fresh)].every(([name, sql]) => found.get(name) === sql);
  } finally {
    fresh.close();
  }
}
