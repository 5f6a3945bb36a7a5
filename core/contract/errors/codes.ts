/** What kind of error it is, coarse, for programs: exit codes, HTTP, tests. What exactly happened is the error's id (table/). */
export const errorCodes = [
  'bad-request', // a message did not fit its channel's schema
  'not-found', // the conversation, message, generation or pack named is not there
  'conflict', // the thing exists or is in a state that forbids the call (e.g. replying while a reply runs)
  'pack-missing', // a pack's folder or one of its files is not there
  'pack-damaged', // a pack's file differs from the hash in its manifest
  'pack-unsupported', // a manifest newer than this app, or a family it has no graph for
  'device-failed', // no execution provider passed the numeric self-test
  'engine-crashed', // the engine process ended by itself
  'engine-not-ready', // no pack is loaded (yet)
  'server-failed', // a server on another machine could not be reached, refused, or sent what can't be used
  'engine-silent', // the engine process is there and does not answer: restart it, or wait
  'out-of-memory', // the model, or a step of it, needs more memory than could be had
  'prompt-too-long', // the last question alone does not fit the context
  'store-damaged', // the database is not readable
  'store-newer', // the database was written by a newer version of the app
  'store-locked', // another instance holds the data folder
  'store-failed', // disk full, read-only folder and the like
  'file-invalid', // an imported file is not what it should be
  'connection-lost', // the way to the service broke before it answered: the step may have taken effect, and may be tried again
  'internal', // an error nobody foresaw: trying again will not help
] as const;
export type ErrorCode = (typeof errorCodes)[number];
