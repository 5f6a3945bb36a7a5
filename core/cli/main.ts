#!/usr/bin/env node
/** The `mezzotint` command. */
import { commands } from './commands/index.ts';
import { runCli } from './run.ts';

/** Set by the build from package.json; absent where this runs from source. */
declare const MEZZOTINT_VERSION: string | undefined;

void runCli(
  commands,
  process.argv.slice(2),
  typeof MEZZOTINT_VERSION === 'string' ? MEZZOTINT_VERSION : 'from source',
).then((code) => {
  process.exitCode = code;
});
