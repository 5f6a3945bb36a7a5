/** Goes on with a reply by its text: whoever wrote it, its words are read as this model's tokens. */
import type { GenerateRequest } from '../contract/engine.ts';
import { noCounts, type GenerationEvent } from '../contract/generation.ts';
import { toAppError } from '../contract/result.ts';
import type { Engine, OnEvent } from './engine.ts';

/** Slots of events, moved by so many. */
function moved(event: GenerationEvent, by: number): GenerationEvent {
  if (event.type === 'started') return { ...event, firstSlot: event.firstSlot + by };
  if (event.type === 'blockCommitted') return { ...event, from: event.from + by };
  if (event.type !== 'frame') return event;
  return {
    ...event,
    canvas: { ...event.canvas, from: event.canvas.from + by },
    changes: event.changes.map((change) => ({ ...change, slot: change.slot + by })),
    ...(event.ends ? { ends: event.ends.map(([slot, p]): [number, number] => [slot + by, p]) } : {}),
  };
}

/** An engine with ids of tokens that takes `goesOn` too. */
export function resumingByText(engine: Engine): Engine {
  /** Those whose text is being read. */
  const reading = new Set<string>();
  async function begin({ goesOn, ...request }: GenerateRequest, onEvent: OnEvent): Promise<void> {
    const { text, slots } = goesOn as NonNullable<typeof goesOn>;
    const id = request.generationId;
    reading.add(id);
    try {
      await engine.settled();
      const { ids } = await engine.tokenize(text);
      if (!reading.has(id)) return;
      const by = slots - ids.length;
      const { ending } = request.settings;
      // the limit counts the whole reply
      const settings = {
        ...request.settings,
        ending: { ...ending, maxTokens: Math.max(1, ending.maxTokens - by) },
      };
      engine.generate({ ...request, settings, replyPrefix: ids }, (event) => onEvent(moved(event, by)));
    } catch (thrown) {
      if (reading.has(id)) onEvent({ type: 'failed', seq: 0, t: 0, error: toAppError(thrown) });
    } finally {
      if (!reading.delete(id)) onEvent({ type: 'stopped', seq: 0, t: 0, counts: { ...noCounts } });
    }
  }
  return {
    ...engine,
    get status() {
      return engine.status;
    },
    generate(request, onEvent) {
      if (request.goesOn) void begin(request, onEvent);
      else engine.generate(request, onEvent);
    },
    cancel(id) {
      reading.delete(id);
      engine.cancel(id);
    },
  };
}
