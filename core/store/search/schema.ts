/**
 * The index proper: for each message the pairs and triples of characters in its folded text, made by `grams.ts`. It holds
 * no text (contentless) and no positions (detail=none): what it finds is compared with the message itself.
 */
export const searchIndexSql =
  "CREATE VIRTUAL TABLE search_grams USING fts5(grams, content='', contentless_delete=1, detail=none, tokenize='ascii');";
