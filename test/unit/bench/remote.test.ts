import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/engines/index.ts';
import { inLanes, measure, quantile, type Measured } from '../../bench/remote/measure.ts';
import { killedOf, lines, loadOf, sideOf } from '../../bench/remote/report.ts';
import { serverAt, says, scripted } from '../../fixtures/remote-server.ts';
import { createRemoteEngine } from '../../../core/engines/index.ts';
import { fakeSettings } from '../../fixtures/fake-engine.ts';

const reply = (of: Partial<Measured> = {}): Measured => ({
  firstMs: 100,
  ms: 600,
  tokens: 11,
  gaps: [10, 30],
  states: 4,
  commits: 2,
  text: 'A burin cuts metal.',
  failed: null,
  ...of,
});

describe('figures of a server', () => {
  it('are medians by nearest rank, and null of nothing', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.95)).toBe(4);
    expect(quantile([], 0.5)).toBeNull();
  });
  it('count tokens a second after the first one, and bytes a token', () => {
    const side = sideOf('far', [reply(), reply({ failed: 'cut' })], { sent: 400, came: 2200 });
    expect(side).toMatchObject({
      replies: 2,
      failed: 1,
      tokens_a_second: 20,
      gap_ms: 10,
      gap_p95_ms: 30,
      sent_bytes_a_reply: 200,
      came_bytes_a_token: 200,
    });
  });
  it('invent no tokens where a server counts none', () => {
    const side = sideOf('far', [reply({ tokens: null })], { sent: 1, came: 2 });
    expect([side.tokens_a_second, side.came_bytes_a_token]).toEqual([null, null]);
    expect(loadOf('far', 1, 2, [reply({ tokens: null })], 10).tokens_a_second).toBeNull();
  });
  it('tell a reply that was cut and looks whole from one that is whole, kept or lost', () => {
    const whole = 'A burin cuts metal.';
    const killed = killedOf(
      4,
      [
        [reply(), whole],
        [reply({ text: 'A burin' }), whole],
        [reply({ text: 'A burin', failed: 'cut' }), whole],
        [reply({ text: '', failed: 'gone' }), whole],
      ],
      [[reply(), whole]],
    );
    expect(killed).toMatchObject({ replies: 4, whole: 1, kept: 1, failed: 1, cut_unseen: 1, whole_after: 1 });
    const machine = {
      cpu: 'c',
      cores: 2,
      instruction_sets: [],
      memory_gb: 1,
      load_before: 0,
      platform: 'p',
      node: 'v',
    };
    const said = lines({
      machine,
      prompts: 1,
      max_tokens: 8,
      sides: [sideOf('far', [reply()], null)],
      load: [loadOf('far', 4, 8, [reply()], 600)],
      proxy_cost_ms: { first_word: 3, reply: 4 },
      proxy_observed: { states: 0, commits: 3, probabilities: true },
      killed,
      missing: { llama_cpp: 'no compiler' },
    });
    for (const part of ['far', '1 cut unseen', 'adds 3 ms', 'no compiler']) expect(said).toContain(part);
  });
});

it('a reply is measured from the question to its end, with what came of it', async () => {
  const server = await scripted(says('A burin', ' cuts.'));
  try {
    const engine: Engine = createRemoteEngine({
      server: serverAt([server.address]),
      key: () => undefined,
      limits: { gatherMs: 0 },
    });
    const found = await measure(engine, {
      id: 'm',
      messages: [{ role: 'user', content: 'What?' }],
      settings: fakeSettings,
    });
    expect(found).toMatchObject({ text: 'A burin cuts.', tokens: 5, states: 0, failed: null });
    expect(found.firstMs).toBeLessThanOrEqual(found.ms);
    expect(found.gaps.length).toBe(found.commits - 1);
  } finally {
    await server.close();
  }
});

it('several are asked at once, and their answers keep the order', async () => {
  let running = 0;
  let most = 0;
  const answers = await inLanes([1, 2, 3, 4, 5], 2, async (n) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return n * 2;
  });
  expect([answers, most]).toEqual([[2, 4, 6, 8, 10], 2]);
});
