/** The engines there are: one file and one row each. */
import type { SpawnEngine } from '../contract/engine.ts';
import type { Engine } from './engine.ts';
import { createLocalEngine } from './local/index.ts';

/** What an engine is given to begin with; it takes what it needs. */
export interface EngineContext {
  /** The folder of the model's pack; asked for at each start. */
  packDir: () => string;
  /** Starts an engine process of this machine. */
  spawn: SpawnEngine;
  /** Says when to begin, if nothing asks before. */
  startWhen: (start: () => void) => void;
  /** Told of what a person need not see. */
  log: (line: string) => void;
}
export type CreateEngine = (context: EngineContext) => Engine;

export const engines = {
  /** A process of this machine with ONNX Runtime, one pack at a time. */
  local: createLocalEngine,
} satisfies Record<string, CreateEngine>;
