/** The catalogue against the registries it speaks of, and its sizes against what authors publish. */
import { describe, expect, it } from 'vitest';
import { catalogue, catalogueEntry, planOf, searchCatalogue, sizeOf } from '../../../core/hub/catalogue.ts';
import { families, familyById } from '../../../core/model/families/index.ts';
import { recipes } from '../../../core/model/recipes.ts';
import { samplerWith } from '../../../core/samplers/rules/index.ts';

describe('every entry', () => {
  it('has an id and a repository of its own', () => {
    for (const key of ['id', 'repository'] as const) {
      const all = catalogue.map((entry) => entry[key].toLowerCase());
      expect(all).toEqual([...new Set(all)]);
    }
  });
  it.each(catalogue)('$id: its family can be imported in its form, and its recipe is of that family', (entry) => {
    const family = familyById(entry.family);
    expect(family?.naming[entry.format]).toBeDefined();
    const recipe = recipes.find(({ id }) => id === entry.recipe);
    expect(recipe?.family).toBe(entry.family);
    if (recipe?.contextLength !== undefined) expect(entry.contextLength).toBe(recipe.contextLength);
  });
  it.each(catalogue)(
    '$id: a folder of its name is imported with its recipe, or the recipe has to be named',
    (entry) => {
      const name = entry.repository.split('/')[1] as string;
      const own = recipes.filter(({ family }) => family === entry.family);
      const found = own.find(({ names }) => names?.test(name)) ?? own.find(({ usual }) => usual);
      expect(found?.id).toBe(entry.recipe);
    },
  );
  it.each(catalogue)('$id: its settings are those of its recipe, and its sampler takes them', (entry) => {
    const { diffusion } = recipes.find(({ id }) => id === entry.recipe) ?? {};
    const family = familyById(entry.family);
    expect(entry.settings).toMatchObject({ sampler: diffusion?.sampler?.id, params: diffusion?.sampler?.params });
    const lengths = [diffusion?.blockLength, family?.diffusion.blockLength].filter((n) => typeof n === 'number');
    if (lengths.length > 0) expect(entry.settings.blockLength).toBe(lengths[0]);
    const { attention, causalHead, shift, noise } = { ...family?.diffusion, ...diffusion };
    const capabilities = { attention, causalHead, shift, noise, wholeRows: true } as Parameters<typeof samplerWith>[2];
    expect(samplerWith(entry.settings.sampler, entry.settings.params, capabilities).sampler.id).toBe(
      entry.settings.sampler,
    );
  });
  it.each(catalogue)('$id: one sentence says what it is good at', ({ goodAt }) => {
    expect(goodAt).toMatch(/^[A-Z][^.]*(\d\.\d[^.]*)?\.$/);
    expect(goodAt.split(' ').length).toBeLessThan(25);
  });
});

it('has every diffusion family that can be imported', () => {
  const diffusion = families.filter(({ trainedMask }) => trainedMask).map(({ id }) => id);
  expect([...new Set(catalogue.map(({ family }) => family))].sort()).toEqual(diffusion.sort());
});

describe('sizes by the shape', () => {
  it.each(catalogue.filter(({ bytes, shape }) => bytes && shape))(
    '$id: two bytes a weight are what the authors publish',
    (entry) => {
      const size = sizeOf(entry);
      expect((2 * (size?.parameters ?? 0)) / (entry.bytes as number)).toBeCloseTo(1, 1.7);
      expect(size?.fetchBytes).toBe(entry.bytes);
    },
  );
  it('follow the formula: blocks of 32 with a scale of four bytes and a zero point, embeddings in 8 bits', () => {
    const entry = catalogueEntry('a2d-bd3lm');
    if (!entry?.shape) throw new Error('a2d-bd3lm has no shape');
    const { matrices, vectors } = planOf(entry.shape, entry.family);
    const floats = vectors.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    const packed = (bits: (name: string) => number): number =>
      matrices.reduce((sum, { name, rows, columns }) => {
        const blocks = columns / 32;
        return sum + rows * ((columns * bits(name)) / 8 + Math.ceil((blocks * bits(name)) / 8) + 4 * blocks);
      }, floats);
    const [four, eight] = sizeOf(entry)?.packs ?? [];
    expect(eight?.bytes).toBe(packed(() => 8));
    expect(four?.bytes).toBe(packed((name) => (/^(embed|head)$|\.down$/.test(name) ? 8 : 4)));
    expect(four?.memory).toBeLessThan(eight?.memory ?? 0);
    expect(eight?.memory).toBeGreaterThan(eight?.bytes ?? Infinity);
  });
  it('are absent where the shape is not known', () => {
    const unknown = catalogue.find(({ shape }) => !shape);
    expect(unknown && sizeOf(unknown)).toBeNull();
  });
});

describe('a search', () => {
  it('finds entries that hold every word, whatever their case', () => {
    expect(searchCatalogue('DREAM-coder fast').map(({ id }) => id)).toEqual(['dream-coder-7b']);
    expect(searchCatalogue('')).toHaveLength(catalogue.length);
    expect(searchCatalogue('no such model')).toEqual([]);
  });
  it('by id or by repository gives one', () => {
    expect(catalogueEntry('jetlm/sdar-4b-chat')?.id).toBe('sdar-4b');
    expect(catalogueEntry('sdar-4b')?.repository).toBe('JetLM/SDAR-4B-Chat');
    expect(catalogueEntry('sdar')).toBeUndefined();
  });
});
