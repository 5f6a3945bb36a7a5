/** Entry of the engine process: an Electron utility process or a plain child process. */
import * as v from 'valibot';
import { toEngineSchema, type FromEngine } from '../contract/engine.ts';
import { startHeart } from './heart.ts';

// ONNX Runtime reads this when its module loads, which is why everything else is imported after it.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

/** Beats from here on, so that a start that hangs is seen too. */
const heart = startHeart();
heart.begin();

interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}
const port = (process as { parentPort?: ParentPort }).parentPort;
/** What is said in one turn of the event loop: crossing to the host costs more than what crosses. */
let saying: FromEngine[] = [];
const send = (message: FromEngine): void => {
  if (saying.push(message) === 1) queueMicrotask(say);
};
function say(): void {
  const said = saying;
  saying = [];
  if (port) port.postMessage(said);
  // a host that was killed leaves a closed channel; `disconnect` ends this process
  else process.send?.(said, () => undefined);
}

async function start(): Promise<void> {
  const { EngineHost } = await import('./host.ts');
  const host = new EngineHost(send, heart);
  const receive = (data: unknown): void => {
    const message = v.safeParse(toEngineSchema, data);
    if (message.success) host.handle(message.output);
  };
  early.forEach(receive);
  deliver = receive;
  heart.end();
}

// Ctrl-C in a terminal reaches the whole process group: the host decides when the engine ends.
process.on('SIGINT', () => undefined);

/** Messages that arrive while the modules load. */
const early: unknown[] = [];
let deliver = (data: unknown): void => void early.push(data);
if (port) port.on('message', (event) => deliver(event.data));
else {
  process.on('message', (data) => deliver(data));
  // The host is gone: nothing is left to do.
  process.on('disconnect', () => process.exit(0));
}
void start();
