import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { prompts, stratified } from '../../evaluate/prompts/index.ts';
import { TASKS } from '../../evaluate/prompts/types.ts';
import { chosenSettings, quickSettings, settings } from '../../evaluate/settings.ts';

const root = path.join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim();
const question = (n: number): string => plain(prompts[n]?.messages.at(-1)?.content ?? '');

describe('the prompts', () => {
  it('are at least 400, in nine tasks, none twice', () => {
    expect(prompts.length).toBeGreaterThanOrEqual(400);
    expect(new Set(prompts.map((p) => JSON.stringify(p.messages))).size).toBe(prompts.length);
    expect(new Set(prompts.map((p) => p.id)).size).toBe(prompts.length);
    for (const task of TASKS) expect(prompts.filter((p) => p.task === task).length, task).toBeGreaterThanOrEqual(36);
  });
  it('begin with no opening that training questions begin with', () => {
    const kinds = read('models/adapt/kinds.py');
    const openings = [
      ...kinds.slice(kinds.indexOf('REWRITE'), kinds.indexOf('# kind:')).matchAll(/"((?:[^"\\]|\\.)+)"/g),
    ]
      .map((m) => plain((m[1] ?? '').replaceAll('\\n', '\n')))
      .filter((o) => o !== '');
    expect(openings.length).toBeGreaterThan(40);
    const shared = prompts.flatMap((p, n) =>
      openings.filter((o) => question(n) === o || question(n).startsWith(`${o} `)).map((o) => `${p.id}: ${o}`),
    );
    expect(shared).toEqual([]);
  });
  it('are none that the app suggests, nor the bench asks', () => {
    const shown = readdirSync(path.join(root, 'renderer/strings/en'));
    expect(shown).toContain('empty.ts');
    const elsewhere = plain(
      [...shown.map((name) => `renderer/strings/en/${name}`), 'test/bench/prompts.ts'].map(read).join(''),
    );
    expect(prompts.filter((_, n) => elsewhere.includes(question(n))).map((p) => p.id)).toEqual([]);
  });
  it('of arithmetic say sums whose values are right', () => {
    const sums = prompts.flatMap((p) => {
      const found = /Work out (\d+) (plus|minus|times|divided by) (\d+)/.exec(p.messages[0]?.content ?? '');
      return found && p.check.kind === 'number' ? [{ found, value: p.check.value }] : [];
    });
    expect(sums.length).toBeGreaterThan(20);
    for (const {
      found: [, a, sign, b],
      value,
    } of sums)
      expect(
        {
          plus: Number(a) + Number(b),
          minus: Number(a) - Number(b),
          times: Number(a) * Number(b),
          'divided by': Number(a) / Number(b),
        }[sign as 'plus'],
      ).toBe(value);
  });
  it('of extraction and recall hold their answers before the question', () => {
    for (const p of prompts) {
      const wanted =
        p.check.kind === 'pieces'
          ? p.check.wanted
          : p.task === 'recall' && p.check.kind === 'answer'
            ? p.check.answers
            : [];
      for (const piece of wanted) expect(p.messages.map((m) => m.content).join('\n'), p.id).toContain(piece);
    }
  });
  it('have a quick part: five of each task, the same ones every time', () => {
    const quick = stratified(prompts, 5);
    expect(quick).toHaveLength(45);
    expect(new Set(quick.map((p) => p.id)).size).toBe(45);
    for (const task of TASKS) expect(quick.filter((p) => p.task === task)).toHaveLength(5);
    expect(stratified(prompts, 5)).toEqual(quick);
  });
});

describe('the settings', () => {
  it('are one by one, Exact, and Fast at several thresholds and three block lengths, bolder ones in blocks of 4', () => {
    expect(settings.map((s) => s.name)).toEqual([
      'ar',
      'exact',
      ...[0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95].map((t) => `fast-${t}x4`),
      ...[8, 16].flatMap((b) => [0.3, 0.7, 0.8, 0.9, 0.95].map((t) => `fast-${t}x${b}`)),
    ]);
    expect(chosenSettings(quickSettings)).toHaveLength(quickSettings.length);
  });
  it('named on the command line come with one by one, and a wrong name is told', () => {
    expect(chosenSettings(['fast-0.9x4']).map((s) => s.name)).toEqual(['ar', 'fast-0.9x4']);
    expect(() => chosenSettings(['fast-1x1'])).toThrow('fast-1x1');
  });
});
