/** The demo's engine: the scripted one, with a lifelike pace and figures. No model is read. */
import type {
  EngineStatus,
  FillRequest,
  FillResult,
  GenerateRequest,
  PackInfo,
  SpawnEngine,
} from '../../core/contract/engine.ts';
import type { KnownToken } from '../../core/contract/generation.ts';
import type { ImporterAnswer, ImporterRequest, ImportPlan } from '../../core/contract/models.ts';
import { errorOf } from '../../core/contract/result.ts';
import { defaultsOf } from '../../core/contract/samplers.ts';
import { samplersFor } from '../../core/samplers/index.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';
import { samplePack, sampleReady } from '../fixtures/sample-model.ts';
import { listReply, pieces, proseReply, richReply } from '../fixtures/sample-replies.ts';
import { script } from '../fixtures/scripted-reply.ts';
import { OTHER_MODEL } from './models.ts';

export interface DemoPace {
  /** Milliseconds a forward. */
  pace: number;
  /** The engine holds still after so many forwards of a reply. */
  freeze?: number;
  /** A reply fails after so many forwards. */
  failAt?: number;
  /** What the engine says of itself once it was started; absent: ready. */
  status?: EngineStatus | null;
}

/** A question with `long` in it gets some 2,000 tokens: for seeing that a long reply stays smooth. */
const answerTo = (question: string): string =>
  /long/i.test(question)
    ? Array.from({ length: 6 }, () => richReply).join('\n\n')
    : /sort|code|python/i.test(question)
      ? richReply
      : /list|pack|things/i.test(question)
        ? listReply
        : proseReply;

/** The pack of a model without a causal head, which writes blocks of four. */
function otherPack(): PackInfo {
  const samplers = samplersFor({
    causalHead: false,
    canvas: true,
    shift: 0,
    drafterSlots: 0,
    blockLengths: [4],
    own: {
      attention: 'block',
      causalHead: false,
      shift: 0,
      wholeRows: true,
      blockLength: 4,
      blockLengths: [4, 8, 16, 32],
      sampler: { id: 'low-confidence', params: {} },
    },
  });
  const [first] = samplers;
  if (!first) throw new Error('the other model has no sampler');
  const defaults = { ...samplePack.defaults, sampler: { id: first.id, params: defaultsOf(first) } };
  return { ...samplePack, ...OTHER_MODEL, hash: 'b'.repeat(64), adapter: null, samplers, defaults };
}

const others = [' a slow walk', ' the smell of salt', ' one quiet morning', ' a long look', ' some good bread'];
/** Other words of about the same length. */
function fill({ spans, candidates }: FillRequest): FillResult {
  const span = (from: number, to: number, way: number): FillResult['candidates'][number]['spans'][number] => ({
    from,
    to,
    tokens: pieces(others[(from + way) % others.length] ?? '').map((text, i): KnownToken => ({
      id: 900 + from + i,
      text,
      p: 0.9 / (way + i + 1),
      forward: i + 1,
      via: 'revealed',
    })),
    span: -0.8 - 0.6 * way,
    rest: -0.9 - 0.2 * way,
  });
  return {
    candidates: Array.from({ length: candidates }, (_, way) => ({
      spans: spans.map(({ from, to }) => span(from, to, way)),
    })),
    original: spans.map(({ from }) => ({ span: -0.4 - (from % 3) / 10, rest: -0.8 })),
    forwards: 12,
    ms: 40,
  };
}

const plan: ImportPlan = {
  name: 'Dream-v0-Instruct-7B',
  family: 'Dream',
  architecture: 'DreamModel',
  format: 'safetensors',
  licence: 'Apache-2.0',
  licenceText: true,
  parameters: 7_615_616_512,
  contextLength: 2048,
  sourceBytes: 15_231_000_000,
  sizes: [
    { bits: 4, bytes: 5_420_000_000, memory: 7_075_000_000 },
    { bits: 8, bytes: 8_567_000_000, memory: 11_009_000_000 },
  ],
  bits: 4,
  machineMemory: 16_600_000_000,
  freeDisk: 212_000_000_000,
  skills: { exact: false, rewrite: true, length: 'canvas' },
  sampler: 'Dream, by entropy',
  recipe: 'dream-v0-instruct-7b',
};
/** A folder is a Dream model, one with `a2d` in its name leaves a choice, and GGUF files are refused. An import never ends. */
function importer(request: ImporterRequest): ImporterAnswer[] {
  if (request.kind === 'forecast') return [{ kind: 'forecast', tokensPerSecond: 12 }];
  if (request.kind === 'verify') return [{ kind: 'verified' }];
  const { kind, path, recipe, bits } = request;
  if (path.endsWith('.gguf'))
    return [{ kind: 'failed', error: errorOf('checkpoint.not-there', { path }, { file: path }) }];
  if (kind === 'import')
    return [{ kind: 'progress', done: Math.round(plan.parameters * 0.37), total: plan.parameters }];
  if (/a2d/i.test(path) && recipe === undefined) {
    const recipes = [
      { id: 'a2d-bd3lm', repository: 'dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1' },
      { id: 'a2d-mdlm', repository: 'dllm-hub/Qwen3-0.6B-diffusion-mdlm-v0.1' },
    ];
    return [{ kind: 'preflight', result: { state: 'choose', family: 'Tiny-A2D', recipes }, id: null }];
  }
  return [
    {
      kind: 'preflight',
      result: { state: 'ready', plan: { ...plan, bits: bits ?? plan.bits } },
      id: 'dream-v0-instruct',
    },
  ];
}

/** Starts engine processes that write as `pace` says. */
export function demoEngine({ pace, freeze = Infinity, failAt, status }: DemoPace): SpawnEngine {
  return () => {
    /** How many events each forward has that is still to be sent. */
    let forwards: number[] = [];
    let done = 0;
    const engine = new FakeEngine({
      pace: 'manual',
      ready:
        status === undefined
          ? (folder) =>
              sampleReady.state === 'ready' && folder.endsWith(OTHER_MODEL.id)
                ? { ...sampleReady, pack: otherPack() }
                : sampleReady
          : status,
      fill,
      importer,
      script(request: GenerateRequest) {
        const question = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
        const first = request.replyPrefix.length;
        const steps = [
          ...script({
            text: pieces(answerTo(question)).slice(first).join(''),
            settings: request.settings,
            seed: request.seed,
            firstSlot: first,
            pace,
            ...(failAt === undefined ? {} : { failAt }),
          }),
        ];
        forwards = steps.map((events) => events.length);
        done = 0;
        return steps.flat();
      },
    });
    const process = engine.spawn();
    const timer = setInterval(() => {
      if (forwards.length > 0 && done++ <= freeze) engine.step(forwards.shift());
    }, pace);
    process.onExit(() => clearInterval(timer));
    return process;
  };
}
