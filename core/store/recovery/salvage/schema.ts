/**
 * A database names its tables in its own first pages, as SQL: one wrong letter there and SQLite opens nothing, though every row is
 * where it was. What the tables are is known here. So only the pages they begin at are looked for, in whatever can be read of the
 * schema and else by what lies in them, and a new schema is laid over the first page of the copy.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { fits, hasShape, rowOf, type CarvedRow } from './carve.ts';
import {
  HEADER,
  INNER_INDEX,
  INNER_TABLE,
  LEAF_INDEX,
  LEAF_TABLE,
  record,
  withPages,
  type Cell,
  type Pages,
} from './pages.ts';
import { quoted, type Table } from '../../db/tables.ts';

/** Rows looked at to tell whose page it is. */
const SAMPLE = 16;

/** Pages by the table that the schema says begins there; a table may be named twice where an old row of the schema is left. */
function namedRoots(pages: Pages, tables: readonly Table[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const note = (table: string, root: unknown): void => {
    if (typeof root !== 'number' || !(root > 1 && root <= pages.count)) return;
    const list = found.get(table) ?? [];
    if (!list.includes(root)) found.set(table, [...list, root]);
  };
  // the free list may be what is broken: its pages are read too
  for (let number = 1; number <= pages.count; number++) {
    const type = pages.typeOf(number);
    // rows of the schema: type, name, table, page, SQL; two of the last three names must be right
    if (type !== INNER_TABLE && type !== LEAF_INDEX && type !== INNER_INDEX) {
      for (const { payload } of pages.cells(number, LEAF_TABLE)) {
        const [kind, name, owner, root, sql] = record(payload, true) ?? [];
        if (typeof kind !== 'string' || kind === 'index' || kind === 'trigger') continue;
        const made = typeof sql === 'string' ? /TABLE\s+"?(\w+)/i.exec(sql)?.[1] : undefined;
        const table = tables.find((one) => [name, owner, made].filter((said) => said === one.name).length >= 2);
        if (table) note(table.name, root);
      }
    }
    // where the page around it is broken its words still stand together: table, name, name, page, SQL
    const words = pages.page(number).toString('latin1');
    if (!words.includes('CREATE TABLE')) continue;
    for (const { name } of tables) {
      for (let at = words.indexOf(name + name); at >= 0; at = words.indexOf(name + name, at + 1)) {
        const from = at + 2 * name.length;
        const sql = words.slice(from, from + 5).indexOf('C');
        if (sql < 1 || !words.startsWith('CREATE TABLE', from + sql) || words.slice(at - 5, at) !== 'table') continue;
        note(name, Buffer.from(words.slice(from, from + sql), 'latin1').readUIntBE(0, sql));
      }
    }
  }
  return found;
}

/** The pages that trees begin at: no other page leads there. */
function trees(pages: Pages): { roots: number[]; inner: ReadonlySet<number> } {
  const all: number[] = [];
  const inner = new Set<number>();
  for (let number = 2; number <= pages.count; number++) {
    if (pages.free.has(number) || ![LEAF_TABLE, INNER_TABLE, LEAF_INDEX, INNER_INDEX].includes(pages.typeOf(number)))
      continue;
    all.push(number);
    for (const child of pages.children(number)) inner.add(child);
  }
  return { roots: all.filter((number) => !inner.has(number)), inner };
}

/** The first cells of the tree that begins at a page. */
function sample(pages: Pages, root: number): Cell[] {
  for (let at = root, depth = 0; depth < 20; depth++) {
    const type = pages.typeOf(at);
    const cells = pages.cells(at);
    if (cells.length > 0 || (type !== INNER_TABLE && type !== INNER_INDEX)) return cells.slice(0, SAMPLE);
    const [, first = pages.children(at)[0]] = pages.children(at);
    if (first === undefined) return [];
    at = first;
  }
  return [];
}
const isType = (value: unknown, type: string): boolean =>
  value === null ||
  (type === 'TEXT'
    ? typeof value === 'string'
    : type === 'INTEGER'
      ? Number.isInteger(value)
      : type === 'REAL'
        ? typeof value === 'number'
        : type === 'BLOB'
          ? value instanceof Uint8Array
          : true);
function isRow(row: CarvedRow | null, table: Table): boolean {
  if (!row) return false;
  if (hasShape(table.name)) return fits(row, table);
  return table.columns.every(
    ({ name, type, needed }) => isType(row[name], type) && !(needed && name !== table.alias && row[name] === null),
  );
}
/** Whether a page has the kind of tree that the table needs. */
const suits = (pages: Pages, root: number, table: Table): boolean =>
  (table.rowid ? [LEAF_TABLE, INNER_TABLE] : [LEAF_INDEX, INNER_INDEX]).includes(pages.typeOf(root));
/** Whether there are rows, and most of them could be the table's. */
function holds(pages: Pages, root: number, table: Table): boolean {
  if (!suits(pages, root, table)) return false;
  const cells = sample(pages, root);
  return cells.length > 0 && cells.filter((cell) => isRow(rowOf(cell, table), table)).length * 2 > cells.length;
}

/**
 * The page that each table begins at, as far as it can be found.
 * @param others tables that are not wanted, whose pages must not be taken for those of the wanted ones
 */
function findRoots(pages: Pages, wanted: readonly Table[], others: readonly Table[]): Map<string, number> {
  const all = [...wanted, ...others];
  const named = namedRoots(pages, all);
  const { roots, inner } = trees(pages);
  const claims = new Map<number, number>();
  for (const list of named.values()) for (const root of list) claims.set(root, (claims.get(root) ?? 0) + 1);
  const found = new Map<string, number>();
  for (const table of all) {
    const sound = (named.get(table.name) ?? []).filter(
      (root) => claims.get(root) === 1 && !inner.has(root) && suits(pages, root, table),
    );
    const best = sound.find((root) => holds(pages, root, table)) ?? sound[0];
    if (best !== undefined) found.set(table.name, best);
  }
  // what is left over, where it can be the page of one table alone
  const taken = new Set(found.values());
  const left = all.filter(({ name }) => !found.has(name));
  const open = roots.filter((root) => !taken.has(root));
  const could = new Map(left.map((table) => [table.name, open.filter((root) => holds(pages, root, table))]));
  for (const table of left) {
    const [only, ...more] = could.get(table.name) ?? [];
    const rivals = left.filter(
      ({ name }) => name !== table.name && only !== undefined && could.get(name)?.includes(only),
    );
    if (only !== undefined && more.length === 0 && rivals.length === 0) found.set(table.name, only);
  }
  // a page whose own bytes are broken is no tree by its type, and still the one that was named
  for (const { name } of left) {
    const [claimed] = named.get(name) ?? [];
    if (!found.has(name) && claimed !== undefined && claims.get(claimed) === 1) found.set(name, claimed);
  }
  return new Map([...found].filter(([name]) => wanted.some((table) => table.name === name)));
}

/** A table without its rules: what it needs to be read, and nothing that a row could break. */
function looseSql({ name, columns, rowid, alias }: Table): string {
  const keys = columns.filter(({ key }) => key > 0).sort((a, b) => a.key - b.key);
  const parts = columns.map(
    (column) =>
      `${quoted(column.name)} ${column.type}${column.name === alias ? ' PRIMARY KEY' : ''}${column.standard === null ? '' : ` DEFAULT ${column.standard}`}`,
  );
  return `CREATE TABLE ${quoted(name)}(${parts.join(',')}${rowid ? ')' : `,PRIMARY KEY(${keys.map((key) => quoted(key.name)).join(',')}))WITHOUT ROWID`}`;
}

function putVarint(value: number): number[] {
  const bytes = [value & 127];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 127) | 128);
  return bytes;
}
/** A row of the schema as a cell. */
function cellOf(number: number, table: Table, root: number): Buffer {
  const texts = ['table', table.name, table.name, looseSql(table)].map((text) => Buffer.from(text));
  const page = Buffer.alloc(4);
  page.writeUInt32BE(root);
  const types = texts.map((text) => putVarint(13 + 2 * text.length));
  types.splice(3, 0, [4]);
  const header = types.flat();
  const [kind, name, owner, sql] = texts;
  const payload = Buffer.concat([
    Buffer.from([header.length + 1, ...header]),
    ...[kind, name, owner, page, sql].filter((part) => part !== undefined),
  ]);
  return Buffer.concat([Buffer.from([...putVarint(payload.length), ...putVarint(number)]), payload]);
}

/** A first page's tree with these tables in it; null where it can't hold them. */
function schemaPage(
  size: number,
  usable: number,
  roots: ReadonlyMap<string, number>,
  tables: readonly Table[],
): Buffer | null {
  const bytes = Buffer.alloc(size - HEADER);
  const present = tables.filter(({ name }) => roots.has(name));
  let at = usable;
  bytes.writeUInt8(LEAF_TABLE, 0);
  bytes.writeUInt16BE(present.length, 3);
  for (const [i, table] of present.entries()) {
    const cell = cellOf(i + 1, table, roots.get(table.name) ?? 0);
    at -= cell.length;
    // a longer one would have to run over to other pages
    if (cell.length > usable - 35 || at < HEADER + 8 + 2 * present.length) return null;
    cell.copy(bytes, at - HEADER);
    bytes.writeUInt16BE(at, 8 + 2 * i);
  }
  bytes.writeUInt16BE(at, 5);
  return bytes;
}

/**
 * Lays a schema over the copy's first page that names the wanted tables and nothing else. Returns their names; none where the copy is
 * left as it is.
 */
export function layNewSchema(copy: string, wanted: readonly Table[], others: readonly Table[]): string[] {
  const laid = withPages(copy, (pages) => {
    const roots = findRoots(pages, wanted, others);
    return { roots, page: schemaPage(pages.size, pages.usable, roots, wanted) };
  });
  if (!laid?.page || laid.roots.size === 0) return [];
  const handle = openSync(copy, 'r+');
  try {
    writeSync(handle, laid.page, 0, laid.page.length, HEADER);
    const part = Buffer.alloc(4);
    const put = (at: number, value: number): void => {
      part.writeUInt32BE(value);
      writeSync(handle, part, 0, 4, at);
    };
    // schema format 4, UTF-8, nothing to vacuum by itself
    for (const [at, value] of [
      [44, 4],
      [52, 0],
      [56, 1],
      [64, 0],
    ] as const)
      put(at, value);
  } finally {
    closeSync(handle);
  }
  return [...laid.roots.keys()];
}
