/** What a file imports of the tree, for the rules about imports: static, dynamic and type imports, and exports from elsewhere. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const scripts = /<script\b[^>]*>([\s\S]*?)<\/script>/g;
/** @param specifier relative @returns the file it names; null where there is none */
export function resolveImport(from, specifier) {
  if (!specifier.startsWith('.')) return null;
  const file = path.resolve(path.dirname(from), specifier.replace(/\?.*$/, ''));
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : null;
}

const read = new Map();
/** Files that a file imports; read once as long as it stays as it is. */
export function importsOf(file) {
  const { mtimeMs, size } = statSync(file);
  const known = read.get(file);
  if (known && known.mtimeMs === mtimeMs && known.size === size && known.files.every((one) => existsSync(one)))
    return known.files;
  const text = readFileSync(file, 'utf8');
  const code = file.endsWith('.svelte') ? [...text.matchAll(scripts)].map(([, script]) => script).join('\n') : text;
  const files = /\.(svelte|[cm]?[jt]s)$/.test(file)
    ? ts
        .preProcessFile(code, true, true)
        .importedFiles.map(({ fileName }) => resolveImport(file, fileName))
        .filter((one) => one !== null)
    : [];
  read.set(file, { mtimeMs, size, files });
  return files;
}

/** Visitors that call `each` with the node and the specifier of every import; dynamic: evaluated when the code gets there. */
export const eachImport = (each) => {
  const fixed = (node) => node.source && each(node.source, node.source.value, false);
  return {
    ImportDeclaration: fixed,
    ExportNamedDeclaration: fixed,
    ExportAllDeclaration: fixed,
    ImportExpression: ({ source }) => source.type === 'Literal' && each(source, String(source.value), true),
    TSImportType: (node) => {
      const source = node.source ?? node.argument;
      const literal = source.literal ?? source;
      return each(literal, String(literal.value), false);
    },
  };
};
