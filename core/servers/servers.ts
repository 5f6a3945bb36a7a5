/** The servers that a person added: kept, tested, and made into engines. */
import { randomUUID } from 'node:crypto';
import {
  addressOf,
  checkAddress,
  createRemoteEngine,
  hostOf,
  probe,
  tryReply,
  type Engine,
  type RemoteLimits,
  type RemoteServer,
} from '../engines/index.ts';
import type { Request, Response } from '../contract/index.ts';
import { type AppError, failure, toAppError } from '../contract/result.ts';
import type { Price } from '../contract/remote.ts';
import { MAX_SERVERS, type Observed, type Server, type ServersState } from '../contract/servers.ts';
import { dayOf, publishedPrice } from './prices.ts';
import { keysOf, type Keys, type KeyStore } from './keys.ts';
import { readKept, writeKept, type Kept, type KeptServer } from './kept.ts';

export interface ServersOptions {
  /** The folder that the app starts with. */
  home: string;
  /** The system's; absent: keys are kept in a file. */
  keyStore?: KeyStore | undefined;
  /** In place of every key that is kept, for a process that was given one. */
  key?: string | undefined;
  /** In place of the one that was chosen, for this process alone: its id. */
  current?: string | undefined;
  /** Milliseconds since 1970. */
  now?: () => number;
  limits?: Partial<RemoteLimits>;
}

export class Servers {
  readonly #o: ServersOptions;
  readonly #keys: Keys;
  #kept: Kept;
  #error: AppError | null = null;
  /** undefined: the one that is kept as chosen. */
  #current: string | undefined;

  constructor(options: ServersOptions) {
    this.#o = options;
    this.#keys = keysOf(options.home, options.keyStore);
    this.#current = options.current;
    try {
      this.#kept = readKept(options.home);
    } catch (thrown) {
      this.#error = toAppError(thrown);
      this.#kept = { servers: [], current: null };
    }
  }
  get state(): ServersState {
    return {
      servers: this.#kept.servers.map((server) => this.#told(server)),
      current: this.#writer,
      keys: this.#keys.where,
      error: this.#error,
    };
  }
  #told({ prices: _, ...server }: KeptServer): Server {
    return {
      ...server,
      host: hostOf(server.addresses[0] ?? 'https://?'),
      price: this.#priceOf(server.id, server.model),
      hasKey: this.#keyOf(server.id) !== undefined,
    };
  }
  /** Of a model; what a person entered goes first. */
  #priceOf(id: string, model: string): Price | null {
    const kept = this.#kept.servers.find((server) => server.id === id);
    return (
      kept?.prices?.[model] ??
      kept?.models.find((one) => one.id === model)?.price ??
      publishedPrice(hostOf(kept?.addresses[0] ?? 'https://?'), model)
    );
  }
  #keyOf(id: string): string | undefined {
    return this.#o.key ?? this.#keys.read(id) ?? undefined;
  }
  /** By its id or its name. @throws MezzotintError not-found with those there are */
  find(wanted: string): Server {
    const found =
      this.#kept.servers.find(({ id }) => id === wanted) ??
      this.#kept.servers.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (found) return this.#told(found);
    throw failure('servers.unknown', { server: wanted, known: this.#kept.servers.map(({ name }) => name) });
  }
  get #writer(): string | null {
    return this.#current ?? this.#kept.current;
  }
  /** The one that writes replies; null: this machine. */
  get current(): Server | null {
    const found = this.#kept.servers.find(({ id }) => id === this.#writer);
    return found ? this.#told(found) : null;
  }
  /** A server as an engine. Its key is read at each reply. */
  engine({ id, name, model }: Pick<Server, 'id' | 'name' | 'model'>): Engine {
    const kept = this.#kept.servers.find((server) => server.id === id);
    if (!kept) throw failure('servers.unknown', { server: name, known: [] });
    const hadKey = this.#keyOf(id) !== undefined;
    return createRemoteEngine({
      server: this.#remote(kept, model),
      key: () => {
        const key = this.#keyOf(id);
        if (hadKey && key === undefined) throw failure('servers.key-unreadable', { server: name });
        return key;
      },
      ...(this.#o.limits ? { limits: this.#o.limits } : {}),
    });
  }
  #remote({ id, name, addresses, models, dialect, confirmed, observed }: KeptServer, model: string): RemoteServer {
    return {
      price: this.#priceOf(id, model) ?? undefined,
      states: observed && observed.dialect === dialect ? observed.states > 0 : undefined,
      name,
      addresses,
      dialect,
      confirmed,
      model: models.find((one) => one.id === model) ?? { id: model, name: model, contextLength: null, samplers: [] },
    };
  }
  async probe({ address, key, confirmed }: Request<'servers.probe'>): Promise<Response<'servers.probe'>> {
    const { models, ...rest } = await probe({
      address,
      key,
      confirmed,
      ...(this.#o.limits ? { limits: this.#o.limits } : {}),
    });
    return { ...rest, models: models.map((model) => ({ ...model, samplers: [...model.samplers] })) };
  }
  async test(asked: Request<'servers.test'>): Promise<Observed> {
    const limits = this.#o.limits ? { limits: this.#o.limits } : {};
    if (!('id' in asked)) {
      const address = addressOf(asked.address);
      checkAddress(address, asked.confirmed);
      const found = await tryReply(
        {
          name: hostOf(address),
          addresses: [address],
          model: { id: asked.model, name: asked.model, contextLength: null, samplers: [] },
          confirmed: asked.confirmed,
          dialect: asked.dialect ?? null,
        },
        asked.key,
        limits,
      );
      return { ...found, at: this.#now };
    }
    const server = this.find(asked.id);
    const kept = this.#kept.servers.find(({ id }) => id === server.id) as KeptServer;
    const known = kept.dialect === 'mezzotint' || kept.dialect === 'mercury' ? kept.dialect : null;
    const remote = this.#remote(kept, kept.model);
    const found = await tryReply({ ...remote, dialect: known }, this.#keyOf(server.id), limits);
    const observed = { ...found, at: this.#now };
    this.#change((next) => {
      const one = next.servers.find(({ id }) => id === server.id);
      if (one) Object.assign(one, { observed, dialect: found.dialect });
    });
    return observed;
  }
  get #now(): number {
    return (this.#o.now ?? Date.now)();
  }
  add(asked: Request<'servers.add'>): { id: string; state: ServersState } {
    if (this.#kept.servers.length >= MAX_SERVERS) throw failure('servers.too-many', { most: MAX_SERVERS });
    const { name, model, models, confirmed, observed } = asked;
    if (this.#kept.servers.some((one) => one.name.toLowerCase() === name.toLowerCase()))
      throw failure('servers.name-taken', { name });
    const addresses = [...new Set(asked.addresses.map(addressOf))];
    for (const address of addresses) checkAddress(address, confirmed);
    const id = randomUUID();
    const dialect = asked.dialect ?? observed?.dialect ?? 'openai-blocks';
    if (asked.key !== undefined) this.#keys.write(id, asked.key);
    try {
      this.#change((next) =>
        next.servers.push({ id, name, addresses, models, model, dialect, observed: observed ?? null, confirmed }),
      );
    } catch (thrown) {
      this.#keys.write(id, null);
      throw thrown;
    }
    return { id, state: this.state };
  }
  remove(wanted: string): ServersState {
    const { id } = this.find(wanted);
    this.#change((next) => {
      next.servers = next.servers.filter((server) => server.id !== id);
      if (next.current === id) next.current = null;
    });
    if (this.#current === id) this.#current = undefined;
    this.#keys.write(id, null);
    return this.state;
  }
  /** @param price null: what the server lists or was published */
  price(wanted: string, price: Request<'servers.price'>['price']): ServersState {
    const { id, model } = this.find(wanted);
    this.#change((next) => {
      const one = next.servers.find((server) => server.id === id);
      if (!one) return;
      const { [model]: _, ...others } = one.prices ?? {};
      one.prices = price ? { ...others, [model]: { ...price, from: 'person', day: dayOf(this.#now) } } : others;
    });
    return this.state;
  }
  use(wanted: string | null, model?: string): ServersState {
    const id = wanted === null ? null : this.find(wanted).id;
    this.#change((next) => {
      next.current = id;
      const one = next.servers.find((server) => server.id === id);
      if (one && model !== undefined) one.model = model;
    });
    this.#current = undefined;
    return this.state;
  }
  /** Written before it holds. @throws MezzotintError */
  #change(work: (next: Kept) => void): void {
    if (this.#error) throw failure('servers.unreadable', { file: this.#error.file ?? '' });
    const next = structuredClone(this.#kept);
    work(next);
    writeKept(this.#o.home, next);
    this.#kept = next;
  }
}
