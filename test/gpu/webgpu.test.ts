/** The WebGPU path through SwiftShader, a Vulkan driver in software. `npm test` names the driver, or skips this folder saying why. */
import { expect, test } from 'vitest';
import { EngineUnderTest, packDir, textOf } from '../fixtures/engine-under-test.ts';

const driver = process.env['MEZZOTINT_TEST_VULKAN'] ?? '';
const env = { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: '/tmp' };

test('WebGPU passes the self-test and writes the reply the CPU writes', async () => {
  const webgpu = new EngineUnderTest(env);
  const cpu = new EngineUnderTest();
  try {
    expect(await webgpu.load(packDir, ['webgpu'])).toMatchObject({ state: 'ready', device: 'webgpu', refused: [] });
    expect(await cpu.load(packDir)).toMatchObject({ state: 'ready', device: 'cpu' });
    const question = [{ role: 'user' as const, content: 'What is the capital of France?' }];
    expect(textOf(await webgpu.reply(question, { maxTokens: 3 }))).toBe(
      textOf(await cpu.reply(question, { maxTokens: 3 })),
    );
  } finally {
    webgpu.child.kill();
    cpu.child.kill();
  }
}, 600_000);
