#!/usr/bin/env node
/** The `mezzotint` command of a clone (npm link): the launcher, which builds what is stale, then the command. */
process.argv.splice(2, 0, 'mezzotint');
await import('./run.mjs');
