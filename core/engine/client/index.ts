/** The engine process as its host uses it: `createEngineClient({ spawn, packDir })`; `childEngine(entry)` spawns it under Node. */
export { createEngineClient, realTimers, type EngineClient, type EngineClientOptions, type Timers } from './client.ts';
export { childEngine, type ChildOptions } from './child.ts';
export { childEnvironment } from './environment.ts';
