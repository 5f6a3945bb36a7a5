/** Servers of others, from PyPI, as the bench starts them: LiteLLM's proxy, and llama.cpp's server in llama-cpp-python. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pythonWith } from '../../fixtures/python.ts';

export const LITELLM = 'litellm[proxy]==1.89.7';
export const LLAMA_CPP = 'llama-cpp-python[server]==0.3.36';
export const PROXY_KEY = 'sk-a-key-of-the-bench';
export const PROXY_MODEL = 'mezzotint';

export interface Running {
  /** Ends with /v1. */
  address: string;
  end(): Promise<void>;
}
export interface Backend {
  address: string;
  key: string;
  model: string;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Starts it, and waits until it answers. @throws Error with what it wrote, or why it can't be had */
async function started(
  spec: string,
  {
    args,
    env = {},
    ready,
    minutes,
  }: {
    args: (port: number) => string[];
    env?: Record<string, string>;
    ready: string;
    minutes: number;
  },
): Promise<Running> {
  const python = pythonWith([spec], [], minutes * 60_000);
  if (typeof python === 'string') throw new Error(python);
  const port = await freePort();
  const child = python.start(args(port), env);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = (): Promise<void> => {
    child.kill('SIGKILL');
    return ended;
  };
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}${ready}`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return { address: `http://127.0.0.1:${port}/v1`, end };
    if (child.exitCode !== null || tries > 600) {
      await end();
      throw new Error(`${spec} did not start: ${said.trim().split('\n').at(-1) ?? ''}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** LiteLLM's proxy: one model, over all backends by turns. */
export async function litellm(backends: readonly Backend[]): Promise<Running> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-litellm-'));
  const config = path.join(folder, 'config.yaml');
  const deployments = backends.map(({ address, key, model }) => ({
    model_name: PROXY_MODEL,
    litellm_params: { model: `openai/${model}`, api_base: address, api_key: key },
  }));
  // JSON is YAML
  writeFileSync(
    config,
    JSON.stringify({
      model_list: deployments,
      general_settings: { master_key: PROXY_KEY },
      router_settings: { routing_strategy: 'least-busy', num_retries: 2, allowed_fails: 1, cooldown_time: 60 },
    }),
  );
  try {
    const proxy = await started(LITELLM, {
      args: (port) => [
        ...['-m', 'litellm.proxy.proxy_cli', '--config', config],
        ...['--host', '127.0.0.1', '--port', String(port), '--telemetry', 'False'],
      ],
      env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
      ready: '/health/liveliness',
      minutes: 8,
    });
    return {
      ...proxy,
      async end() {
        await proxy.end();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    throw thrown;
  }
}

export const llamaCpp = (gguf: string, threads: number): Promise<Running> =>
  started(LLAMA_CPP, {
    args: (port) => [
      ...['-m', 'llama_cpp.server', '--model', gguf, '--host', '127.0.0.1', '--port', String(port)],
      ...['--n_ctx', '2048', '--n_threads', String(threads)],
    ],
    ready: '/v1/models',
    minutes: 40,
  });
