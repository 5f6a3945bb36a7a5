/** A whole service over a data folder of its own, which is filled first and taken away afterwards, and the demo's engine. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createDispatch, type Dispatch } from '../../core/app/dispatch.ts';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import type { AppSettings } from '../../core/contract/app.ts';
import type { EngineStatus } from '../../core/contract/engine.ts';
import { errorOf } from '../../core/contract/result.ts';
import { sampleSettings } from '../fixtures/sample-model.ts';
import { settingsWith } from '../fixtures/settings.ts';
import { demoEngine } from './engine.ts';
import { fillFolder, isScene } from './fill.ts';
import { addOtherModel, BUILT_IN } from './models.ts';

export interface Demo {
  service: Service;
  dispatch: Dispatch;
  /** Closes the service and takes its folder away. */
  close(): Promise<void>;
}

/** What an address asks for: `?scene=many&theme=plate&mode=fast&pace=40&freeze=12`. */
export async function openDemo(query: URLSearchParams): Promise<Demo> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-demo-'));
  const home = path.join(root, 'data');
  mkdirSync(home);
  const scene = query.get('scene') ?? 'many';
  fillFolder(home, isScene(scene) ? scene : 'many', Date.now());
  addOtherModel(home);
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const given = (name: string): Record<string, number> => {
    const value = number(name);
    return value === undefined ? {} : { [name]: value };
  };
  const damaged: EngineStatus = {
    state: 'failed',
    error: errorOf('pack.file-differs', { name: 'weights-01.bin' }),
  };
  const service = openHost({
    home,
    packDir: BUILT_IN,
    spawnEngine: demoEngine({
      pace: number('pace') ?? 30,
      ...given('freeze'),
      ...(query.has('fail') ? { failAt: number('fail') ?? 20 } : {}),
      ...(scene === 'damaged' ? { status: damaged } : scene === 'loading' ? { status: null } : {}),
    }),
    desktop: {
      chooseFolder: () => Promise.resolve(path.join(root, 'chosen')),
      showFolder: () => Promise.resolve(),
      trash: (folder) => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
      keyStore: { available: false, read: () => null, write: () => undefined },
      chooseModel: () => Promise.resolve(path.join(root, 'Dream-v0-Instruct-7B')),
    },
    openExternal: () => Promise.resolve(),
    version: '0.1.0',
    runtime: 'browser',
  });
  const dispatch = createDispatch(service.handlers, (channel, thrown) => console.error(`${channel}:`, thrown));
  const mode = query.get('mode');
  const theme = query.get('theme');
  const settings: Partial<AppSettings> = {
    ...(query.get('language') === 'zh' ? { language: 'zh' } : {}),
    ...(theme === 'paper' || theme === 'plate' ? { theme } : {}),
    generation: settingsWith(sampleSettings, {
      mode: mode === 'fast' || mode === 'ar' ? mode : 'exact',
      maxTokens: number('max') ?? 512,
      draftLength: number('draft') ?? 4,
      blockLength: number('block') ?? 16,
    }),
  };
  const set = await dispatch('settings.set', settings);
  if (!set.ok) throw new Error(set.error.message);
  return {
    service,
    dispatch,
    async close() {
      await service.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
