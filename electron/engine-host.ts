/** The engine as an Electron utility process: its own process, so that a long forward never blocks the window and a crash is survived. */
import { utilityProcess } from 'electron';
import { BEATS_WANTED } from '../core/contract/beat.ts';
import type { EngineProcess, FromEngine, SpawnEngine } from '../core/contract/engine.ts';
import { beatReader, childEnvironment } from '../core/engines/index.ts';

/** @param entry path of the engine's bundle */
export const utilityEngine =
  (entry: string): SpawnEngine =>
  (): EngineProcess => {
    const child = utilityProcess.fork(entry, [], {
      serviceName: 'Mezzotint engine',
      // set before ONNX Runtime loads: it looks up hosts otherwise
      env: { ...childEnvironment(), ORT_DISABLE_TELEMETRY: '1', [BEATS_WANTED]: '1' },
      // its standard output carries beats
      stdio: ['ignore', 'pipe', 'inherit'],
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
      onMessage(listener) {
        child.on('message', (said: FromEngine[]) => said.forEach(listener));
        child.stdout?.on(
          'data',
          beatReader(listener, (text) => process.stderr.write(text)),
        );
      },
      onExit: (listener) => void child.once('exit', (code) => listener({ code, expected })),
      kill() {
        expected = true;
        const { pid } = child;
        if (gone || pid === undefined) return void child.kill();
        // a stopped process, or one in a native forward, hears nothing else; and it must not outlive an app that is closing
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          child.kill(); // it went by itself, or the system wants it asked otherwise
        }
      },
      beats: true,
      get pid() {
        return child.pid;
      },
    };
  };
