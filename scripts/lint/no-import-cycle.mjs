/**
 * Forbids imports that lead back to the file they stand in, also those of types alone: files that need one another are one module,
 * or have a third one between them that has not been found yet. A file may import itself (a component that contains itself).
 */
import path from 'node:path';
import { eachImport, importsOf, resolveImport } from './imports.mjs';

/** The way from one file to another, both ends included; null where there is none. */
function wayBetween(from, to) {
  const before = new Map([[from, null]]);
  const waiting = [from];
  for (let i = 0; i < waiting.length; i++) {
    for (const next of importsOf(waiting[i])) {
      if (before.has(next)) continue;
      before.set(next, waiting[i]);
      if (next !== to) waiting.push(next);
      else {
        const way = [];
        for (let at = to; at !== null; at = before.get(at)) way.unshift(at);
        return way;
      }
    }
  }
  return null;
}

export default {
  meta: {
    type: 'problem',
    docs: { description: 'disallow import cycles' },
    schema: [],
    messages: { cycle: 'This import leads back here: {{way}}.' },
  },
  create(context) {
    const here = context.physicalFilename;
    return eachImport((node, specifier) => {
      const file = resolveImport(here, specifier);
      if (file === null || file === here) return;
      const way = wayBetween(file, here);
      if (way)
        context.report({
          node,
          messageId: 'cycle',
          data: { way: way.map((one) => path.relative(path.dirname(here), one)).join(' → ') },
        });
    });
  },
};
