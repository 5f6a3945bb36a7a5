/** What a child process is given of this one's environment. */

/**
 * Makes of an Electron something else, or of a Node: a child would run as another program, load foreign code before its own, or wait
 * for a debugger. Who sets them means this process (a terminal within an editor sets the first by itself), not what it starts.
 */
const OURS_ALONE = [
  'ELECTRON_RUN_AS_NODE',
  'ELECTRON_NO_ASAR',
  'ELECTRON_ENABLE_LOGGING',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_REPL_EXTERNAL_MODULE',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
];

/** A copy without what changes the programs that read it; names in any case, as Windows takes them. */
export const childEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !OURS_ALONE.includes(name.toUpperCase())));
