/**
 * Engines, as those see them who want replies: `createLocalEngine({ spawn: childEngine(entry), packDir })` is a process of this
 * machine; a `Scheduler` says whose turn it is. `engine.ts` is what an engine is.
 */
export type { Engine, OnBest, OnEvent } from './engine.ts';
export { engines, type CreateEngine, type EngineContext } from './registry.ts';
export {
  createLocalEngine,
  childEngine,
  beatReader,
  childEnvironment,
  type ChildOptions,
  type LocalEngineOptions,
} from './local/index.ts';
export {
  addressOf,
  checkAddress,
  createRemoteEngine,
  dialects,
  hostOf,
  probe,
  reachOf,
  remoteLimits,
  tryReply,
  type Probed,
  type RemoteLimits,
  type RemoteModel,
  type RemoteOptions,
  type RemoteServer,
} from './remote/index.ts';
export { Idle } from './idle.ts';
export { resumingByText } from './resume.ts';
export { switching, type SwitchingEngine } from './switch.ts';
export { Scheduler, type Access, type Priority, type SchedulerOptions } from './scheduler.ts';
export { realTimers, type Timers } from './timers.ts';
