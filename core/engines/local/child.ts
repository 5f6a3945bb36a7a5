/** The engine as a child process of Node: browser mode, command line, tests. Structured-clone messages over its channel. */
import { fork, type ForkOptions } from 'node:child_process';
import { BEATS_WANTED } from '../../contract/beat.ts';
import type { EngineExit, EngineProcess, FromEngine, SpawnEngine, ToEngine } from '../../contract/engine.ts';
import { beatReader } from './beats.ts';
import { childEnvironment } from './environment.ts';

export interface ChildOptions {
  /** Laid over this process's own environment. */
  env?: NodeJS.ProcessEnv;
  /** The Node that runs it; default: the one that runs this process. */
  execPath?: string;
}

/** @param entry path of the engine's entry (a bundle, or a .ts file where Node runs those) */
export const childEngine =
  (entry: string, options: ChildOptions = {}): SpawnEngine =>
  (): EngineProcess => {
    const settings: ForkOptions = {
      serialization: 'advanced',
      execPath: options.execPath ?? process.execPath,
      execArgv: [],
      // ORT_DISABLE_TELEMETRY must stand before ONNX Runtime loads: it looks up hosts otherwise
      env: { ...childEnvironment(), ...options.env, ORT_DISABLE_TELEMETRY: '1', [BEATS_WANTED]: '1' },
      // its standard output carries beats
      stdio: ['ignore', 'pipe', 2, 'ipc'],
    };
    const child = fork(entry, [], settings);
    let expected = false;
    let gone = false;
    const exits: ((info: EngineExit) => void)[] = [];
    const leave = (code: number | null, signal: string | null): void => {
      if (gone) return;
      gone = true;
      for (const listener of exits) listener({ code, signal, expected });
    };
    child.once('exit', leave);
    // the process could not be started at all, or not be killed
    child.on('error', () => {
      if (child.pid === undefined) leave(null, null);
    });
    return {
      send(message: ToEngine) {
        if (message.type === 'shutdown') expected = true;
        // the callback takes the error of a channel that closes under the message; the exit tells of it
        if (child.connected) child.send(message, () => undefined);
      },
      onMessage(listener) {
        child.on('message', (said) => (said as FromEngine[]).forEach(listener));
        // what else the engine prints goes to stderr: stdout may carry a reply (command line)
        child.stdout?.on(
          'data',
          beatReader(listener, (text) => process.stderr.write(text)),
        );
      },
      onExit: (listener) => void exits.push(listener),
      // a native forward hears no other signal
      kill() {
        expected = true;
        child.kill('SIGKILL');
      },
      beats: true,
      get pid() {
        return child.pid;
      },
    };
  };
