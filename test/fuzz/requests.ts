/** Requests of every channel against a whole service: through the dispatcher (as IPC calls it), and over a real WebSocket. */
import { addressOf, reachOf } from '../../core/engines/index.ts';
import { isIP } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { channels, parseRequest, type ChannelName } from '../../core/contract/index.ts';
import { errorCodes, type Result } from '../../core/contract/result.ts';
import { startServer } from '../../core/server/http.ts';
import { Random } from '../evaluate/random.ts';
import { exchange, socketAddress } from '../fixtures/browser-session.ts';
import { arbitraryOf, hostileText, spoil } from './arbitraries.ts';
import { scenes, Stage } from './scenes.ts';
import { disorder, isConversation, isThere, makeWorld, names, secretsIn, secretsOf, type World } from './world.ts';

export interface Finding {
  what: string;
  channel: string;
  payload: string;
  seed: number;
  number: number;
}
export interface Outcome {
  inputs: number;
  /** Answers with a value, by channel: a channel that never has one is not really tried. */
  served: Record<string, number>;
  slowest: { channel: string; ms: number };
  findings: Finding[];
}
/** Times a refused request is sent again where something was written meanwhile, by the search index for example. */
const AGAIN = 5;
/** An answer takes no longer, in milliseconds. The machine may be busy: this finds what hangs, not what is slow. */
const BOUND_MS = 20_000;
/** Inputs until a new service is made: what grows in one (chats, exports) slows the others down. */
const LIFE = 2000;

const envelope = v.union([
  v.strictObject({ ok: v.literal(true), value: v.unknown() }),
  v.strictObject({
    ok: v.literal(false),
    error: v.object({
      code: v.picklist(errorCodes),
      message: v.string(),
      action: v.optional(v.string()),
      file: v.optional(v.string()),
    }),
  }),
]);
/** Waits for the next answer, whoever it is for. */
const ANY = Symbol('any');
const short = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 2000);
/** Identifiers anywhere in a value. */
function idsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string' && /^[0-9a-zA-Z_-]{1,64}$/.test(value)) found.add(value);
  else if (Array.isArray(value)) value.forEach((item) => idsIn(item, found));
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach((item) => idsIn(item, found));
  return found;
}
/** Identifiers that an answer names: later requests use them. */
function namedIn(value: unknown, found: string[] = []): string[] {
  if (found.length > 60) return found;
  if (Array.isArray(value)) value.slice(0, 20).forEach((item) => namedIn(item, found));
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      if (/id$/i.test(key) && typeof item === 'string') found.push(item);
      else namedIn(item, found);
    }
  return found;
}

/** Channels that give a conversation's words: asked oftener than others, as a leak would be there. */
const reading = new Set<string>(['conversations.get', 'messages.read', 'generations.trace']);
/** No request leaves this machine, and replies stay with the scripted engine. */
function staysHere(request: unknown): boolean {
  // what is no object is refused
  if (typeof request !== 'object' || request === null) return true;
  const { id, address, addresses } = request as { id?: unknown; address?: unknown; addresses?: unknown };
  if (address === undefined && addresses === undefined) return typeof id !== 'string' || id.length < 36;
  return [address, ...(Array.isArray(addresses) ? (addresses as unknown[]) : [])].every((given) => {
    if (typeof given !== 'string') return true;
    try {
      const { hostname } = new URL(addressOf(given));
      return isIP(hostname) !== 0 && reachOf(hostname) === 'loopback';
    } catch {
      return true; // it is refused
    }
  });
}
/** Channels that write to whatever folder they are given. */
const movers = new Set<string>(['data.move', 'models.changeFolder']);
/** What would lead out of the world's own folder is not sent. */
function staysInside(root: string, request: unknown): boolean {
  const folder = (request as { folder?: unknown } | null | undefined)?.folder;
  if (typeof folder !== 'string' || !path.isAbsolute(folder)) return true;
  return path.resolve(folder).startsWith(root + path.sep);
}
/** Channels whose requests can lead to another machine. */
const serverChannels = new Set<string>(['servers.probe', 'servers.test', 'servers.add', 'servers.use']);
/** Of the requests to a channel that has a scene, so many are made by it. */
const STAGED = 0.5;
/** Channels that answer for all conversations, whatever identifiers their request names. */
const forAll = new Set<string>([
  'conversations.list',
  'trash.list',
  'search.find',
  'folders.list',
  'import.items',
  'import.plan',
  'import.run',
  'export.read',
]);

export interface RequestsOptions {
  seed: number;
  count: number;
  /** Channels to leave out, by name. */
  without?: readonly string[];
  say?: (line: string) => void;
}

export async function fuzzRequests({ seed, count, without = [], say = () => {} }: RequestsOptions): Promise<Outcome> {
  const random = new Random(seed);
  const tried = names.filter((name) => !without.includes(name));
  const readers = tried.filter((name) => reading.has(name));
  const ids: string[] = [];
  const conversations: string[] = [];
  const known = (): { ids: string[]; conversations: string[] } => ({ ids, conversations });
  const fitting = new Map(tried.map((name) => [name, arbitraryOf(channels[name].request, known)]));
  const strangeValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), hostileText, fc.constantFrom(null, true, [], {}, 1e308));
  // one long stream of values for each, so that fast-check need not begin anew for each input
  let draw = 0;
  const sample = <T>(arbitrary: fc.Arbitrary<T>): T =>
    fc.sample(arbitrary, { seed: (seed + draw++) | 0, numRuns: 1 })[0] as T;
  const outcome: Outcome = { inputs: 0, served: {}, slowest: { channel: '', ms: 0 }, findings: [] };

  // each channel in turn, in a new order each time: a short run tries all of them too
  let left: ChannelName[] = [];
  const next = (): ChannelName => {
    if (left.length === 0) left = random.some(tried, tried.length);
    return left.pop() ?? 'app.info';
  };

  let world: World | null = null;
  let server: Awaited<ReturnType<typeof startServer>> | null = null;
  let socket: WebSocket | null = null;
  const answers = new Map<unknown, (result: unknown) => void>();
  const connect = async (of: World): Promise<void> => {
    server = await startServer({ files: new Map(), dispatch: of.dispatch, onPush: of.service.onPush, port: 0 });
    const { origin } = new URL(server.address());
    socket = new WebSocket(socketAddress(origin, await exchange(server.address())), { origin });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { id?: unknown; result?: unknown };
      if (message.result === undefined) return;
      // what is no frame may be answered to any name: one request is under way at a time
      const waiting = answers.get(message.id) ?? answers.get(ANY);
      answers.clear();
      waiting?.(message.result);
    });
    await new Promise<void>((resolve, reject) => socket?.once('open', () => resolve()).once('error', reject));
  };
  const end = async (): Promise<void> => {
    socket?.terminate();
    await server?.close();
    await world?.close();
    world = server = socket = null;
  };
  const overSocket = (id: unknown, frame: string | Buffer, binary = false): Promise<unknown> =>
    new Promise((resolve) => {
      answers.set(id, resolve);
      socket?.send(frame, { binary });
    });

  const drawn = (): ChannelName => {
    // towards the end, channels that chance has not served yet come oftener: how many there are changes every draw
    const unserved = outcome.inputs > count / 2 ? tried.filter((name) => outcome.served[name] === undefined) : [];
    if (unserved.length > 0 && random.next() < 0.25) return random.pick(unserved);
    return readers.length > 0 && random.next() < 0.15 ? random.pick(readers) : next();
  };

  const one = async (of: World): Promise<void> => {
    const number = outcome.inputs++;
    const name = drawn();
    // until a channel was served once, what fits comes oftener
    const kind =
      outcome.served[name] === undefined && random.next() < 0.7 ? random.between(20, 64) / 100 : random.next();
    let payload: unknown =
      kind < 0.2 ? sample(fc.jsonValue({ maxDepth: 3 })) : sample(fitting.get(name) ?? fc.constant({}));
    const scene = scenes[name];
    if (scene && kind >= 0.2 && random.next() < STAGED) payload = (await scene(new Stage(of, random))) ?? payload;
    if (kind >= 0.65) payload = spoil(payload, random, () => sample(strangeValue));
    const asked = random.next() < 0.01 ? sample(hostileText) : name;
    // what a transport does to a message
    const wired: unknown = payload === undefined ? undefined : JSON.parse(JSON.stringify(payload) ?? 'null');
    const leaves =
      parseRequest(asked, wired).ok &&
      ((movers.has(asked) && !staysInside(of.root, wired)) || (serverChannels.has(asked) && !staysHere(wired)));
    const sent = leaves ? null : wired;
    const fits = parseRequest(asked, sent).ok;
    const finding = (what: string): void =>
      void outcome.findings.push({ what, channel: asked, payload: short(sent), seed, number });

    await of.settle();
    /** Whether it was this request that wrote, and not something in the background: then it does so every time. */
    const writesAgain = async (): Promise<boolean> => {
      for (let time = 0; time < AGAIN; time++) {
        await of.settle();
        const version = of.version();
        await of.dispatch(asked, sent);
        if (of.version() === version) return false;
      }
      return true;
    };
    const before = of.version();
    const began = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), BOUND_MS)));
    const way = random.next();
    const call =
      way < 0.75
        ? of.dispatch(asked, sent)
        : way < 0.95
          ? overSocket(number, JSON.stringify({ id: number, name: asked, payload: sent }))
          : overSocket(ANY, way < 0.97 ? (JSON.stringify(sent) ?? 'undefined') : Buffer.from(short(sent)), way >= 0.97); // no frame at all
    // some answers are the engine's: it goes on once it is seen that nothing else is going to answer
    const push = setInterval(() => of.engine.step(20), 100);
    const answer: unknown = await Promise.race([call, late]);
    clearInterval(push);
    clearTimeout(timer);
    const ms = performance.now() - began;
    if (ms > outcome.slowest.ms) outcome.slowest = { channel: asked, ms: Math.round(ms) };

    if (answer === 'late') return finding(`no answer within ${BOUND_MS} ms`);
    const parsed = v.safeParse(envelope, answer);
    if (!parsed.success) return finding(`the answer is no result: ${short(answer)}`);
    for (const { channel, thrown } of of.unforeseen.splice(0))
      finding(
        `unforeseen in ${channel}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message).slice(0, 600) : String(thrown)}`,
      );
    const result = answer as Result<unknown>;
    if (way >= 0.95 || !fits) {
      if (way < 0.95 && result.ok) finding('served though it does not fit its schema');
      if (of.version() !== before && (await writesAgain())) finding('refused, but something was written');
      return;
    }
    if (!result.ok) {
      if (of.version() !== before && (await writesAgain()))
        finding(`refused (${result.error.code}), but something was written`);
      return;
    }
    outcome.served[asked] = (outcome.served[asked] ?? 0) + 1;
    const response = v.safeParse(channels[name].response as v.GenericSchema, result.value);
    if (!response.success) finding(`the answer does not fit its schema: ${v.summarize(response.issues).slice(0, 400)}`);
    ids.push(...namedIn(result.value).filter((id) => id.length <= 64));
    if (ids.length > 400) ids.splice(20, ids.length - 400);
    if (!forAll.has(asked)) {
      const named = [...idsIn(sent)].filter((id) => isThere(of.db, id));
      if (named.length > 0) {
        // who names a conversation asks for that one, whatever messages are named beside it
        const asking = named.filter((id) => isConversation(of.db, id));
        const theirs = secretsOf(of.db, asking.length > 0 ? asking : named);
        for (const secret of secretsIn(JSON.stringify(result.value)))
          if (!theirs.has(secret))
            finding(`the answer holds words of a conversation that was not asked for (${secret})`);
      }
    }
  };

  for (let i = 0; i < count; i++) {
    if (i % LIFE === 0) {
      await end();
      world = await makeWorld(seed + i);
      await connect(world);
      ids.length = 0;
      conversations.splice(
        0,
        Infinity,
        ...world.db
          .prepare('SELECT id FROM conversations')
          .all()
          .map(({ id }) => String(id)),
      );
      for (const { id } of world.db.prepare('SELECT id FROM conversations UNION ALL SELECT id FROM messages').all())
        ids.push(String(id));
      if (i > 0) say(`${i} of ${count}`);
    }
    if (!world) break;
    await one(world);
    // the engine goes on between two requests, never during one: then a write is told to belong to its request
    if (random.next() < 0.5) world.engine.step(random.between(1, 12));
    if (i % 500 === 499 || i === count - 1)
      for (const what of disorder(world)) outcome.findings.push({ what, channel: '', payload: '', seed, number: i });
    if (outcome.findings.length >= 20) break;
  }
  await end();
  return outcome;
}
