/** A drafter into a pack: what is kept as it is, and which files are refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packDrafter } from '../../../core/checkpoints/drafter.ts';
import { encodeSafetensors, openSafetensors, type SafetensorsTensor } from '../../../core/model/safetensors.ts';
import { readExpectedDrafts, writeSmallDrafter } from '../../fixtures/drafter/packs.ts';

const dir = mkdtempSync(join(tmpdir(), 'mezzotint-drafter-'));
afterAll(() => rmSync(dir, { recursive: true }));
const pack = { ...writeSmallDrafter(dir, 4), tiedEmbedding: true };
const { words } = readExpectedDrafts();

test("its head is the model's own rows of its words, byte for byte", () => {
  const file = openSafetensors(join(dir, 'drafter.safetensors'));
  expect(Array.from(file.ints('drafter.words'))).toEqual(words);
  const head = file.bytes('drafter.head.weight');
  const scales = file.bytes('drafter.head.scales');
  file.close();
  const embed = readFileSync(join(dir, 'embed.bin'));
  words.forEach((id, row) => {
    expect(Buffer.from(head.subarray(row * 64, (row + 1) * 64)).equals(embed.subarray(id * 64, (id + 1) * 64))).toBe(
      true,
    );
    const at = 112 * 64 + id * 8;
    expect(Buffer.from(scales.subarray(row * 8, (row + 1) * 8)).equals(embed.subarray(at, at + 8))).toBe(true);
  });
});

test('the manifest says its sizes, and keeps what the trainer wrote', () => {
  expect(pack.drafter).toMatchObject({
    layers: 2,
    taps: [1, 3],
    slots: 4,
    window: 6,
    followers: 32,
    words: words.length,
    training: { seed: '7' },
  });
});

describe('refused, with the reason:', () => {
  const sizes = { layers: 1, taps: [2], slots: 4, window: 6, followers: 32 };
  const file = (over: { sizes?: unknown; words?: number[]; fc?: number[] }): string => {
    const [n = 64, k = 64] = over.fc ?? [];
    const tensors: SafetensorsTensor[] = [
      { name: 'words', shape: [(over.words ?? words).length], data: Int32Array.from(over.words ?? words) },
      ...['context_norm', 'final_norm'].map((name) => ({ name, shape: [64], data: new Float32Array(64) })),
      { name: 'masks', shape: [3, 64], data: new Float32Array(3 * 64) },
      { name: 'fc', shape: [n, k], data: new Float32Array(n * k) },
    ];
    const path = join(dir, 'bad.safetensors');
    writeFileSync(path, encodeSafetensors(tensors, { sizes: JSON.stringify(over.sizes ?? sizes) }).bytes);
    return path;
  };
  test.each([
    ['no sizes', { sizes: {} }, /sizes/],
    ['states of a layer the model has not', { sizes: { ...sizes, taps: [2, 4] } }, /layer 4; this model has 3/],
    ['a word outside the vocabulary', { words: [...words.slice(1), 112] }, /words/],
    ['a word twice', { words: [...words.slice(1), words[1] as number] }, /words/],
    ['too few words', { words: words.slice(0, 64) }, /more than 64/],
    ['a matrix of another model', { fc: [64, 128] }, /fc as \[64, 128\]; this model needs \[64, 64\]/],
    ['a missing matrix', {}, /no tensor named fuse/],
  ])('%s', (_, over, message) => {
    expect(() => packDrafter(file(over), pack, dir, {})).toThrow(message);
  });
});
