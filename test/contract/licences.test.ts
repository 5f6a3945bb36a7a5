/** Everything that ships has its licence text in resources/licences. The lists of modules are those of the builds. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRoot } from '../../scripts/lib/common.mjs';

const folder = inRoot('resources', 'licences');
const sections = (): { title: string; text: string }[] =>
  readFileSync(path.join(folder, 'THIRD-PARTY.txt'), 'utf8')
    .split(`${'='.repeat(78)}\n\n`)
    .map((section, at) => (at === 0 ? section.slice(section.indexOf('\n\n') + 2) : section))
    .map((section) => ({ title: section.split('\n', 1)[0] ?? '', text: section }));
/** Packages named by the builds' modules, without the folders they lie in. */
const shipped = (): string[] => {
  const modules = ['bundles', 'renderer'].flatMap(
    (list) => JSON.parse(readFileSync(inRoot('dist', `.${list}-modules.json`), 'utf8')) as string[],
  );
  return [
    ...new Set(
      modules.flatMap((module) => /node_modules\/((?:@[^/]+\/)?[^/?]+)(?!.*node_modules\/)/.exec(module)?.[1] ?? []),
    ),
  ].filter((name) => existsSync(inRoot('node_modules', name, 'package.json')));
};

describe('the licences', () => {
  it('are those of this build: node scripts/licences.mjs --check agrees', () => {
    const { status, stderr } = spawnSync(process.execPath, [inRoot('scripts', 'licences.mjs'), '--check'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });
  it('have a whole text for every package that went into a bundle, and for the native modules', () => {
    const all = sections();
    for (const name of [...shipped(), 'better-sqlite3', 'onnxruntime-node', 'onnxruntime-common']) {
      const found = all.filter(({ title }) => title.startsWith(`${name} `));
      expect(found, name).not.toEqual([]);
      for (const { text } of found) expect(text, name).toMatch(/permission|licensed under|license|copyright/i);
      for (const { text } of found) expect(text.length, name).toBeGreaterThan(500);
    }
  });
  it('of ONNX Runtime are of the version that ships, with its notices of third parties', () => {
    const { version } = JSON.parse(
      readFileSync(inRoot('node_modules', 'onnxruntime-node', 'package.json'), 'utf8'),
    ) as { version: string };
    expect(readdirSync(folder).filter((name) => name.startsWith('onnxruntime-'))).toEqual([`onnxruntime-${version}`]);
    const notices = readFileSync(path.join(folder, `onnxruntime-${version}`, 'ThirdPartyNotices.txt'), 'utf8');
    for (const part of ['Eigen', 'protobuf', 'dawn', 'abseil'])
      expect(notices.toLowerCase()).toContain(part.toLowerCase());
  });
  it('of fonts and the model are there too', () => {
    const all = sections();
    for (const name of ['inter', 'jetbrains-mono', 'source-serif-4'])
      expect(all.find(({ title }) => title.startsWith(`@fontsource-variable/${name} `))?.text).toContain(
        'SIL OPEN FONT LICENSE',
      );
    expect(readFileSync(inRoot('models', 'smollm2-135m-instruct', 'LICENCE.txt'), 'utf8')).toContain('Apache License');
  });
});
