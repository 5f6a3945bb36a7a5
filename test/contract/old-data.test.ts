/**
 * A database that version 0.1 wrote (fixtures/replies: 3 conversations, a folder, a preset, settings of their own) opens as it was:
 * words, traces, order and settings. Packs of its manifest format are opened by every test that runs the model that ships.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import type { DriverName } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { readManifest } from '../../core/engine/pack.ts';
import { textsIn } from '../fixtures/filled-store.ts';
import { packDir } from '../fixtures/engine-under-test.ts';

const fixture = (name: string): Buffer => readFileSync(path.join(import.meta.dirname, '../fixtures/replies', name));
const was = JSON.parse(fixture('version-0.1.db.json').toString()) as {
  texts: Record<string, string>;
  events: GenerationEvent[];
};

let dataDir = '';
let store: Store | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-old-'));
  writeFileSync(path.join(dataDir, 'mezzotint.db'), gunzipSync(fixture('version-0.1.db.gz')));
});
afterEach(() => {
  store?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe.each<DriverName>(['better-sqlite3', 'libsql'])('a database of version 0.1, with %s', (driver) => {
  it('opens without a notice and has every word, trace, folder, preset and setting', () => {
    const opened = openStore({ dataDir, driver });
    if (!opened.ok) throw new Error(opened.error.message);
    ({ store } = opened.value);
    expect(opened.value.notices).toEqual([]);
    expect(Object.fromEntries([...textsIn(store)].sort())).toEqual(was.texts);
    expect(was.events.length).toBeGreaterThan(10);
    expect(store.generations.events('c2r1')).toMatchObject(was.events);
    expect(store.order.folders().map(({ name }) => name)).toEqual(['Prints']);
    expect(store.conversations.list().find(({ id }) => id === 'c1')?.folderId).toBe('f');
    const [preset] = store.presets.list();
    expect(preset).toMatchObject({
      name: 'Short',
      instructions: 'Be brief.',
      settings: { sampling: { temperature: 0 }, sampler: { id: 'autoregressive' }, ending: { maxTokens: 40 } },
    });
    const { generation, theme } = store.settings.read();
    expect(theme).toBe('paper');
    expect(generation).toMatchObject({
      sampling: { temperature: 0.4 },
      sampler: { id: 'corrected-threshold', params: { threshold: 0.6, blockLength: 8 } },
    });
    const generations = store.messages.ofConversation('c0').flatMap(({ generation: one }) => one ?? []);
    expect(generations.map(({ mode, settings }) => [mode, settings.sampler.id, settings.sampling.topP])).toEqual([
      ['exact', 'speculative', 0.95],
      ['exact', 'speculative', 0.95],
    ]);
  });
});

it('a pack of manifest format 1 opens: the one that ships is one', () => {
  const stored = JSON.parse(readFileSync(path.join(packDir, 'manifest.json'), 'utf8')) as { format: number };
  expect(stored.format).toBe(1);
  expect(readManifest(packDir).manifest).toMatchObject({ family: 'llama' });
});
