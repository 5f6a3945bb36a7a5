import { listSupportedBackends } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { EngineUnderTest, packDir } from '../fixtures/engine-under-test.ts';

// builds without WebGPU say so before any figure
const webgpu = listSupportedBackends().some(({ name }) => name === 'webgpu');

test.skipIf(!webgpu)(
  'the engine refuses a device that is too small before it tries it',
  async () => {
    const engine = new EngineUnderTest({ MEZZOTINT_DEVICE_MEMORY_MB: '10', VK_DRIVER_FILES: '/nowhere.json' });
    try {
      const status = await engine.load(packDir, ['webgpu', 'cpu']);
      if (status.state !== 'ready') throw new Error(JSON.stringify(status));
      expect(status.device).toBe('cpu');
      expect(status.refused[0]?.reason).toContain('which has 10 MB');
    } finally {
      engine.child.kill();
    }
  },
  60_000,
);
