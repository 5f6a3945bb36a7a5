/** The engine process as its host uses it: `createEngineClient({ spawn, packDir })`; `childEngine(entry)` spawns it under Node. */
export { createEngineClient, type EngineClient, type EngineClientOptions } from './client.ts';
export { realTimers, type Timers } from './timers.ts';
export { beatReader } from './beats.ts';
export { childEngine, type ChildOptions } from './child.ts';
export { childEnvironment } from './environment.ts';
