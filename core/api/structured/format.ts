/** `response_format`: text, any JSON object, or JSON of a schema. */
import * as v from 'valibot';
import { badRequest } from '../errors.ts';
import { optional } from '../requests/optional.ts';
import { anyObject, readSchema, type Node } from './schema.ts';

export const formatSchema = v.looseObject({
  type: v.picklist(['text', 'json_object', 'json_schema'], 'text, json_object or json_schema is needed'),
  json_schema: optional(v.looseObject({ schema: optional(v.unknown()) })),
  /** Where responses have it. */
  schema: optional(v.unknown()),
});
/** @returns null for text. @throws ApiError 400 with the path of a part that can't be kept to */
export function formatOf(format: v.InferOutput<typeof formatSchema> | undefined, param: string): Node | null {
  if (!format || format.type === 'text') return null;
  if (format.type === 'json_object') return anyObject();
  const [schema, path] =
    format.json_schema === undefined
      ? [format.schema, `${param}.schema`]
      : [format.json_schema.schema, `${param}.json_schema.schema`];
  if (schema === undefined) throw badRequest(`${path}: a schema is needed.`, path);
  return readSchema(schema, path);
}
