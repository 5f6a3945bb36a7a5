import type { GenerationSummary } from '../../../core/contract/conversations.ts';
import { describe, expect, it } from 'vitest';
import { changedSince, compare } from '../../../renderer/state/thread/reproduced.ts';
import { samplePack, sampleReady, sampleSettings } from '../../fixtures/sample-model.ts';

const complete = (text: string) => ({ text, status: 'complete' as const });

describe('a reply that was written again', () => {
  it('is equal, longer than one that was stopped, or different from a character on', () => {
    expect(compare(complete('The same.'), complete('The same.'))).toEqual({ kind: 'equal' });
    expect(compare({ text: 'The s', status: 'stopped' }, complete('The same.'))).toEqual({ kind: 'longer' });
    expect(compare(complete('The s'), complete('The same.'))).toMatchObject({ kind: 'different' });
    expect(compare(complete('It is a red house by the sea.'), complete('It is a red home by the sea.'))).toEqual({
      kind: 'different',
      at: 14,
      before: 'It is a red',
    });
  });
  it('is not compared before it has ended by itself', () => {
    expect(compare(complete('The same.'), { text: 'The', status: 'pending' })).toBeNull();
    expect(compare(complete('The same.'), { text: 'The', status: 'stopped' })).toBeNull();
  });
  it('may differ where another pack or device serves now', () => {
    const summary: GenerationSummary = {
      id: 'g',
      mode: 'exact',
      seed: 4,
      settings: sampleSettings,
      pack: { id: samplePack.id, name: samplePack.name, hash: samplePack.hash },
      device: 'cpu',
      reason: 'end',
      counts: null,
      droppedMessages: 0,
      error: null,
    };
    expect(changedSince(summary, sampleReady)).toEqual({ pack: null, device: null });
    expect(changedSince({ ...summary, device: 'webgpu' }, sampleReady)).toEqual({ pack: null, device: 'webgpu' });
    expect(changedSince({ ...summary, pack: { id: 'smollm2', name: 'Older', hash: 'other' } }, sampleReady)).toEqual({
      pack: 'Older',
      device: null,
    });
  });
});
