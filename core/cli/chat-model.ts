/** Who writes the replies of a `chat`, and what its conversation chooses for itself. */
import type { Conversation } from '../contract/conversations.ts';
import type { PackInfo } from '../contract/engine.ts';
import type { Model } from '../contract/models.ts';
import { noSetup, type Setup } from '../contract/presets.ts';
import { failure, thrownOf } from '../contract/result.ts';
import { UsageError } from './command.ts';
import type { ReachedService } from './service.ts';

/** The model that is loaded, or the server that writes, once it is ready. @throws MezzotintError where neither can answer */
async function ready(service: ReachedService): Promise<PackInfo> {
  let stop = (): void => undefined;
  const settled = new Promise<PackInfo>((resolve, reject) => {
    const look = (status: Awaited<ReturnType<typeof service.call<'engine.status'>>>): void => {
      if (status.state === 'ready') resolve(status.pack);
      if (status.state === 'failed') reject(thrownOf(status.error));
    };
    stop = service.onPush((push) => {
      if (push.topic === 'engine') look(push.status);
    });
    service.call('engine.status', {}).then(look, reject);
  });
  try {
    return await Promise.race([settled, service.ended]);
  } finally {
    stop();
  }
}

/** A model of models list, by its id or its name. @throws MezzotintError `not-found` with those there are, or why it can't be used */
export async function chosenModel(service: ReachedService, wanted: string): Promise<Model> {
  if (/[/\\]/.test(wanted))
    throw new UsageError(`--model needs an id or a name of models list. To chat with ${wanted}, add it: models add.`);
  const { models } = await service.call('models.list', {});
  const found =
    models.find(({ id }) => id === wanted) ?? models.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (!found) throw failure('library.no-model', { model: wanted, known: models.map(({ id }) => id) });
  if (found.error) throw thrownOf(found.error);
  return found;
}

/** The model that a conversation chose, or that new ones begin with. */
export async function ownModel(service: ReachedService, conversation: Conversation | null): Promise<Model | undefined> {
  const presets = conversation ? [] : await service.call('presets.list', {});
  const own = conversation ? conversation.setup?.model : presets.find(({ isDefault }) => isDefault)?.model;
  if (own === undefined) return undefined;
  // one that is gone gives way, which the service says
  const { models } = await service.call('models.list', {});
  return models.find(({ id, error }) => id === own && error === null);
}

/**
 * What writes the replies: a model of this machine, which is loaded now where nothing is being written, or whatever answers
 * where nobody chose. null: the model waits for a reply of another one to end.
 */
export async function writerOf(service: ReachedService, model: string | undefined): Promise<PackInfo | null> {
  if (model === undefined) return ready(service);
  const isLoaded = async (): Promise<boolean> => (await service.call('models.list', {})).loaded === model;
  await service.call('models.prepare', { id: model });
  if (!(await isLoaded())) return null;
  const pack = await ready(service);
  return pack.server ? null : pack;
}

/** As the window begins a conversation: with the preset that is set for new ones, these instructions, and this model. */
export async function setupOf(
  service: ReachedService,
  { system, model }: { system: string | undefined; model: string | undefined },
): Promise<Setup | undefined> {
  const preset = (await service.call('presets.list', {})).find(({ isDefault }) => isDefault);
  if (!preset && system === undefined && model === undefined) return undefined;
  return {
    presetId: preset?.id ?? null,
    instructions: system ?? preset?.instructions ?? '',
    settings: preset?.settings ?? {},
    ...(model === undefined ? {} : { model }),
  };
}

/** Has a conversation that is there written by this model from now on. @throws MezzotintError for one with a model of its own where a server was named */
export async function configure(
  service: ReachedService,
  { id, title, setup = noSetup }: Conversation,
  { model, server }: { model: string | undefined; server: boolean },
): Promise<void> {
  if (server && setup.model !== undefined) throw failure('cli.has-own-model', { title, model: setup.model });
  if (model !== undefined && model !== setup.model)
    await service.call('conversations.configure', { id, setup: { ...setup, model } });
}
