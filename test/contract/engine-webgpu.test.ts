/** The WebGPU path through SwiftShader, a Vulkan driver in software that Debian's Chromium brings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EngineStatus } from '../../core/contract/engine.ts';
import { EngineUnderTest, packDir, textOf } from '../fixtures/engine-under-test.ts';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'].some(existsSync);
const env = { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: join('/tmp') };
const here = process.platform === 'linux' && existsSync(driver) && loader;

test.skipIf(!here)(
  'WebGPU passes the self-test and writes the reply the CPU writes',
  async () => {
    const webgpu = new EngineUnderTest(env);
    const cpu = new EngineUnderTest();
    try {
      expect(await webgpu.load(packDir, ['webgpu'])).toMatchObject({ state: 'ready', device: 'webgpu', refused: [] });
      expect(await cpu.load(packDir)).toMatchObject({ state: 'ready', device: 'cpu' });
      const question = [{ role: 'user' as const, content: 'What is the capital of France?' }];
      expect(textOf(await webgpu.reply(question, { maxTokens: 8 }))).toBe(textOf(await cpu.reply(question, { maxTokens: 8 })));
    } finally {
      webgpu.child.kill();
      cpu.child.kill();
    }
  },
  300_000,
);

test('by itself the engine passes over devices that are not there, saying why, and serves on the CPU', async () => {
  const engine = new EngineUnderTest({ VK_DRIVER_FILES: '', VK_ICD_FILENAMES: '' });
  try {
    const status: EngineStatus = await engine.load(packDir, []);
    if (status.state !== 'ready') throw new Error(JSON.stringify(status));
    for (const { reason } of status.refused) expect(reason.length).toBeGreaterThan(10);
    if (status.device === 'cpu' && process.platform === 'linux') expect(status.refused.map((r) => r.device)).toEqual(['webgpu', 'cuda']);
  } finally {
    engine.child.kill();
  }
});
