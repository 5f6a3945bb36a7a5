/** Which execution providers are tried, in which order, with which options. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { listSupportedBackends } from 'onnxruntime-node';
import type { Device } from '../contract/engine.ts';
import { USUAL_SPIN_US, type Kernels } from '../contract/kernels.ts';

/** The platform's order; CPU is always last. DirectML is in maintenance: WebGPU comes first on Windows. */
export function deviceOrder(platform: NodeJS.Platform = process.platform): Device[] {
  if (platform === 'win32') return ['webgpu', 'dml', 'cpu'];
  if (platform === 'darwin') return ['webgpu', 'coreml', 'cpu'];
  return ['webgpu', 'cuda', 'cpu'];
}

/** Why a device cannot even be tried here, or null. Asked first: a provider that fails to load complains on stderr. */
export function unavailable(device: Device): string | null {
  if (device === 'cpu') return null;
  const known = new Set(listSupportedBackends().map((backend) => backend.name));
  if (!known.has(device)) return `this build of ONNX Runtime has no ${names[device]} provider`;
  if (process.platform !== 'linux') return null;
  if (device === 'cuda' && !existsSync(join(bindingFolder(), 'libonnxruntime_providers_cuda.so')))
    return 'the CUDA provider is not installed';
  if (device === 'webgpu' && !hasGraphics()) return 'no graphics device with a Vulkan driver was found';
  return null;
}

const names: Record<Device, string> = {
  webgpu: 'WebGPU',
  dml: 'DirectML',
  coreml: 'Core ML',
  cuda: 'CUDA',
  cpu: 'CPU',
};

function bindingFolder(): string {
  const module = createRequire(typeof __filename === 'string' ? __filename : import.meta.url).resolve(
    'onnxruntime-node',
  );
  return join(dirname(module), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

/** A render node, or a driver named by hand (a software rasterizer, in tests). */
function hasGraphics(): boolean {
  if (process.env['VK_ICD_FILENAMES'] || process.env['VK_DRIVER_FILES']) return true;
  try {
    return readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  } catch {
    return existsSync('/dev/nvidia0');
  }
}

/** Physical cores as far as can be told: hyper-threads share the arithmetic units that a forward saturates. */
export function defaultThreads(): number {
  const logical = Math.max(1, cpus().length);
  return logical <= 4 ? logical : Math.min(8, Math.floor(logical / 2));
}

/**
 * The usual spin is long enough for the gaps within a forward; ONNX Runtime's own choice lasts into the drafter's run and a
 * window's drawing, which want the same cores.
 */
export const usualKernels = (): Kernels => ({ threads: defaultThreads(), spinUs: USUAL_SPIN_US });

export function sessionOptions(
  device: Device,
  threads: number,
  spinUs = USUAL_SPIN_US,
): InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // shapes change with every token: a memory plan would be made for each and used once
    enableMemPattern: false,
    enableCpuMemArena: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: spinUs === 0 ? { allow_spinning: '0' } : { spin_duration_us: String(spinUs) },
      },
    },
  };
}

/** Of ONNX Runtime, as its package says; '' where it can't be read. */
export function runtimeVersion(): string {
  try {
    const { version } = JSON.parse(
      readFileSync(join(bindingFolder(), '..', '..', '..', '..', 'package.json'), 'utf8'),
    ) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : '';
  } catch {
    return '';
  }
}
