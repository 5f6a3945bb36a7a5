/** One step from a version of the database to the next. */
export interface Migration {
  /** The version the database has afterwards; one more than before. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
