/** The engine process: loads a pack on a device and writes one reply at a time. Speaks `ToEngine` / `FromEngine`. */
import { join } from 'node:path';
import type {
  AgreeRequest,
  Device,
  EngineStatus,
  FillRequest,
  FromEngine,
  GenerateRequest,
  PromptMessage,
  ToEngine,
} from '../contract/engine.ts';
import type { GenerationEvent } from '../contract/generation.ts';
import type { KernelChoice, Kernels } from '../contract/kernels.ts';
import { Pace } from '../samplers/pace.ts';
import { type AppError, errorOf, failure } from '../contract/result.ts';
import { previewPrompt } from '../text/preview.ts';
import { fitPrompt, renderPrompt, type FittedPrompt } from '../text/template.ts';
import { PieceDecoder } from '../text/tokenizer.ts';
import { agreement } from './agree.ts';
import { deviceOrder, sessionOptions, unavailable, usualKernels } from './devices.ts';
import { tooLarge } from './device-memory.ts';
import { cacheGrain } from './diffuse.ts';
import { DrafterSession } from './drafter.ts';
import { runFill } from './fill.ts';
import { modelOf, type LoadedModel } from './loaded-model.ts';
import type { LoopModel } from './loop-model.ts';
import { runReply } from './loop.ts';
import type { Heart } from './heart.ts';
import { explained, memoryError, ranOutOfMemory } from './memory.ts';
import { capabilitiesFor, graphsOf, openPack, type Pack } from './pack.ts';
import { PrefixCaches } from './prefixes.ts';
import { runSelfTest } from './self-test.ts';
import { ModelSession } from './session.ts';
import { integersOf } from './integer-layout.ts';
import { removeIntegers } from './integer-note.ts';
import { chooseKernels, inBlocks, rowsThatCount } from './tuning.ts';

/** Bytes of prefix caches kept; a tenth of memory would do on most machines, this is safe on all. */
const CACHE_BYTES = 768 * 1024 * 1024;
/** A device of the automatic order that needs longer for a small forward is left for the next one (software rasterizers). */
const SLOW_MS = 400;
/** The drafter runs on the processor, wherever the model does, with a pool of its own. It is small: more threads than these wait for each other. */
const DRAFTER_THREADS = 2;
/** Tokens kept free for the reply when a conversation is cut to the context. */
const RESERVE = 256;

type LoadMessage = Extract<ToEngine, { type: 'load' }>;
interface Loaded extends LoadedModel {
  device: Device;
  caches: PrefixCaches;
}

export class EngineHost {
  readonly #send: (message: FromEngine) => void;
  #loaded: Loaded | null = null;
  #status: EngineStatus = { state: 'starting' };
  #cancelled = new Set<string>();
  /** Work in order: loads and replies never overlap. */
  #queue: Promise<void> = Promise.resolve();

  readonly #heart: Heart | undefined;

  /** @param heart beats while there is work */
  constructor(send: (message: FromEngine) => void, heart?: Heart) {
    this.#send = send;
    this.#heart = heart;
    this.#report(this.#status);
  }

  handle(message: ToEngine): void {
    switch (message.type) {
      case 'load':
        return this.#enqueue(() => this.#load(message));
      case 'generate':
        return this.#enqueue(() => this.#generate(message.request));
      case 'fill':
        return this.#enqueue(() => this.#fill(message.request));
      case 'cancel':
        this.#cancelled.add(message.generationId);
        return;
      case 'preview':
        // at once, between two forwards of a running reply: a person waits for it
        this.#heart?.begin();
        this.#preview(message);
        return this.#heart?.end();
      case 'tokenize':
        this.#heart?.begin();
        this.#tokenize(message);
        return this.#heart?.end();
      case 'agree':
        return this.#enqueue(() => this.#agree(message.requestId, message.request));
      case 'clear-cache':
        return this.#enqueue(async () => this.#loaded?.caches.clear());
      case 'importer':
        return this.#enqueue(async () => {
          const { runImporter } = await import('./importer.ts');
          await runImporter(message.request, (answer) => this.#send({ type: 'importer', answer }));
        });
      case 'shutdown':
        process.exit(0);
    }
  }

  #enqueue(work: () => Promise<void>): void {
    this.#heart?.begin();
    this.#queue = this.#queue
      .then(work)
      .catch((thrown: unknown) => this.#report({ state: 'failed', error: explained(thrown) }))
      .finally(() => this.#heart?.end());
  }

  #report(status: EngineStatus): void {
    this.#status = status;
    this.#send({ type: 'status', status });
  }

  async #load({ packDir, devices, kernels: asked = 'auto', measurements }: LoadMessage): Promise<void> {
    const began = performance.now();
    this.#loaded?.caches.clear();
    await this.#loaded?.session.release();
    await this.#loaded?.drafter?.release();
    this.#loaded = null;
    try {
      this.#report({ state: 'loading', packId: '', step: 'verify' });
      const pack = await openPack(packDir);
      const refused: { device: Device; reason: string }[] = [];
      const order = devices.length > 0 ? devices : deviceOrder();
      for (const device of order) {
        // a graphics device does the products; its pool has the usual threads
        let kernels: KernelChoice =
          device === 'cpu'
            ? await chooseKernels(pack.manifest, asked, measurements, () =>
                this.#report({ state: 'loading', packId: pack.info.id, step: 'measure' }),
              )
            : { ...usualKernels(), why: 'usual' as const };
        let tried: ModelSession | string = '';
        if (kernels.products === 'integers') {
          const laid = await integersOf(pack, kernels.threads, (done, total) =>
            this.#report({ state: 'loading', packId: pack.info.id, step: 'layout', share: done / total }),
          );
          if (!('refused' in laid)) tried = await this.#tryDevice(pack, device, kernels, false, laid.graphs);
          if (typeof tried === 'string')
            kernels = inBlocks(kernels, 'refused' in laid ? laid.refused : 'failed', rowsThatCount(pack.manifest));
        } else if (kernels.products === 'blocks') removeIntegers(pack.dir);
        if (typeof tried === 'string') {
          this.#report({ state: 'loading', packId: pack.info.id, step: 'session' });
          tried = await this.#tryDevice(pack, device, kernels, devices.length === 0);
        }
        if (typeof tried === 'string') {
          refused.push({ device, reason: tried });
          continue;
        }
        const drafter = await DrafterSession.create(
          pack.dir,
          pack.manifest,
          sessionOptions('cpu', Math.min(kernels.threads, DRAFTER_THREADS), kernels.spinUs),
        );
        this.#loaded = {
          pack,
          session: tried,
          drafter,
          device,
          caches: new PrefixCaches(() => tried.newCache(), CACHE_BYTES, cacheGrain(pack.manifest)),
          pace: new Pace(),
        };
        return this.#report({
          state: 'ready',
          pack: pack.info,
          device,
          refused,
          threads: kernels.threads,
          ...(device === 'cpu' ? { kernels } : {}),
          capabilities: capabilitiesFor(pack.manifest),
          loadMs: performance.now() - began,
        });
      }
      if (refused.some(({ reason }) => ranOutOfMemory(reason)))
        throw memoryError('load', refused.map((r) => `${r.device}: ${r.reason}`).join('; '));
      throw failure('engine.no-device', { reasons: refused.map((r) => `${r.device}: ${r.reason}`) });
    } catch (thrown) {
      this.#report({ state: 'failed', error: explained(thrown) });
    }
  }

  /** The session where the device serves, else the reason why not. */
  async #tryDevice(
    pack: Pack,
    device: Device,
    { threads, spinUs }: Kernels,
    automatic: boolean,
    graphs = graphsOf(pack.dir, pack.manifest, device),
  ): Promise<ModelSession | string> {
    const missing = unavailable(device);
    if (missing !== null) return missing;
    const large = device === 'cpu' ? null : tooLarge(pack.manifest);
    if (large !== null) return large;
    let session: ModelSession;
    try {
      session = await ModelSession.create(graphs, pack.manifest, sessionOptions(device, threads, spinUs));
    } catch (thrown) {
      return firstLine(thrown);
    }
    try {
      this.#report({ state: 'loading', packId: pack.info.id, step: 'self-test' });
      const file = join(pack.dir, pack.manifest.selfTest.file);
      let reason = await runSelfTest(session, file, graphs.context !== undefined);
      if (reason === null && automatic && device !== 'cpu') {
        const began = performance.now();
        await runSelfTest(session, file);
        const ms = (performance.now() - began) / 2;
        if (ms > SLOW_MS) reason = `it needs ${Math.round(ms)} ms for a small forward, which the processor beats`;
      }
      if (reason === null) return session;
      await session.release();
      return reason;
    } catch (thrown) {
      await session.release().catch(() => undefined);
      return firstLine(thrown);
    }
  }

  async #generate(request: GenerateRequest): Promise<void> {
    let last = -1;
    const emit = (event: GenerationEvent): void => {
      last = event.seq;
      this.#send({ type: 'event', generationId: request.generationId, event });
    };
    try {
      const loaded = this.#loaded;
      if (!loaded) {
        const error = this.#status.state === 'failed' ? this.#status.error : errorOf('engine.no-model');
        return emit({ type: 'failed', seq: 0, t: 0, error });
      }
      const { pack } = loaded;
      const { manifest } = pack;
      const reserve = Math.min(RESERVE, request.settings.ending.maxTokens) + request.replyPrefix.length;
      const prompt = request.prompt
        ? barePrompt(request.prompt, manifest, reserve)
        : fitPrompt(pack.template, withInstructions(request.messages, manifest.systemPrompt), pack.tokenizer, {
            contextLength: manifest.contextLength,
            reserve,
          });
      const known = [...prompt.ids, ...request.replyPrefix];
      const cache = loaded.caches.take(known, known.length - 1);
      await runReply(this.#model(loaded), {
        request,
        prompt: prompt.ids,
        droppedMessages: prompt.droppedMessages,
        cache,
        pack: pack.info,
        device: loaded.device,
        cancelled: () => this.#cancelled.has(request.generationId),
        now: () => performance.now(),
        emit,
      });
      loaded.caches.trim();
    } catch (thrown) {
      emit({ type: 'failed', seq: last + 1, t: 0, error: this.#fault(thrown) });
    } finally {
      this.#cancelled.delete(request.generationId);
    }
  }

  async #fill(request: FillRequest): Promise<void> {
    const { fillId } = request;
    try {
      const loaded = this.#loaded;
      if (!loaded) throw failure('engine.no-model');
      const { pack } = loaded;
      const { manifest } = pack;
      const prompt = fitPrompt(
        pack.template,
        withInstructions(request.messages, manifest.systemPrompt),
        pack.tokenizer,
        {
          contextLength: manifest.contextLength,
          reserve: Math.min(manifest.contextLength >> 1, request.reply.length + RESERVE),
        },
      );
      const first = request.spans.reduce((least, { from }) => Math.min(least, from), request.reply.length);
      const known = [...prompt.ids, ...request.reply.slice(0, first)];
      const result = await runFill(this.#model(loaded), {
        request,
        prompt: prompt.ids,
        cache: loaded.caches.take(known, known.length - 1),
        cancelled: () => this.#cancelled.has(fillId),
        now: () => performance.now(),
        onBest: (span, best) => this.#send({ type: 'filling', fillId, span, best }),
      });
      loaded.caches.trim();
      this.#send({ type: 'filled', fillId, result });
    } catch (thrown) {
      this.#send({ type: 'filled', fillId, result: null, error: this.#fault(thrown) });
    } finally {
      this.#cancelled.delete(fillId);
    }
  }

  async #agree(requestId: string, request: AgreeRequest): Promise<void> {
    const loaded = this.#loaded;
    let equal = 0;
    try {
      // without a causal head there is nothing to agree with
      if (loaded?.pack.manifest.diffusion.causalHead) {
        const { pack } = loaded;
        const prompt = renderPrompt(
          pack.template,
          withInstructions(request.messages, pack.manifest.systemPrompt),
          pack.tokenizer,
          { addGenerationPrompt: true },
        );
        equal = await agreement(this.#model(loaded), request, prompt, loaded.caches.take(prompt, prompt.length - 1));
        loaded.caches.trim();
      }
      this.#send({ type: 'agreed', requestId, equal });
    } catch (thrown) {
      this.#send({ type: 'agreed', requestId, equal: 0, error: this.#fault(thrown) });
    }
  }

  #tokenize({ requestId, text }: Extract<ToEngine, { type: 'tokenize' }>): void {
    const tokenizer = this.#loaded?.pack.tokenizer;
    if (!tokenizer) return this.#send({ type: 'tokenized', requestId, tokens: null });
    try {
      const ids = tokenizer.encode(text);
      const pieces = new PieceDecoder(tokenizer);
      this.#send({ type: 'tokenized', requestId, tokens: { ids, pieces: ids.map((id) => pieces.push(id)) } });
    } catch (thrown) {
      this.#send({ type: 'tokenized', requestId, tokens: null, error: explained(thrown) });
    }
  }

  /** An error of a step in words. Where memory ran out, what is only kept for speed goes. */
  #fault(thrown: unknown): AppError {
    const error = explained(thrown);
    if (error.code === 'out-of-memory') this.#loaded?.caches.clear();
    return error;
  }

  /** The loaded model; each forward is a sign of life. */
  #model(loaded: Loaded): LoopModel {
    const model = modelOf(loaded);
    return {
      ...model,
      forward: async (rows, cache) => {
        const made = await model.forward(rows, cache);
        this.#heart?.forward();
        return made;
      },
    };
  }

  #preview({ requestId, messages, maxTokens, withText }: Extract<ToEngine, { type: 'preview' }>): void {
    const pack = this.#loaded?.pack;
    if (!pack) return this.#send({ type: 'previewed', requestId, preview: null });
    try {
      const { contextLength, systemPrompt } = pack.manifest;
      const whole = withInstructions(messages, systemPrompt);
      const preview = previewPrompt(
        pack.template,
        whole,
        pack.tokenizer,
        { contextLength, reserve: Math.min(RESERVE, maxTokens) },
        withText,
      );
      const added = whole.length - messages.length;
      const parts = preview.parts.map((part) => ({
        ...part,
        message: part.message === null || part.message < added ? null : part.message - added,
      }));
      this.#send({ type: 'previewed', requestId, preview: { ...preview, parts } });
    } catch (thrown) {
      this.#send({ type: 'previewed', requestId, preview: null, error: explained(thrown) });
    }
  }
}

/** A prompt without a chat template. One without tokens begins a document. @throws prompt-too-long */
function barePrompt(
  ids: readonly number[],
  { contextLength, tokens }: Pack['manifest'],
  reserve: number,
): FittedPrompt {
  const whole = ids.length > 0 ? [...ids] : tokens.endOfTurn.slice(-1);
  if (whole.length + reserve <= contextLength) return { ids: whole, droppedMessages: 0 };
  throw failure('engine.prompt-too-long', { tokens: whole.length, context: contextLength, reserve });
}

/** A conversation's own instructions come first; the pack's stand in where it has none. */
function withInstructions(messages: PromptMessage[], systemPrompt: string | null): PromptMessage[] {
  return systemPrompt === null || messages[0]?.role === 'system'
    ? messages
    : [{ role: 'system', content: systemPrompt }, ...messages];
}

const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]?.slice(0, 200) ?? 'it failed';
