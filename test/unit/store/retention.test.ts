/** Which automatic backups stay: by days and weeks, whatever the clock and the names say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stamp } from '../../../core/store/db/names.ts';
import { readName } from '../../../core/store/recovery/backup.ts';
import { DAY_MS, expired, isDue, KEEP_DAYS, KEEP_WEEKS, type Dated } from '../../../core/store/recovery/retention.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const auto = (at: number, name = `mezzotint-${stamp(at)}-auto.db`): Dated => ({ name, at, kind: 'auto' });
const kinds = fc.constantFrom('auto' as const, 'asked' as const, 'migration' as const);
/** Times around now, before and after, some absurd. */
const times = fc.oneof(
  fc.integer({ min: NOW - 400 * DAY_MS, max: NOW + 3 * DAY_MS }),
  fc.constantFrom(0, NOW, Date.UTC(9999, 11, 31), Number.NaN, -1),
);
const backups = fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1 }), at: times, kind: kinds }), {
  selector: ({ name }) => name,
  maxLength: 60,
});
const run = (property: fc.IProperty<[Dated[]]>): void => fc.assert(property, { seed: 20261125, numRuns: 400 });

describe('old backups', () => {
  it('a year of daily ones leaves seven days and four weeks', () => {
    const all = Array.from({ length: 365 }, (_, i) => auto(NOW - i * DAY_MS));
    const gone = new Set(expired(all, NOW));
    const kept = all.filter(({ name }) => !gone.has(name)).map(({ at }) => (NOW - at) / DAY_MS);
    // Wednesday: the Sundays 3, 10 and 17 days ago end the weeks before this one; 3 is among the days
    expect(kept).toEqual([0, 1, 2, 3, 4, 5, 6, 10, 17]);
  });
  it('several on one day: the newest stays', () => {
    const all = [0, 1, 2, 3].map((hours) => auto(NOW - hours * 3_600_000));
    expect(expired(all, NOW)).toEqual(all.slice(1).map(({ name }) => name));
  });
  it('after a long pause none goes: what counts is days that have one', () => {
    const all = [400, 300, 200, 100, 50].map((days) => auto(NOW - days * DAY_MS));
    expect(expired(all, NOW)).toEqual([]);
  });
  it('at most seven days and four weeks stay of what is past, and the newest always', () =>
    run(
      fc.property(backups, (all) => {
        const gone = new Set(expired(all, NOW));
        const kept = all.filter(({ name, kind, at }) => kind === 'auto' && at <= NOW && !gone.has(name));
        expect(kept.length).toBeLessThanOrEqual(KEEP_DAYS + KEEP_WEEKS);
        const past = all.filter(({ kind, at }) => kind === 'auto' && at <= NOW);
        const newest = Math.max(...past.map(({ at }) => at));
        if (past.length > 0) expect(kept.some(({ at }) => at === newest)).toBe(true);
      }),
    ));
  it('names nothing that a person asked for, that came before a migration, or that has a time to come', () =>
    run(
      fc.property(backups, (all) => {
        const byName = new Map(all.map((b) => [b.name, b]));
        for (const name of expired(all, NOW))
          expect(byName.get(name)).toMatchObject({
            kind: 'auto',
            at: expect.toSatisfy((at: number) => at <= NOW) as number,
          });
      }),
    ));
  it('once done there is nothing more to do, in whatever order they are listed', () =>
    run(
      fc.property(backups, (all) => {
        const gone = new Set(expired(all, NOW));
        const rest = all.filter(({ name }) => !gone.has(name));
        expect(expired(rest, NOW)).toEqual([]);
        expect(new Set(expired([...all].reverse(), NOW))).toEqual(gone);
      }),
    ));
  it('a clock that went back takes nothing away that the right one would keep', () =>
    run(
      fc.property(backups, (all) => {
        const real = all.filter(({ at }) => at <= NOW);
        const backThen = NOW - 200 * DAY_MS;
        const later = new Set(real.filter(({ at }) => at > backThen).map(({ name }) => name));
        expect(expired(real, backThen).filter((name) => later.has(name))).toEqual([]);
      }),
    ));
});

describe('a backup is due', () => {
  it('where there is none of the last day, also where the clock went back', () => {
    expect(isDue([], NOW)).toBe(true);
    expect(isDue([auto(NOW - DAY_MS + 1)], NOW)).toBe(false);
    expect(isDue([auto(NOW - DAY_MS)], NOW)).toBe(true);
    expect(isDue([auto(NOW + 1)], NOW)).toBe(true);
    // one before a migration holds what was before it
    expect(isDue([{ ...auto(NOW), kind: 'migration' }], NOW)).toBe(true);
    expect(isDue([{ ...auto(NOW), kind: 'asked' }], NOW)).toBe(false);
  });
});

describe('the name of a backup', () => {
  it('is read back as it was given', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Date.UTC(9999, 0, 1) }),
        fc.constantFrom(
          ['', 'asked'],
          ['-auto', 'auto'],
          ['-before-v7', 'migration'],
          ['-auto-2', 'auto'],
          ['-3', 'asked'],
        ),
        (at, [tail, kind]) => {
          const name = `mezzotint-${stamp(at)}${tail}.db`;
          expect(readName(name)).toEqual({ name, at, kind });
        },
      ),
      { seed: 20261125 },
    ));
  it('that is none says nothing', () => {
    for (const name of [
      'mezzotint-20260231-000000-000.db',
      'mezzotint-99991399-000000-000-auto.db',
      'mezzotint-.db',
      'mezzotint-20261123-000000-000-auto.db.part',
      'other.db',
      '../mezzotint-20261123-000000-000.db',
    ])
      expect(readName(name)).toBeNull();
  });
});
