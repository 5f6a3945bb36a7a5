import { settingsMode } from '../../../core/contract/settings.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it } from 'vitest';
import { PromptSize } from '../../../renderer/state/thread/prompt-size.svelte.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { sampleSettings } from '../../fixtures/sample-model.ts';
import { windowService } from '../../fixtures/window-service.ts';

const presets = [
  { name: 'Short answers', instructions: 'Answer in two sentences.', settings: { ending: { maxTokens: 120 } } },
  {
    name: 'Storyteller',
    instructions: 'You tell stories for children. Use simple words and a calm tone.',
    settings: { sampler: { id: 'speculative', params: { draftLength: 4 } }, sampling: { temperature: 0.9 } },
  },
];

async function setUp() {
  const service = windowService();
  const stores = createStores(service.client, { schedule: () => undefined });
  const { session, library, setup } = stores;
  await service.started();
  for (const values of presets) await service.client.call('presets.save', { id: null, values });
  await Promise.all([session.load(), library.load(), setup.load()]);
  const preset = (name: string) => {
    const found = setup.presets.find((p) => p.name === name);
    if (!found) throw new Error('no such preset');
    return found;
  };
  return { service, ...stores, preset };
}

describe('what a conversation chooses for itself', () => {
  it('lies over the settings of the window only where something was chosen, and is sent with the first question', async () => {
    const { session, thread, setup, preset, branch, asking } = await setUp();
    await setup.choose(preset('Short answers'));
    await setup.resolve();
    expect(setup.settings).toEqual(settingsWith(sampleSettings, { maxTokens: 120 }));
    await session.changeGeneration({ sampling: { temperature: 0.1 } });
    await setup.resolve();
    expect(setup.settings).toMatchObject({ sampling: { temperature: 0.1 }, ending: { maxTokens: 120 } });
    await asking.send('Hello');
    expect(thread.conversation?.setup).toEqual({
      presetId: preset('Short answers').id,
      instructions: 'Answer in two sentences.',
      settings: { ending: { maxTokens: 120 } },
    });
    expect(branch.running?.generation?.settings).toMatchObject({
      sampling: { temperature: 0.1 },
      ending: { maxTokens: 120 },
    });
    // the next new chat chooses nothing again
    await thread.open(null);
    expect(setup.beginning).toBeUndefined();
  });

  it('a new chat begins with the default preset; what is changed there stays there', async () => {
    const { thread, setup, preset, asking } = await setUp();
    await setup.setStandard(preset('Storyteller'));
    expect(setup.current).toMatchObject({
      presetId: preset('Storyteller').id,
      settings: { sampling: { temperature: 0.9 } },
    });
    await setup.setInstructions('Only true stories.');
    await asking.send('Hello');
    expect(thread.conversation?.setup?.instructions).toBe('Only true stories.');
    expect(preset('Storyteller').instructions).toMatch(/^You tell stories/);
  });

  it('a mode switched at the composer changes the conversation’s own where it has one, else the window’s', async () => {
    const { session, setup, preset } = await setUp();
    await setup.change({ sampler: settingsWith(sampleSettings, { mode: 'fast' }).sampler });
    expect(settingsMode(session.settings.generation)).toBe('fast');
    await setup.choose(preset('Storyteller'));
    await setup.resolve();
    expect(settingsMode(setup.settings)).toBe('exact');
    await setup.change({ sampler: settingsWith(sampleSettings, { mode: 'ar' }).sampler });
    await setup.resolve();
    expect([settingsMode(setup.settings), settingsMode(session.settings.generation)]).toEqual(['ar', 'fast']);
    await setup.chooseSettings({ sampling: { temperature: 0.9 } });
    await setup.resolve();
    expect(settingsMode(setup.settings)).toBe('fast');
  });

  it('keeps its values when the preset it came from is deleted, which can be undone', async () => {
    const { setup, preset, asking } = await setUp();
    await setup.choose(preset('Short answers'));
    await asking.send('Hello');
    await setup.remove(preset('Short answers'));
    expect(setup.preset).toBeNull();
    expect(setup.current.instructions).toBe('Answer in two sentences.');
    await setup.undo();
    expect(setup.preset?.name).toBe('Short answers');
  });
});

describe('a long question', () => {
  const question = (text: string) => ({ text, instructions: '', maxTokens: 100 });
  async function measuring() {
    const { session } = await setUp();
    let due: (() => void)[] = [];
    const measure = new PromptSize(session, (work) => {
      due.push(work);
      return () => (due = due.filter((one) => one !== work));
    });
    const pause = async (): Promise<number> => {
      const work = due;
      due = [];
      work.forEach((one) => one());
      await new Promise((resolve) => setImmediate(resolve));
      return work.length;
    };
    return { measure, pause };
  }
  it('is counted once, after a pause, and only when it may be too long', async () => {
    const { measure, pause } = await measuring();
    measure.take(question('short'));
    expect(await pause()).toBe(0);
    for (let i = 0; i < 5; i++) measure.take(question('word '.repeat(6000 + i)));
    expect(await pause()).toBe(1);
    expect(measure.near).toMatchObject({ fits: true, room: 8092 });
    measure.take(question('word '.repeat(9000)));
    await pause();
    expect(measure.near?.fits).toBe(false);
    measure.take(question('short again'));
    expect(measure.measured).toBeNull();
  });
  it('shows no count while it is far from the limit', async () => {
    const { measure, pause } = await measuring();
    measure.take(question('a '.repeat(3000)));
    await pause();
    expect(measure.measured?.fits).toBe(true);
    expect(measure.near).toBeNull();
  });
});
