/**
 * The window's side of a download, as a process that can be killed: the app's service over a home folder fetches a repository,
 * or goes on with what is there, and ends when its model has come. What it does is said on standard error.
 * node window-fetch.ts HOME HUB REPOSITORY
 */
import path from 'node:path';
import { openHost } from '../../core/app/host.ts';
import { childEngine, engines, type CreateEngine } from '../../core/engines/index.ts';
import { FakeEngine } from '../fixtures/fake-engine.ts';

const [home = '', endpoint = '', repository = ''] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, '../..');
const say = (line: string): void => void process.stderr.write(`${line}\n`);
/** No reply is written here: the engine need not load. The importer is the real one. */
const createEngine: CreateEngine = ({ packDir }) => engines.local({ spawn: new FakeEngine().spawn, packDir });
const service = openHost({
  home,
  packDir: path.join(root, 'models', 'smollm2-135m-instruct'),
  spawnEngine: childEngine(path.join(root, 'core/engine/entry.ts')),
  createEngine,
  openExternal: () => Promise.resolve(),
  version: '0',
  runtime: 'browser',
  hub: { endpoint },
});
const { handlers } = service;
const ended = new Promise<number>((resolve) => {
  let seen = false;
  service.onPush((push) => {
    if (push.topic === 'models' && push.library.job?.stage === 'converting') {
      const { done, total } = push.library.job;
      say(2 * done >= total ? 'Converting: 50' : 'Converting: 0');
    }
    if (push.topic === 'models' && push.library.job?.stage === 'testing') say('Converting: 100');
    if (push.topic !== 'downloads') return;
    const [one] = push.downloads.downloads;
    if (one) {
      seen = true;
      say(one.stage === 'fetching' ? 'Fetching' : one.stage);
      if (one.stage === 'failed') {
        say(one.error?.message ?? 'failed');
        resolve(1);
      }
    } else if (seen) resolve(0);
  });
});
say('Connecting');
const { downloads } = await handlers['models.downloads']({});
const { models } = await handlers['models.list']({});
// a kill between the pack's last step and the end of its download: the model is there
if (!downloads.some((one) => one.repository === repository) && models.some((one) => one.repository === repository))
  process.exit(0);
if (downloads.some((one) => one.repository === repository)) await handlers['models.resume']({ repository });
else await handlers['models.fetch']({ source: repository });
const code = await ended;
await service.close();
process.exit(code);
