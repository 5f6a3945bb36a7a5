/**
 * Models that can be fetched: the catalogue with how each suits this machine, a repository judged before its weights come, and
 * downloads. `models.find`, `models.fetch` and `models.resume` alone connect to the hub. Sizes are bytes.
 */
import * as v from 'valibot';
import { channel, nothing } from './channel.ts';
import { bitsSchema, modelIdSchema, preflightSchema, recipeIdSchema } from './models.ts';
import { errorSchema } from './result.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.minValue(0));
const nameSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/));

/** good: it writes as fast as one reads · slow: it runs, but one waits · too-large: this machine's memory can't hold it. */
export const gradeSchema = v.picklist(['good', 'slow', 'too-large']);
export type Grade = v.InferOutput<typeof gradeSchema>;

/** A model of the catalogue. null: the catalogue does not know; its repository tells when it is looked at. */
export const offerSchema = v.object({
  id: modelIdSchema,
  name: v.string(),
  repository: nameSchema,
  revision: v.string(),
  family: v.string(),
  recipe: v.string(),
  licence: v.nullable(v.string()),
  gated: v.nullable(v.boolean()),
  contextLength: v.nullable(count),
  languages: v.nullable(v.array(v.string())),
  goodAt: v.string(),
  parameters: v.nullable(count),
  fetchBytes: v.nullable(count),
  /** What an import would make of it here. */
  pack: v.nullable(v.object({ bits: bitsSchema, bytes: count, memory: count })),
  /** At least, measured with its shape on this machine; null: not measured. */
  tokensPerSecond: v.nullable(positive),
  grade: v.nullable(gradeSchema),
});
export type Offer = v.InferOutput<typeof offerSchema>;

export const catalogueSchema = v.object({
  /** Those that suit this machine best first; nothing is left out. */
  offers: v.array(offerSchema),
  /** The one to begin with; null: none fits. */
  best: v.nullable(modelIdSchema),
  machineMemory: count,
  freeDisk: v.nullable(count),
  /** Host of the hub: what a connection would be opened to. */
  hub: v.string(),
  /** Bytes a second of the last download; null: there was none. */
  rate: v.nullable(positive),
  /** Speeds are being measured: which, and how many of them are done. */
  measuring: v.nullable(v.object({ name: v.string(), done: count, total: count })),
  /** Why the last measuring ended early. */
  error: v.nullable(errorSchema),
});
export type Catalogue = v.InferOutput<typeof catalogueSchema>;

export const sourceSchema = v.strictObject({
  /** `ORG/NAME`, or its address at the hub. */
  source: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(500)),
  /** A branch, tag or commit; default: what the address or the catalogue names, else `main`. */
  revision: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** A GGUF file of the repository, in place of its safetensors. */
  file: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(300))),
  recipe: v.optional(recipeIdSchema),
  bits: v.optional(bitsSchema),
});
export type Source = v.InferOutput<typeof sourceSchema>;

/** What a repository gives, by its own texts and the headers of its weights. */
export const foundSchema = v.object({
  repository: nameSchema,
  commit: v.string(),
  licence: v.nullable(v.string()),
  gated: v.boolean(),
  /** Of all files that would be fetched. */
  fetchBytes: count,
  result: preflightSchema,
});
export type Found = v.InferOutput<typeof foundSchema>;

export const downloadSchema = v.object({
  repository: nameSchema,
  commit: v.string(),
  /** What it will be called; the repository's name where nobody knows yet. */
  name: v.string(),
  /**
   * waiting: another one is under way · paused: it goes on when a person asks, also after a restart · failed: `error` says why;
   * it can go on · converting: everything has come.
   */
  stage: v.picklist(['waiting', 'fetching', 'converting', 'paused', 'failed']),
  /** Bytes on the disk, and in all. */
  done: count,
  total: count,
  /** Bytes a second, lately; null: it is not known yet. */
  rate: v.nullable(positive),
  /** The hosts it has connected to. */
  hosts: v.array(v.string()),
  /** Why it waits before it tries again, and for how many milliseconds. */
  pause: v.nullable(v.object({ error: errorSchema, ms: positive })),
  error: v.nullable(errorSchema),
});
export type Download = v.InferOutput<typeof downloadSchema>;

export const downloadsSchema = v.object({
  downloads: v.array(downloadSchema),
  /** Hosts that a look at a repository has connected to, since the app started. */
  hosts: v.array(v.string()),
  /** Of the hub. kept: in the system's key store · session: until the app closes · environment: `HF_TOKEN`. */
  token: v.picklist(['none', 'kept', 'session', 'environment']),
  /** Whether this system has a key store that the app can use. */
  canKeepToken: v.boolean(),
});
export type Downloads = v.InferOutput<typeof downloadsSchema>;

const one = v.strictObject({ repository: nameSchema });

/** What the catalogue offers this machine. Connects to nothing. */
export const getCatalogue = channel('models.catalogue', nothing, catalogueSchema);
/** Measures how fast those would be whose speed is not known, in a process of its own; its course comes by the push `catalogue`. Connects to nothing. */
export const measureModels = channel('models.measure', nothing, catalogueSchema);
/** Ends a measuring; what was measured is kept. */
export const stopMeasuring = channel('models.measureStop', nothing, catalogueSchema);
/** Asks the hub about a repository, and judges it before its weights are fetched. */
export const findModel = channel('models.find', sourceSchema, foundSchema);
/** Ends a look that is under way. */
export const stopFinding = channel('models.findStop', nothing, downloadsSchema);
/** Begins a download, as `models.find` judged it; its course comes by the push `downloads`. */
export const fetchModel = channel('models.fetch', sourceSchema, downloadsSchema);
/** Downloads under way, and those that can go on. Connects to nothing. */
export const listDownloads = channel('models.downloads', nothing, downloadsSchema);
/** Ends the connections; what has come is kept. A conversion begins again from what was fetched. */
export const pauseDownload = channel('models.pause', one, downloadsSchema);
/** Goes on where it ended. */
export const resumeDownload = channel('models.resume', one, downloadsSchema);
/** Ends it, and deletes what has come. */
export const dropDownload = channel('models.drop', one, downloadsSchema);
/** A token of the hub for repositories that are not open to everyone; null forgets it. It goes to the hub alone, and is never read back. */
export const setHubToken = channel(
  'models.token',
  v.strictObject({ token: v.nullable(v.pipe(v.string(), v.trim(), v.regex(/^[\x21-\x7e]{1,400}$/))) }),
  downloadsSchema,
);

export const fetchingChannels = {
  [getCatalogue.name]: getCatalogue,
  [measureModels.name]: measureModels,
  [stopMeasuring.name]: stopMeasuring,
  [findModel.name]: findModel,
  [stopFinding.name]: stopFinding,
  [fetchModel.name]: fetchModel,
  [listDownloads.name]: listDownloads,
  [pauseDownload.name]: pauseDownload,
  [resumeDownload.name]: resumeDownload,
  [dropDownload.name]: dropDownload,
  [setHubToken.name]: setHubToken,
} as const;
