/** The engine process as its host uses it: `createLocalEngine({ spawn, packDir })`; `childEngine(entry)` spawns it under Node. */
export { createLocalEngine, type LocalEngineOptions } from './client.ts';
export { beatReader } from './beats.ts';
export { childEngine, type ChildOptions } from './child.ts';
export { childEnvironment } from './environment.ts';
