/** Which execution providers are tried, in which order, with which options. */
import { cpus } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { listSupportedBackends } from 'onnxruntime-node';
import type { Device } from '../contract/engine.ts';

/** The platform's order; CPU is always last. DirectML is in maintenance: WebGPU comes first on Windows. */
export function deviceOrder(platform: NodeJS.Platform = process.platform): Device[] {
  if (platform === 'win32') return ['webgpu', 'dml', 'cpu'];
  if (platform === 'darwin') return ['webgpu', 'coreml', 'cpu'];
  return ['webgpu', 'cuda', 'cpu'];
}

/** Why a device cannot even be tried here, or null. */
export function unavailable(device: Device): string | null {
  if (device === 'cpu') return null;
  const known = new Set(listSupportedBackends().map((backend) => backend.name));
  return known.has(device) ? null : `this build of ONNX Runtime has no ${device} provider`;
}

/** Physical cores as far as can be told: hyper-threads share the arithmetic units that a forward saturates. */
export function defaultThreads(): number {
  const logical = Math.max(1, cpus().length);
  return logical <= 4 ? logical : Math.min(8, Math.floor(logical / 2));
}

export function sessionOptions(device: Device, threads: number): InferenceSession.SessionOptions {
  const options: InferenceSession.SessionOptions = {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  };
  return options;
}
