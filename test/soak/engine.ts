/** The scripted engine as a process of its own, as fast as it is heard. */
import type { ToEngine } from '../../core/contract/engine.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';

const engine = new FakeEngine({ script: { alternatives: 1 } }).spawn();
// the host may be gone while this is sent
engine.onMessage((message) => void process.send?.(message, undefined, {}, () => undefined));
engine.onExit(() => process.exit(0));
process.on('message', (message) => engine.send(message as ToEngine));
process.on('disconnect', () => process.exit(0));
