/** The engine of this machine and, where one is chosen, a server in its place. */
import type { EngineStatus } from '../contract/engine.ts';
import type { Engine } from './engine.ts';

export interface SwitchingEngine extends Engine {
  /** From now on replies are this engine's; null: this machine's. What runs is left to end. */
  use(other: Engine | null): void;
}

/**
 * @param local this machine's
 * @param begin starts it, where it waits until it is wanted
 */
export function switching(local: Engine, begin: () => void = () => undefined): SwitchingEngine {
  let other: Engine | null = null;
  const current = (): Engine => other ?? local;
  const listeners = new Set<(status: EngineStatus) => void>();
  const tell = (from: Engine, status: EngineStatus): void => {
    if (from !== current()) return;
    for (const listener of [...listeners]) listener(status);
  };
  local.onStatus((status) => tell(local, status));
  return {
    use(next) {
      if (next === other) return;
      const before = other;
      other = next;
      void before?.shutdown();
      if (next) next.onStatus((status) => tell(next, status));
      else begin();
      tell(current(), current().status);
    },
    get status() {
      return current().status;
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    // a model that is named is one of this machine
    generate: (request, onEvent) => (request.model === undefined ? current() : local).generate(request, onEvent),
    cancel(id) {
      other?.cancel(id);
      local.cancel(id);
    },
    fill: (request, onBest) => current().fill(request, onBest),
    preview: (messages, options) => current().preview(messages, options),
    tokenize: (text) => current().tokenize(text),
    agree: (request) => current().agree(request),
    settled: () => current().settled(),
    restart: () => (current() === local ? local.restart() : current().status),
    async shutdown() {
      await other?.shutdown();
      await local.shutdown();
    },
  };
}
