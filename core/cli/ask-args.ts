/** What `ask` was asked, once its options are read. */
import type { Device } from '../contract/engine.ts';
import type { KernelsAsked } from '../contract/kernels.ts';
import type { Template } from '../contract/layout.ts';
import type { FlatSettings } from '../contract/settings.ts';

export interface AskArgs {
  /** Undefined: to be read from standard input. */
  question: string | undefined;
  system: string | undefined;
  /** Fixed and free parts of the reply. */
  layout: Template | undefined;
  settings: Partial<FlatSettings>;
  /** A sampler by its name, instead of a mode. */
  sampler: string | undefined;
  /** A point of the speed slider by its name, or of the sampler's own. */
  speed: string | undefined;
  /** Its parameters as they were typed, by their names. */
  params: Record<string, string>;
  /** The id of one of the models on this machine. */
  model: string | undefined;
  pack: string | undefined;
  /** A server on another machine, by its name. */
  server: string | undefined;
  data: string | undefined;
  devices: Device[];
  kernels: KernelsAsked;
  json: boolean;
  /** Every event of the reply, one line of JSON each. */
  events: boolean;
}
