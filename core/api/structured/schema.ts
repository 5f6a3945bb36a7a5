/**
 * A JSON schema as what can be written: fixed text, values, and decisions. What can't be kept to is refused with its path before
 * anything is written; words about a schema (titles, descriptions, examples) are taken and mean nothing here.
 */
import { couldBe } from '../../contract/numbers.ts';
import { badRequest } from '../errors.ts';

export type Node =
  /** One of these JSON texts. */
  | { kind: 'texts'; texts: string[] }
  | { kind: 'string'; least: 0 | 1; most: number }
  | { kind: 'number'; integer: boolean; minimum?: number; maximum?: number }
  | { kind: 'object'; properties: [string, Node][] }
  /** An object whose names are free. */
  | { kind: 'map'; values: Node }
  | { kind: 'array'; items: Node; least: number; most: number }
  | { kind: 'any'; branches: Node[] }
  /** A definition that others refer to; filled once it is read. */
  | { kind: 'ref'; path: string; node: Node | null };

type Schema = Record<string, unknown>;
const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const WORDS = [
  'title',
  'description',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
];
const ITEMS = 24;
const CHARACTERS = 4000;
const OPTIONS = 256;
const DEPTH = 24;

export const anyObject = (): Node => ({ kind: 'map', values: anyValue(2) });
function anyValue(depth: number): Node {
  const scalars: Node[] = [
    { kind: 'string', least: 0, most: CHARACTERS },
    { kind: 'number', integer: false },
    { kind: 'texts', texts: ['true', 'false', 'null'] },
  ];
  if (depth === 0) return { kind: 'any', branches: scalars };
  const values = anyValue(depth - 1);
  return {
    kind: 'any',
    branches: [...scalars, { kind: 'map', values }, { kind: 'array', items: values, least: 0, most: ITEMS }],
  };
}

/** @param path where the schema stands in the request. @throws ApiError 400 with the path of a part that can't be kept to */
export function readSchema(root: unknown, path: string): Node {
  const refs = new Map<string, Extract<Node, { kind: 'ref' }>>();

  function refuse(at: string, why: string): never {
    throw badRequest(`${at}: ${why}`, at, 'unsupported_schema');
  }
  function only(schema: Schema, at: string, allowed: readonly string[]): void {
    for (const key of Object.keys(schema))
      if (!allowed.includes(key) && !WORDS.includes(key)) refuse(`${at}.${key}`, 'this can not be kept to.');
  }
  function whole(schema: Schema, key: string, at: string): number | undefined {
    const value = schema[key];
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) refuse(`${at}.${key}`, 'a whole number is needed.');
    return value as number;
  }
  function resolve(ref: unknown, at: string): Node {
    if (typeof ref !== 'string' || !ref.startsWith('#'))
      refuse(`${at}.$ref`, 'a reference within the schema is needed.');
    const known = refs.get(ref as string);
    if (known) return known;
    const node: Extract<Node, { kind: 'ref' }> = { kind: 'ref', path: at, node: null };
    refs.set(ref as string, node);
    let target: unknown = root;
    for (const part of (ref as string).slice(1).split('/').filter(Boolean)) {
      const name = decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~');
      target = isSchema(target) && Object.hasOwn(target, name) ? target[name] : undefined;
    }
    if (target === undefined) refuse(`${at}.$ref`, `${String(ref).slice(0, 100)} is not there.`);
    node.node = read(target, at, 0);
    return node;
  }
  function read(given: unknown, at: string, depth: number): Node {
    if (given === true) return anyValue(2);
    if (!isSchema(given)) refuse(at, 'a schema is needed.');
    const schema = given as Schema;
    if (depth > DEPTH) refuse(at, `${DEPTH} levels are the most.`);
    if ('$ref' in schema) {
      only(schema, at, ['$ref']);
      return resolve(schema['$ref'], at);
    }
    if ('const' in schema) return { kind: 'texts', texts: [JSON.stringify(schema['const'])] };
    if ('enum' in schema) {
      only(schema, at, ['enum', 'type']);
      const options = schema['enum'];
      if (!Array.isArray(options) || options.length === 0 || options.length > OPTIONS)
        refuse(`${at}.enum`, `a list of 1 to ${OPTIONS} values is needed.`);
      return { kind: 'texts', texts: [...new Set((options as unknown[]).map((value) => spaced(value)))] };
    }
    for (const key of ['anyOf', 'oneOf', 'allOf']) {
      if (!(key in schema)) continue;
      only(schema, at, [key, 'type']);
      const list = schema[key];
      if (!Array.isArray(list) || list.length === 0 || list.length > 64)
        refuse(`${at}.${key}`, 'a list of schemas is needed.');
      const schemas = list as unknown[];
      if (key === 'allOf' && schemas.length > 1) refuse(`${at}.allOf`, 'schemas can not be joined.');
      return branches(
        schemas.map((one, i) => read(one, `${at}.${key}.${i}`, depth + 1)),
        `${at}.${key}`,
      );
    }
    const { type } = schema;
    if (Array.isArray(type))
      return branches(
        type.map((one: unknown) => read({ ...ofType(schema, one), type: one }, at, depth + 1)),
        `${at}.type`,
      );
    switch (type) {
      case 'null':
        only(schema, at, ['type']);
        return { kind: 'texts', texts: ['null'] };
      case 'boolean':
        only(schema, at, ['type']);
        return { kind: 'texts', texts: ['true', 'false'] };
      case 'string': {
        only(schema, at, ['type', 'minLength', 'maxLength']);
        const least = whole(schema, 'minLength', at) ?? 0;
        const most = whole(schema, 'maxLength', at) ?? CHARACTERS;
        if (least > 1) refuse(`${at}.minLength`, '0 and 1 can be kept to.');
        if (most < least) refuse(`${at}.maxLength`, 'it is less than minLength.');
        return { kind: 'string', least: least > 0 ? 1 : 0, most: Math.min(most, CHARACTERS) };
      }
      case 'integer': {
        only(schema, at, ['type', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']);
        const above = whole(schema, 'exclusiveMinimum', at);
        const below = whole(schema, 'exclusiveMaximum', at);
        const minimum = whole(schema, 'minimum', at) ?? (above === undefined ? undefined : above + 1);
        const maximum = whole(schema, 'maximum', at) ?? (below === undefined ? undefined : below - 1);
        if (minimum !== undefined && maximum !== undefined && minimum > maximum)
          refuse(`${at}.maximum`, 'it is less than minimum.');
        if (Math.abs(minimum ?? 0) > 1e11 || Math.abs(maximum ?? 0) > 1e11)
          refuse(at, 'bounds have 11 digits at most.');
        return {
          kind: 'number',
          integer: true,
          ...(minimum === undefined ? {} : { minimum }),
          ...(maximum === undefined ? {} : { maximum }),
        };
      }
      case 'number':
        only(schema, at, ['type']);
        return { kind: 'number', integer: false };
      case 'array': {
        only(schema, at, ['type', 'items', 'minItems', 'maxItems']);
        const least = whole(schema, 'minItems', at) ?? 0;
        const most = whole(schema, 'maxItems', at) ?? Math.max(least, ITEMS);
        if (most < least) refuse(`${at}.maxItems`, 'it is less than minItems.');
        if (least > 256) refuse(`${at}.minItems`, '256 are the most.');
        return { kind: 'array', items: read(schema['items'] ?? true, `${at}.items`, depth + 1), least, most };
      }
      case 'object': {
        only(schema, at, ['type', 'properties', 'required', 'additionalProperties']);
        const properties = schema['properties'] ?? {};
        if (!isSchema(properties)) refuse(`${at}.properties`, 'an object is needed.');
        const entries = Object.entries(properties as Schema);
        const { required } = schema;
        for (const name of Array.isArray(required) ? required : [])
          if (typeof name !== 'string' || !Object.hasOwn(properties as Schema, name))
            refuse(`${at}.required`, `${JSON.stringify(name).slice(0, 60)} is not among the properties.`);
        const { additionalProperties: others } = schema;
        if (entries.length === 0 && others !== false)
          return others === undefined || others === true
            ? anyObject()
            : { kind: 'map', values: read(others, `${at}.additionalProperties`, depth + 1) };
        return {
          kind: 'object',
          properties: entries.map(([name, one]) => [name, read(one, `${at}.properties.${name}`, depth + 1)]),
        };
      }
      default:
        if (type === undefined && Object.keys(schema).every((key) => WORDS.includes(key))) return anyValue(2);
        if (type === undefined && ('properties' in schema || 'additionalProperties' in schema))
          return read({ ...schema, type: 'object' }, at, depth);
        return refuse(`${at}.type`, 'object, array, string, number, integer, boolean or null is needed.');
    }
  }
  function branches(list: Node[], at: string): Node {
    if (list.length === 1) return list[0] as Node;
    const flat = list.flatMap((node) => (node.kind === 'any' ? node.branches : [node]));
    if (flat.some((node) => node.kind === 'ref' && !node.node)) refuse(at, 'a schema can not begin with itself.');
    const openings = flat.flatMap((node) => openingsOf(node));
    openings.forEach((one, i) =>
      openings.forEach((other, j) => {
        if (i !== j && other.startsWith(one)) refuse(at, 'these can not be told apart by how they begin.');
      }),
    );
    return { kind: 'any', branches: flat };
  }
  const node = read(root, path, 0);
  endless(node, path, new Set());
  return node;

  /** A schema that holds itself without an end can't be written. */
  function endless(one: Node, at: string, within: ReadonlySet<Node>): void {
    if (within.has(one)) refuse(at, 'it holds itself without an end.');
    const inside = new Set([...within, one]);
    if (one.kind === 'ref' && one.node) endless(one.node, one.path, inside);
    if (one.kind === 'object') for (const [name, value] of one.properties) endless(value, `${at}.${name}`, inside);
    if (one.kind === 'array' && (one.least > 0 || !hasOpening(one.items))) endless(one.items, at, inside);
    if (one.kind === 'any' && !one.branches.some((branch) => ends(branch, inside)))
      refuse(at, 'it holds itself without an end.');
  }
  function ends(one: Node, within: ReadonlySet<Node>): boolean {
    try {
      endless(one, path, within);
      return true;
    } catch {
      return false;
    }
  }
}

/** The keywords that mean something for one type of several. */
function ofType(schema: Schema, type: unknown): Schema {
  const own: Record<string, readonly string[]> = {
    string: ['minLength', 'maxLength', 'pattern', 'format'],
    integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
    number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
    array: ['items', 'minItems', 'maxItems', 'uniqueItems', 'prefixItems', 'contains'],
    object: ['properties', 'required', 'additionalProperties', 'patternProperties', 'minProperties', 'maxProperties'],
  };
  const others = new Set(Object.entries(own).flatMap(([name, keys]) => (name === type ? [] : keys)));
  for (const key of own[String(type)] ?? []) others.delete(key);
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !others.has(key)));
}

/** JSON as a model writes it: with spaces after colons and commas. */
export function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (isSchema(value))
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${spaced(one)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}

const through = (node: Node): Node => (node.kind === 'ref' && node.node ? through(node.node) : node);
const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-'];
/** The texts with which what is written for a node may begin; what follows one of them is settled by it. */
export function openingsOf(given: Node): string[] {
  const node = through(given);
  switch (node.kind) {
    case 'texts':
      return node.texts;
    case 'string':
      return ['"'];
    case 'number':
      return DIGITS.filter((text) => couldBe(text, node));
    case 'map':
      return ['{'];
    case 'array':
      return ['['];
    case 'any':
      return node.branches.flatMap(openingsOf);
    case 'object': {
      const [first] = node.properties;
      if (!first) return ['{}'];
      const before = `{${JSON.stringify(first[0])}: `;
      const value = through(first[1]);
      return value.kind === 'texts' && value.texts.length === 1
        ? [before + String(value.texts[0])]
        : [before.slice(0, -1)];
    }
    default:
      return [];
  }
}
/** Whether what is written for a node begins with one fixed text, whatever follows. */
export const hasOpening = (node: Node): boolean => {
  const { kind } = through(node);
  return kind === 'string' || kind === 'object' || kind === 'map' || kind === 'array';
};
