/** A field that may be left out; null means the same, as many clients send it. */
import * as v from 'valibot';

export const optional = <S extends v.GenericSchema<unknown, unknown>>(schema: S): v.NullishSchema<S, () => undefined> =>
  v.nullish(schema, () => undefined);
