/** What clients were told of, over all kills, and whether it is still there. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { integer, openDb, pragma, text } from '../../core/store/driver.ts';
import { inspect, isWhole } from '../../core/store/inspect.ts';
import { checkSearch, openStore } from '../../core/store/index.ts';
import type { Imported } from './data.ts';
import type { Told } from './child.ts';

export interface Losses {
  lostMessages: number;
  lostBlocks: number;
  /** Databases that are not whole, searches that are not consistent, backups that can't be read, apps that don't open. */
  corrupt: number;
  /** In words, for whoever looks into it. */
  said: string[];
}

/** What one data folder must hold. */
export class Ledger {
  readonly home: string;
  /** Texts of questions and imported messages, by identifier. */
  readonly messages = new Map<string, string>();
  /** Token texts of replies, slot by slot, and where each block begins. */
  readonly replies = new Map<string, { tokens: string[]; blocks: number[] }>();
  readonly backups = new Map<string, number>();
  constructor(home: string) {
    this.home = home;
  }

  hear(told: Told, imported: Imported): void {
    if (told.told === 'message') {
      if (told.text !== '') this.messages.set(told.id, told.text);
      else this.replies.set(told.id, { tokens: [], blocks: [] });
    } else if (told.told === 'committed') {
      const reply = this.replies.get(told.id) ?? { tokens: [], blocks: [] };
      this.replies.set(told.id, reply);
      reply.blocks.push(told.from);
      told.tokens.forEach((token, i) => (reply.tokens[told.from + i] = token));
    } else if (told.told === 'imported') {
      for (const texts of imported.slice(0, told.count)) for (const [id, words] of texts) this.messages.set(id, words);
    } else if (told.told === 'backup') this.backups.set(told.name, told.messages);
  }

  /**
   * Opens the folder as the next start of the app does, and looks for everything.
   * @param fresh replies whose stored tokens are compared one by one; of the others the text is
   */
  check(fresh: ReadonlySet<string>): Losses {
    const losses: Losses = { lostMessages: 0, lostBlocks: 0, corrupt: 0, said: [] };
    const corrupt = (what: string): void => {
      losses.corrupt++;
      losses.said.push(what);
    };
    const opened = openStore({ dataDir: this.home });
    if (!opened.ok) {
      corrupt(`does not open: ${opened.error.message}`);
      return losses;
    }
    const { store, notices } = opened.value;
    if (notices.length > 0) corrupt(notices.map((n) => n.message).join(' '));
    try {
      const db = openDb(path.join(this.home, 'mezzotint.db'));
      try {
        const whole = String(pragma(db, 'integrity_check'));
        if (whole !== 'ok') corrupt(`integrity_check: ${whole}`);
        if (db.prepare('PRAGMA foreign_key_check').all().length > 0) corrupt('rows point at nothing');
        for (const wrong of checkSearch(db)) corrupt(`search: ${wrong}`);
        if (integer(db.prepare("SELECT count(*) AS n FROM messages WHERE status = 'pending'").get() ?? {}, 'n') > 0) corrupt('a reply is pending after the start');
        const stored = new Map(db.prepare('SELECT id, text FROM messages').all().map((row) => [text(row, 'id'), text(row, 'text')]));
        for (const [id, words] of this.messages) {
          if (stored.get(id) === words) continue;
          // counted once
          this.messages.delete(id);
          losses.lostMessages++;
          losses.said.push(`message ${id} is ${stored.has(id) ? 'another' : 'not there'}`);
        }
        for (const [id, { tokens, blocks }] of this.replies) {
          const words = stored.get(id);
          const kept = words?.startsWith(tokens.join('')) && (!fresh.has(id) || tokens.every((token, slot) => token === (store.generations.tokens(id)[slot]?.text ?? null)));
          if (kept) continue;
          this.replies.delete(id);
          if (words === undefined) losses.lostMessages++;
          const begun = words !== undefined ? store.generations.tokens(id).length : 0;
          losses.lostBlocks += Math.max(1, blocks.filter((from) => from >= begun).length);
          losses.said.push(`reply ${id} has lost blocks`);
        }
      } finally {
        db.close();
      }
    } finally {
      store.close();
    }
    for (const [name, messages] of this.backups) {
      const file = path.join(this.home, 'backups', name);
      const found = existsSync(file) ? inspect(file, 'better-sqlite3') : null;
      if (!found || !isWhole(found) || found.messages !== messages) corrupt(`backup ${name} is not whole`);
    }
    // looked at once: they do not change any more
    this.backups.clear();
    return losses;
  }
}
