/** The data folder, its backups and profiles, as the sheet “Your data” shows them; what is under way, and how it came out. */
import type { BackupInfo, DataInfo } from '../../../core/contract/data.ts';
import type { ChannelName, Client, Request, Response } from '../../../core/contract/index.ts';
import type { AppError } from '../../../core/contract/result.ts';
import { t } from '../../strings.ts';

export type DataTask = 'backup' | 'merge' | 'restore' | 'move' | 'switch' | 'check';

export class Data {
  readonly #client: Client;
  info = $state.raw<DataInfo | null>(null);
  backups = $state.raw<readonly BackupInfo[] | null>(null);
  /** Why the last backup by the clock failed. */
  trouble = $state.raw<AppError | null>(null);
  task = $state<DataTask | null>(null);
  /** How the last task came out: where it was asked for, this is shown. */
  said = $state.raw<{ task: DataTask; text: string } | null>(null);
  failed = $state.raw<{ task: DataTask; error: AppError } | null>(null);
  readonly stop: () => void;

  constructor(client: Client) {
    this.#client = client;
    this.stop = client.onPush((push) => {
      if (push.topic === 'backups-changed') void this.load();
    });
  }

  async load(): Promise<void> {
    const [info, list] = await Promise.all([this.#client.call('data.info', {}), this.#client.call('backup.list', {})]);
    if (info.ok) this.info = info.value;
    if (list.ok) {
      this.backups = list.value.backups;
      this.trouble = list.value.trouble;
    } else this.trouble = list.error;
  }

  async #do<N extends ChannelName>(
    task: DataTask,
    name: N,
    request: Request<N>,
    say: (value: Response<N>) => string | null,
  ): Promise<boolean> {
    if (this.task !== null) return false;
    this.task = task;
    this.said = null;
    this.failed = null;
    const result = await this.#client.call(name, request);
    this.task = null;
    if (!result.ok) this.failed = { task, error: result.error };
    else {
      const text = say(result.value);
      if (text !== null) this.said = { task, text };
    }
    await this.load();
    return result.ok;
  }
  backUp = (): Promise<boolean> => this.#do('backup', 'backup.now', {}, t.data.made);
  merge = (name: string): Promise<boolean> => this.#do('merge', 'backup.merge', { name }, t.data.merged);
  check = (): Promise<boolean> => this.#do('check', 'data.check', {}, t.data.checked);
  /** These three end by loading the page again. */
  restore = (name: string): Promise<boolean> => this.#do('restore', 'backup.restore', { name }, () => null);
  move = (folder: string): Promise<boolean> => this.#do('move', 'data.move', { folder }, () => null);
  open = (folder: string): Promise<boolean> => this.#do('switch', 'data.switch', { folder }, () => null);

  async show(which: 'data' | 'backups'): Promise<void> {
    const result = await this.#client.call('data.open', { which });
    if (!result.ok) this.failed = { task: 'move', error: result.error };
  }
  /** A folder chosen by the system's dialog; null where none was. */
  async choose(): Promise<string | null> {
    const result = await this.#client.call('data.choose', {});
    if (!result.ok) this.failed = { task: 'move', error: result.error };
    return result.ok ? result.value.folder : null;
  }
}
