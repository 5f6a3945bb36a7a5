/** A scripted engine at the pace of a fast model: the first tokens at once, then so many a second. */
import type { EngineProcess, SpawnEngine } from '../../../core/contract/engine.ts';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { FakeEngine, type FakeScript } from '../../fixtures/fake-engine.ts';

const TICK_MS = 4;

export interface Pace {
  /** Tokens that come at once, so that they stand on the screen. */
  atOnce: number;
  /** Tokens a second afterwards. */
  rate: number;
  script: FakeScript;
}

export function pacedEngine({ atOnce, rate, script }: Pace): SpawnEngine {
  return (): EngineProcess => {
    const fake = new FakeEngine({ pace: 'manual', script });
    const engine = fake.spawn();
    let tokens = 0;
    let from = 0;
    engine.onMessage((message) => {
      if (message.type !== 'event') return;
      const { event }: { event: GenerationEvent } = message;
      if (event.type === 'started') tokens = 0;
      if (event.type === 'blockCommitted') tokens += event.tokens.length;
    });
    const timer = setInterval(() => {
      const now = performance.now();
      if (tokens < atOnce) from = now;
      const due = atOnce + ((now - from) * rate) / 1000;
      while (tokens < due && fake.step() > 0);
    }, TICK_MS);
    engine.onExit(() => clearInterval(timer));
    return engine;
  };
}
