/** What the soak works on: files to import, and databases of version 1, made by seed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDb } from '../../core/store/driver.ts';
import { migrate, migrations } from '../../core/store/migrations/index.ts';
import { fakeText } from '../fixtures/fake-engine.ts';

const textOf = (c: number, m: number): string => `${c}/${m}: ${fakeText.slice((c * 7 + m * 31) % 120, 160 + ((c * 13 + m) % 100))}`;

/** Conversations of an import in their order: identifiers and texts of their messages. */
export type Imported = ReadonlyArray<ReadonlyMap<string, string>>;

/** Writes a file in Mezzotint's own JSON. @param name begins every identifier in it */
export function importFile(file: string, name: string, count: number): Imported {
  const all = Array.from({ length: count }, (_, c) => new Map([0, 1, 2, 3].map((m) => [`${name}-${c}-${m}`, textOf(c, m)] as const)));
  const conversations = all.map((texts, c) => {
    const ids = [...texts.keys()];
    return {
      id: `${name}-${c}`, title: `Imported ${c}`, titleSource: 'auto', createdAt: 1_700_000_000_000 + c, updatedAt: 1_700_000_000_000 + c, currentMessageId: ids.at(-1),
      messages: ids.map((id, m) => ({ id, parentId: ids[m - 1] ?? null, shownChildId: ids[m + 1] ?? null, role: m % 2 === 0 ? 'user' : 'assistant', text: texts.get(id), status: 'complete', createdAt: 1_700_000_000_000 + c, generations: [] })),
    };
  });
  writeFileSync(file, JSON.stringify({ format: 'mezzotint-conversations', version: 1, exportedAt: 1_700_000_000_000, frames: false, conversations }));
  return all;
}

/** A data folder whose database is of version 1. Returns its messages. */
export function firstVersion(home: string, count: number): Map<string, string> {
  mkdirSync(home, { recursive: true });
  const db = openDb(path.join(home, 'mezzotint.db'));
  const texts = new Map<string, string>();
  try {
    migrate(db, migrations.slice(0, 1));
    const conversation = db.prepare("INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES (?, 'Old', 'auto', ?, ?)");
    const message = db.prepare("INSERT INTO messages (id, conversation_id, parent_id, role, text, status, created_at) VALUES (?, ?, ?, ?, ?, 'complete', ?)");
    db.transaction(() => {
      for (let c = 0; c < count; c++) {
        conversation.run(`old-${c}`, c, c);
        for (let m = 0; m < 6; m++) {
          message.run(`old-${c}-${m}`, `old-${c}`, m === 0 ? null : `old-${c}-${m - 1}`, m % 2 === 0 ? 'user' : 'assistant', textOf(c, m), c);
          texts.set(`old-${c}-${m}`, textOf(c, m));
        }
      }
    });
  } finally {
    db.close();
  }
  return texts;
}
