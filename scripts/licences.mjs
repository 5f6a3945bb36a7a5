/**
 * Collects the licences of everything that ships into resources/licences/THIRD-PARTY.txt: the packages whose modules went into the
 * bundles and the renderer (as the build listed them), and the native modules that stay beside them. Electron's and Chromium's own
 * come with their files. A package that brings no text of its own has it in a folder of resources/licences, named by its version, so
 * that an update without its new text is refused. `--check` only says whether the committed file is what would be written.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot, readJson, say } from './lib/common.mjs';

const native = ['better-sqlite3', 'onnxruntime-node', 'onnxruntime-common'];
const target = inRoot('resources', 'licences', 'THIRD-PARTY.txt');

/** `node_modules/a/node_modules/@b/c/x.js` → `node_modules/a/node_modules/@b/c`; null for our own modules. */
export function packageOf(module) {
  const clean = module.replaceAll('\\', '/').replace(/^\0+/, '').split('?')[0];
  const at = clean.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const [scope, name] = clean.slice(at + 'node_modules/'.length).split('/');
  return (
    clean.slice(clean.indexOf('node_modules/'), at) +
    `node_modules/${scope.startsWith('@') ? `${scope}/${name}` : scope}`
  );
}

const shipped = new Set(native.map((name) => `node_modules/${name}`));
for (const list of ['bundles', 'renderer']) {
  const modules = readJson(inRoot('dist', `.${list}-modules.json`));
  if (!modules) {
    say('Build first: npm run build.');
    process.exit(1);
  }
  for (const module of modules) {
    const found = packageOf(module);
    if (found && existsSync(inRoot(found, 'package.json'))) shipped.add(found);
  }
}

/** What stands in folders of resources/licences, by package: the project whose text it is, and its other notices. */
const elsewhere = { 'onnxruntime-node': 'onnxruntime', 'onnxruntime-common': 'onnxruntime' };
/** What a package holds of others without saying so in its own text. */
const within = {
  'better-sqlite3':
    'It contains SQLite, which its authors have put into the public domain (https://www.sqlite.org/copyright.html).',
};

function kept(name, version) {
  const folder = `${elsewhere[name] ?? name}-${version}`;
  const at = inRoot('resources', 'licences', folder);
  if (!existsSync(path.join(at, 'LICENSE.txt'))) return [];
  const notices = readdirSync(at)
    .filter((file) => file !== 'LICENSE.txt')
    .sort();
  return [
    readFileSync(path.join(at, 'LICENSE.txt'), 'utf8').trim(),
    ...notices.map((file) => `It contains software of others: ${folder}/${file}, beside this file.`),
  ];
}

const sections = [];
const without = [];
for (const where of [...shipped].sort()) {
  const { name, version, license, homepage, repository } = readJson(inRoot(where, 'package.json'));
  const files = readdirSync(inRoot(where)).filter((file) =>
    /^(licen[cs]e|copying|notice|thirdpartynotices)([-.].*)?$/i.test(file),
  );
  const from = homepage ?? (typeof repository === 'string' ? repository : repository?.url) ?? '';
  const texts = files.map((file) =>
    readFileSync(path.join(inRoot(where), file), 'utf8')
      .replaceAll('\r\n', '\n')
      .trim(),
  );
  if (texts.length === 0) for (const text of kept(name, version)) texts.push(text);
  if (texts.length === 0) without.push(`${name} ${version}`);
  if (within[name]) texts.push(within[name]);
  sections.push([`${name} ${version}: ${license ?? 'licence not named'}`, from, '', texts.join('\n\n')].join('\n'));
}
if (without.length > 0) {
  say(`There is no licence text for ${without.join(', ')}: put it in resources/licences/NAME-VERSION/LICENSE.txt.`);
  process.exit(1);
}
const text = `Mezzotint contains the following software and fonts.\n\n${sections.join(`\n\n${'='.repeat(78)}\n\n`)}\n`;
if (process.argv.includes('--check')) {
  const same = existsSync(target) && readFileSync(target, 'utf8') === text;
  say(
    same
      ? `${sections.length} licences are as they were committed.`
      : 'resources/licences/THIRD-PARTY.txt is not up to date: run node scripts/licences.mjs and commit it.',
  );
  process.exit(same ? 0 : 1);
}
mkdirSync(path.dirname(target), { recursive: true });
writeFileSync(target, text);
say(`${sections.length} licences written to resources/licences/THIRD-PARTY.txt.`);
