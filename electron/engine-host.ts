/** The engine as an Electron utility process: its own process, so that a long forward never blocks the window and a crash is survived. */
import { utilityProcess } from 'electron';
import type { EngineProcess, FromEngine, SpawnEngine } from '../core/contract/engine.ts';
import { childEnvironment } from '../core/engine/client/index.ts';

/** A native forward can't be interrupted by an event: what has not gone by then is killed. */
const KILL_AFTER_MS = 1500;

/** @param entry path of the engine's bundle */
export const utilityEngine = (entry: string): SpawnEngine => (): EngineProcess => {
  const child = utilityProcess.fork(entry, [], {
    serviceName: 'Mezzotint engine',
    // set before ONNX Runtime loads: it looks up hosts otherwise
    env: { ...childEnvironment(), ORT_DISABLE_TELEMETRY: '1' },
    stdio: 'inherit',
  });
  let gone = false;
  let expected = false;
  child.once('exit', () => {
    gone = true;
  });
  return {
    send(message) {
      if (message.type === 'shutdown') expected = true;
      if (!gone) child.postMessage(message);
    },
    // the engine is our own code and its messages are typed at its end of the port
    onMessage: (listener) => void child.on('message', (said: FromEngine[]) => said.forEach(listener)),
    onExit: (listener) => void child.once('exit', (code) => listener({ code, expected })),
    kill() {
      expected = true;
      const { pid } = child;
      child.kill();
      setTimeout(() => {
        if (!gone && pid !== undefined) process.kill(pid, 'SIGKILL');
      }, KILL_AFTER_MS).unref();
    },
    get pid() {
      return child.pid;
    },
  };
};
