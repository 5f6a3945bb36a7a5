/** The peer in a process of its own: node-llama-cpp on the processor, one token at a time, greedy. Answers over the process channel. */
import { pathToFileURL } from 'node:url';

export interface PeerLoad {
  type: 'load';
  /** node-llama-cpp's entry file. */
  library: string;
  model: string;
  threads: number;
  contextSize: number;
}
export interface PeerReply {
  type: 'reply';
  prompt: number[];
  maxTokens: number;
  endOfTurn: number[];
}
/** What it makes of `ids` as the token after `prompt`. */
export interface PeerChances {
  type: 'chances';
  prompt: number[];
  ids: number[];
}
export type ToPeer = PeerLoad | PeerReply | PeerChances;
/** `msPrefill`: all prompt tokens but the last; `msDecode`: from the last prompt token to the last forward, as the engine counts. */
export type FromPeer =
  | { type: 'loaded'; ms: number }
  | { type: 'replied'; ids: number[]; msPrefill: number; msDecode: number }
  /** Log-probabilities at temperature 1, in the order of the ids. */
  | { type: 'chances'; logP: number[] }
  | { type: 'error'; message: string };

/** What is used of node-llama-cpp. */
interface Sequence {
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: number[]): Promise<void>;
  evaluate(
    tokens: number[],
    options: { temperature: number; yieldEogToken: boolean },
  ): AsyncGenerator<number, void, void>;
  controlledEvaluate(
    input: [token: number, options: { generateNext: { probabilities: true; options: { temperature: number } } }][],
  ): Promise<({ next: { probabilities?: Map<number, number> } } | undefined)[]>;
}
interface Library {
  getLlama(options: Record<string, unknown>): Promise<{
    loadModel(
      options: Record<string, unknown>,
    ): Promise<{ createContext(options: Record<string, unknown>): Promise<{ getSequence(): Sequence }> }>;
  }>;
}

let sequence: Sequence | undefined;

async function load(message: PeerLoad): Promise<FromPeer> {
  const began = performance.now();
  const library = (await import(pathToFileURL(message.library).href)) as Library;
  const llama = await library.getLlama({
    gpu: false,
    build: 'never',
    progressLogs: false,
    logLevel: 'error',
    maxThreads: message.threads,
    skipDownload: true,
  });
  const model = await llama.loadModel({ modelPath: message.model });
  const context = await model.createContext({ contextSize: message.contextSize, threads: message.threads });
  sequence = context.getSequence();
  return { type: 'loaded', ms: performance.now() - began };
}

async function reply({ prompt, maxTokens, endOfTurn }: PeerReply): Promise<FromPeer> {
  if (!sequence) throw new Error('no model is loaded');
  await sequence.clearHistory();
  const began = performance.now();
  if (prompt.length > 1) await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1));
  const prefilled = performance.now();
  const ids: number[] = [];
  for await (const id of sequence.evaluate(prompt.slice(-1), { temperature: 0, yieldEogToken: true })) {
    if (endOfTurn.includes(id)) break;
    ids.push(id);
    if (ids.length >= maxTokens) break;
  }
  return { type: 'replied', ids, msPrefill: prefilled - began, msDecode: performance.now() - prefilled };
}

async function chances({ prompt, ids }: PeerChances): Promise<FromPeer> {
  if (!sequence) throw new Error('no model is loaded');
  await sequence.clearHistory();
  if (prompt.length > 1) await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1));
  const made = await sequence.controlledEvaluate([
    [prompt.at(-1) as number, { generateNext: { probabilities: true, options: { temperature: 1 } } }],
  ]);
  const of = made[0]?.next.probabilities ?? new Map<number, number>();
  return { type: 'chances', logP: ids.map((id) => Math.log(of.get(id) ?? 0)) };
}

const answer = (message: ToPeer): Promise<FromPeer> =>
  message.type === 'load' ? load(message) : message.type === 'reply' ? reply(message) : chances(message);

process.on('message', (message: ToPeer) => {
  answer(message).then(
    (answered) => process.send?.(answered),
    (thrown: unknown) =>
      process.send?.({
        type: 'error',
        message: thrown instanceof Error ? thrown.message : String(thrown),
      } satisfies FromPeer),
  );
});
process.on('disconnect', () => process.exit(0));
