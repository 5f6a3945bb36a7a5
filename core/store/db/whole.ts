/** Whether a database seems whole, as every start after an unclean end asks. */
import { pragma, text, type Db } from './driver.ts';

/**
 * SQLite's quick check of every table but the search index's, whose check alone takes seconds for large histories: the index
 * is rebuilt from the messages where it turns out to be damaged.
 * @param thorough compares each index with its table too
 * @throws where the damage is such that the check itself can't run (`isDamage`)
 */
export function seemsWhole(db: Db, thorough: boolean): boolean {
  const tables = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search\\_grams%' ESCAPE '\\' AND rootpage > 0",
    )
    .all();
  return tables.every(
    (row) =>
      pragma(db, `${thorough ? 'integrity_check' : 'quick_check'}('${text(row, 'name').replaceAll("'", "''")}')`) ===
      'ok',
  );
}
