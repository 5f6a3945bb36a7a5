/** The kinds of parameters that an error's words may show, and the types that hold table and words together. */
import type { ErrorCode } from './codes.ts';
import type { AppError } from './schema.ts';

interface Kinds {
  /** a name, a path, an id, or what a library said */
  text: string;
  /** shown as it is, without separators: a version, a port, a position */
  number: number;
  /** how many; the only kind with a singular and a plural */
  count: number;
  /** shown in kB, MB or GB */
  bytes: number;
  /** names that follow each other */
  list: readonly string[];
  /** milliseconds since 1970, shown as a local date and time */
  time: number;
  /** the error that led to this one; its message is shown */
  error: AppError;
  /** errors whose messages follow each other as sentences */
  sentences: readonly AppError[];
  /** errors whose messages are joined as parts of one sentence */
  phrases: readonly AppError[];
}
export type Kind = keyof Kinds;
/** A row of the table: the code for programs, and the kind of each parameter. */
export type ErrorRow = readonly [code: ErrorCode] | readonly [code: ErrorCode, params: Readonly<Record<string, Kind>>];
export type ErrorTable = Readonly<Record<string, ErrorRow>>;

type KindsOf<Row extends ErrorRow> = Row extends readonly [ErrorCode, infer P extends Readonly<Record<string, Kind>>]
  ? P
  : Record<never, Kind>;
/** The parameters of an error with their types. */
export type ParamsOf<Row extends ErrorRow> = {
  -readonly [Name in keyof KindsOf<Row>]: KindsOf<Row>[Name] extends infer K extends Kind ? Kinds[K] : never;
};

/** Says what happened and what is safe; then, if there is something to do, what to do next. */
export type ErrorWords = string | readonly [message: string, action: string];

/** The names between braces: `{name}`, or `{name#one#many}` for a count with its noun. */
type NamesIn<Words extends string> = Words extends `${string}{${infer Place}}${infer Rest}`
  ? (Place extends `${infer Name}#${string}` ? Name : Place) | NamesIn<Rest>
  : never;
type Shown<Words extends ErrorWords> = Words extends readonly [
  infer Message extends string,
  infer Action extends string,
]
  ? NamesIn<Message> | NamesIn<Action>
  : Words extends string
    ? NamesIn<Words>
    : never;
/** `unknown` where words show each parameter and no other; otherwise a type that names the fault. */
type Fit<Row extends ErrorRow, Words extends ErrorWords> = [Exclude<keyof KindsOf<Row>, Shown<Words>>] extends [never]
  ? [Exclude<Shown<Words>, keyof KindsOf<Row>>] extends [never]
    ? unknown
    : { 'no such parameter': Exclude<Shown<Words>, keyof KindsOf<Row>> }
  : { 'parameter not shown': Exclude<keyof KindsOf<Row>, Shown<Words>> };

/** Words for each row of a table. A missing row, an unknown row or parameter, and a parameter that is not shown are errors of types. */
export const wordsOf =
  <Table extends ErrorTable>() =>
  <const Words extends Record<keyof Table, ErrorWords>>(
    words: Words & { [Id in keyof Words]: Id extends keyof Table ? Fit<Table[Id], Words[Id]> : never },
  ): Readonly<Record<keyof Table, ErrorWords>> =>
    words;
