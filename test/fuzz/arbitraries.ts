/**
 * Requests out of a channel's own schema: what fits, and what nearly fits. A channel that is added to the contract is
 * covered without a line here, unless its schema uses something new: then this says so.
 */
import fc from 'fast-check';
import type { Random } from '../evaluate/random.ts';

/** The parts of valibot's schemas that are read here. */
interface Node {
  type: string;
  kind: string;
  entries?: Record<string, Node>;
  options?: readonly unknown[];
  wrapped?: Node;
  item?: Node;
  items?: readonly Node[];
  key?: Node;
  value?: Node;
  literal?: unknown;
  pipe?: readonly { type: string; kind: string; requirement?: unknown }[];
}

export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\uD800',
    '\u202E',
    '../../etc/passwd',
    "'; DROP TABLE messages; --",
    '%',
    '_',
    '"',
    '*',
    'NEAR(',
    'a OR',
    '<script>',
    '__proto__',
    'constructor',
    'null',
    '🖋'.repeat(60),
    'x'.repeat(3000),
  ),
);
const anything = fc.jsonValue({ maxDepth: 3 });

export interface Known {
  /** Identifiers that are there, or were: most requests name one of these. */
  ids: readonly string[];
  /** Those of conversations: few beside their messages, and asked for as often. */
  conversations: readonly string[];
}
const picked = (from: () => readonly string[]): fc.Arbitrary<string> =>
  fc.nat().map((n) => from()[n % Math.max(1, from().length)] ?? 'none');

/** `known` is asked anew for each value: what requests may name changes as the run goes on. */
export function arbitraryOf(schema: unknown, known: () => Known): fc.Arbitrary<unknown> {
  const node = schema as Node;
  const inner = (part: unknown): fc.Arbitrary<unknown> => arbitraryOf(part, known);
  const rules = new Map(
    (node.pipe ?? []).filter(({ kind }) => kind === 'validation').map((rule) => [rule.type, rule.requirement]),
  );
  const bound = (name: string, otherwise: number): number =>
    typeof rules.get(name) === 'number' ? Number(rules.get(name)) : otherwise;
  switch (node.type) {
    case 'strict_object':
    case 'object':
    case 'loose_object': {
      const entries = Object.entries(node.entries ?? {});
      const optional = entries
        .filter(([, part]) => part.type === 'optional' || part.type === 'exact_optional')
        .map(([name]) => name);
      const model = Object.fromEntries(
        entries.map(([name, part]) => [name, inner(optional.includes(name) ? part.wrapped : part)]),
      );
      return fc.record(model, {
        requiredKeys: entries.map(([name]) => name).filter((name) => !optional.includes(name)),
      });
    }
    case 'optional':
    case 'exact_optional':
      return inner(node.wrapped);
    case 'nullable':
    case 'nullish':
      return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: inner(node.wrapped) });
    case 'array':
      return fc.array(inner(node.item), {
        minLength: Math.min(3, bound('min_length', 0)),
        maxLength: Math.max(bound('min_length', 0), Math.min(4, bound('max_length', 4))),
      });
    case 'tuple':
    case 'strict_tuple':
      return fc.tuple(...(node.items ?? []).map(inner));
    case 'record':
      return fc.dictionary(fc.string({ maxLength: 8 }), inner(node.value), { maxKeys: 3 });
    case 'picklist':
    case 'enum':
      return fc.constantFrom(...(node.options ?? []));
    case 'literal':
      return fc.constant(node.literal);
    case 'union':
    case 'variant':
      return fc.oneof(...(node.options ?? []).map(inner));
    case 'boolean':
      return fc.boolean();
    case 'number': {
      const integer = rules.has('integer') || rules.has('safe_integer');
      const [least, most] = [
        bound('min_value', bound('gt_value', integer ? -5 : -1e6)),
        bound('max_value', integer ? 1e6 : 1e6),
      ];
      if (integer)
        return fc.oneof(
          fc.integer({ min: Math.ceil(least), max: Math.floor(Math.min(most, least + 20)) }),
          fc.integer({ min: Math.ceil(least), max: Math.floor(Math.min(most, Number.MAX_SAFE_INTEGER)) }),
        );
      return fc.double({ min: least, max: most, noNaN: true, noDefaultInfinity: true });
    }
    case 'string': {
      const pattern = rules.get('regex');
      // identifiers: those there are, mostly
      if (pattern instanceof RegExp && pattern.test('abc-DEF_09'))
        return fc.oneof(
          { weight: 4, arbitrary: picked(() => known().ids) },
          { weight: 4, arbitrary: picked(() => known().conversations) },
          { weight: 1, arbitrary: fc.stringMatching(/^[0-9a-zA-Z_-]{1,64}$/) },
        );
      if (pattern instanceof RegExp)
        return fc.oneof(
          fc.base64String({ maxLength: 80 }),
          fc.constantFrom('https://example.invalid/', 'mailto:a@example.invalid'),
        );
      return hostileText.filter(
        (text) => text.length >= bound('min_length', 0) && text.length <= bound('max_length', Infinity),
      );
    }
    case 'unknown':
    case 'any':
      return anything;
    case 'null':
      return fc.constant(null);
    case 'undefined':
      return fc.constant(undefined);
    case 'lazy':
      return anything;
    default:
      throw new Error(`The fuzz does not know schemas of the type “${node.type}” yet.`);
  }
}

type Json = unknown;
const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** All places of a value, as paths. */
function places(value: Json, path: (string | number)[] = [], found: (string | number)[][] = []): (string | number)[][] {
  found.push(path);
  if (found.length > 400) return found;
  if (Array.isArray(value)) value.forEach((item, i) => places(item, [...path, i], found));
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) places(item, [...path, key], found);
  return found;
}
/** The same value with something wrong at one place, now and then at several. */
export function spoil(value: Json, random: Random, draw: () => Json): Json {
  // a copy: what was drawn may be one shared value, and is written into
  const strange = (): Json => structuredClone(draw());
  const root = { it: structuredClone(value) };
  for (let n = random.next() < 0.8 ? 1 : random.between(2, 5); n > 0; n--) {
    const path = ['it', ...random.pick(places(root.it))];
    const key = path.pop() as string | number;
    let parent: Json = root;
    for (const step of path) parent = (parent as Record<string | number, Json>)[step];
    if (typeof parent !== 'object' || parent === null) continue;
    const holder = parent as Record<string | number, Json>;
    const was = holder[key];
    switch (random.between(0, 7)) {
      case 0:
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else if (parent !== root) delete holder[key];
        break;
      case 1:
        if (isObject(was)) was[random.pick(['extra', '__proto__', 'id', 'toString', ''])] = strange();
        else holder[key] = [was];
        break;
      case 2:
        if (Array.isArray(was)) was.push(...(structuredClone(was) as Json[]).slice(0, 50));
        else holder[key] = [was, was];
        break;
      case 3:
        holder[key] =
          typeof was === 'number'
            ? random.pick([-1, was + 0.5, -1e308, -0, Number.MAX_VALUE, String(was)])
            : typeof was === 'string'
              ? random.pick([`${was}\0`, was.toUpperCase(), '', was.repeat(40).slice(0, 100_000), 0, `\uD800${was}`])
              : null;
        break;
      case 4:
        // another place's value: wrong parents, circles, the same name twice
        holder[key] = structuredClone(at(root.it, random.pick(places(root.it))));
        break;
      default:
        holder[key] = strange();
    }
  }
  return root.it;
}
const at = (value: Json, path: readonly (string | number)[]): Json =>
  path.reduce<Json>((inside, step) => (inside as Record<string | number, Json>)[step], value);
