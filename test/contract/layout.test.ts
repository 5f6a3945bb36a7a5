/** Templates and spans with the real engine and the default pack, greedy: the same on every run. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FillResult } from '../../core/contract/engine.ts';
import { parseTemplate } from '../../core/contract/template.ts';
import { ask, engineSettings, EngineUnderTest, of, packDir, textOf } from '../fixtures/engine-under-test.ts';
import { idsOf } from '../../core/contract/committed.ts';

const engine = new EngineUnderTest();
beforeAll(async () => {
  expect((await engine.load(packDir)).state).toBe('ready');
});
afterAll(() => engine.child.kill());

describe('a template', () => {
  test('is filled with what fits before and after each hole, and its own words stand byte for byte', async () => {
    const layout = parseTemplate('The capital of [country] is Paris. Its river is the ___.\n\n— done ✓');
    const events = await engine.reply(ask('Tell me about Paris.'), layout ? { layout } : {});
    expect(textOf(events)).toMatch(/^The capital of France is Paris\. Its river is the \S[^.]*\.\n\n— done ✓$/);
    const tokens = of(events, 'blockCommitted').flatMap((e) => e.tokens);
    expect(tokens.find((t) => t.via !== 'locked')?.text).toBe(' France');
    expect(of(events, 'finished')[0]?.reason).toBe('end');
  });
});

describe('a span written anew', () => {
  const fill = (reply: number[], from: number, to: number): Promise<FillResult | null> => {
    engine.send({
      type: 'fill',
      request: {
        fillId: 'f',
        messages: ask('What is the capital of France?'),
        reply,
        ended: true,
        spans: [{ from, to, min: 1, max: 3 }],
        candidates: 3,
        settings: engineSettings,
        seed: 1,
      },
    });
    return engine.until((message) =>
      message.type === 'filled' && message.fillId === 'f' ? message.result : undefined,
    );
  };

  test('has candidates unlike what stood there, each with its likelihood, and the original’s beside them', async () => {
    const events = await engine.reply(ask('What is the capital of France?'));
    const reply = of(events, 'blockCommitted').flatMap((e) => e.tokens);
    const at = reply.findIndex((t) => t.text === ' Paris');
    expect(at).toBeGreaterThan(0);
    const ids = idsOf(reply);
    const result = await fill(ids, at, at + 1);
    expect(result?.candidates.length).toBeGreaterThan(1);
    const texts = result?.candidates.map(({ spans }) => spans[0]?.tokens.map((t) => t.text).join('')) ?? [];
    expect(texts).not.toContain(' Paris');
    expect(texts.every((text) => text?.startsWith(' '))).toBe(true);
    const [original] = result?.original ?? [];
    for (const { spans } of result?.candidates ?? [])
      expect((spans[0]?.span ?? 0) + (spans[0]?.rest ?? 0)).toBeLessThan((original?.span ?? 0) + (original?.rest ?? 0));
    expect(await fill(ids, at, at + 1)).toMatchObject({ candidates: result?.candidates ?? [] });
  });
});
