import { describe, expect, test } from 'vitest';
import { Guests } from '../../../core/app/guests.ts';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { noCounts } from '../../../core/contract/generation.ts';
import type { Engine, OnEvent } from '../../../core/engines/index.ts';
import { fakeSettings } from '../../fixtures/fake-engine.ts';

const finished: GenerationEvent = { type: 'stopped', seq: 0, t: 0, counts: { ...noCounts } };

/** An engine that says which pack it loads, and for which it is asked to write. */
function world() {
  const course: string[] = [];
  const later: (() => void)[] = [];
  const open: OnEvent[] = [];
  const gone: string[] = [];
  const guests = new Guests({
    current: () => '/models/own',
    find: (model) => {
      if (model === 'gone') throw new Error('gone');
      return `/models/${model}`;
    },
    onGone: (model, why) => gone.push(`${model}: ${String(why)}`),
    soon: (work) => later.push(work),
  });
  const engine = guests.serve({
    status: { state: 'starting' },
    restart: () => {
      course.push(`load ${guests.packDir()}`);
      return { state: 'starting' };
    },
    generate: (request: object, onEvent: OnEvent) => {
      course.push(`write with ${guests.packDir()}${'model' in request || 'once' in request ? ' and a model' : ''}`);
      open.push(onEvent);
    },
  } as unknown as Engine);
  const ask = (model?: string, once = false): void =>
    engine.generate(
      {
        generationId: 'g',
        messages: [],
        replyPrefix: [],
        settings: fakeSettings,
        seed: 1,
        ...(model === undefined ? {} : { model }),
        ...(once ? { once } : {}),
      },
      () => undefined,
    );
  const end = (): void => open.shift()?.(finished);
  const settle = (): void => later.splice(0).forEach((work) => work());
  const prepare = (model: string): void => guests.prepare(engine, model);
  return { course, engine, ask, end, settle, prepare, gone };
}

describe('models that answer beside the one in use', () => {
  test('the model in use writes without another load', () => {
    const { course, ask, end, settle } = world();
    ask();
    end();
    ask('own');
    end();
    settle();
    expect(course).toEqual(['write with /models/own', 'write with /models/own']);
  });
  test('a model that is named for one reply is loaded for it, and the one in use comes back after it', () => {
    const { course, ask, end, settle } = world();
    ask('other', true);
    end();
    settle();
    ask();
    expect(course).toEqual([
      'load /models/other',
      'write with /models/other',
      'load /models/own',
      'write with /models/own',
    ]);
  });
  test('replies that follow one another load each model once', () => {
    const { course, ask, end, settle } = world();
    ask('other', true);
    end();
    ask('other', true);
    settle();
    end();
    ask('third', true);
    end();
    settle();
    expect(course.filter((line) => line.startsWith('load'))).toEqual([
      'load /models/other',
      'load /models/third',
      'load /models/own',
    ]);
  });
  test('a model that a conversation chose stays loaded until another one is wanted', () => {
    const { course, ask, end, settle } = world();
    ask('other');
    end();
    settle();
    ask('other');
    end();
    // background work takes what is there
    ask();
    end();
    // for one reply, and back to the conversation's
    ask('third', true);
    end();
    settle();
    ask('own');
    expect(course.filter((line) => line.startsWith('load'))).toEqual([
      'load /models/other',
      'load /models/third',
      'load /models/other',
      'load /models/own',
    ]);
  });
  test('a model that is prepared is loaded before it is asked', () => {
    const { course, ask, prepare } = world();
    prepare('other');
    prepare('other');
    ask('other');
    expect(course).toEqual(['load /models/other', 'write with /models/other']);
    expect(() => prepare('gone')).toThrow('gone');
  });
  test('a model that has gone meanwhile leaves the reply to the one in use, and that is said', () => {
    const { course, ask, engine, gone } = world();
    ask('gone');
    expect(gone).toEqual(['gone: Error: gone']);
    expect(course).toEqual(['write with /models/own']);
    expect(engine.status).toEqual({ state: 'starting' });
  });
});
