/** Another Mezzotint: the events of its reply one to one, with tokens, confidence and alternatives. */
import * as v from 'valibot';
import { generationEventSchema, stopReasonSchema } from '../../../contract/generation.ts';
import { onlyWrites, type Dialect, type Step } from './dialect.ts';
import { plainSteps } from './openai-blocks.ts';

const kinds: Readonly<Record<string, string>> = { started: 'started', frame: 'frame', commit: 'blockCommitted' };
const sentSchema = v.looseObject({ v: v.literal(1), kind: v.string() });
const endSchema = v.object({ reason: stopReasonSchema });

const written = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const mezzotint: Dialect = {
  id: 'mezzotint',
  unit: 'token',
  states: true,
  capabilities: { ...onlyWrites, probabilities: true, frames: true, seeded: true },
  headers: {},
  body({ settings: { sampling, sampler }, seed }) {
    const params = Object.fromEntries(Object.entries(sampler.params).map(([name, value]) => [written(name), value]));
    return {
      seed,
      top_p: sampling.topP,
      top_k: sampling.topK,
      repetition_penalty: sampling.repetitionPenalty,
      mezzotint: {
        states: 'changes',
        confidence: true,
        alternatives: 4,
        interval_ms: 30,
        ...(sampler.id === 'server' ? {} : { sampler: sampler.id, params }),
      },
    };
  },
  reader: () => (chunk) => {
    const sent = v.safeParse(sentSchema, chunk.mezzotint);
    // text comes by its tokens
    const steps: Step[] = plainSteps(chunk).filter(({ kind }) => kind !== 'text' || !sent.success);
    if (!sent.success) return steps;
    const { v: _, kind, ...fields } = sent.output;
    if (kind === 'finished') {
      const end = v.safeParse(endSchema, fields);
      return end.success
        ? [...steps.filter((step) => step.kind !== 'end'), { kind: 'end', reason: end.output.reason }]
        : steps;
    }
    const type = kinds[kind];
    const event = type === undefined ? null : v.safeParse(generationEventSchema, { ...fields, type });
    return event?.success ? [{ kind: 'event', event: event.output }, ...steps] : steps;
  },
};
