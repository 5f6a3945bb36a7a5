/** Where a person's data lies, and its backups. `folder`s are absolute paths; sizes are bytes. */
import * as v from 'valibot';
import { channel, nothing } from './channel.ts';
import { errorSchema } from './result.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A path as the system takes it: no system has one with a zero character. */
const folderSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4000),
  v.check((folder) => !folder.includes('\0'), 'a path without a zero character was expected'),
);
/** The name of a file in the folder of backups: never a path. */
const nameSchema = v.pipe(v.string(), v.maxLength(120), v.regex(/^mezzotint-[0-9A-Za-z-]+\.db$/));

export const backupSchema = v.object({
  name: v.string(),
  at: v.pipe(v.number(), v.integer()),
  bytes: count,
  /** auto: by the clock · asked: by a person · migration: before the database was changed to a newer version. */
  kind: v.picklist(['auto', 'asked', 'migration']),
  conversations: count,
  messages: count,
  /** False: it can't be read, or is none of ours. */
  good: v.boolean(),
});
export type BackupInfo = v.InferOutput<typeof backupSchema>;

/** Newest first. `trouble`: why the last automatic one failed. */
export const listBackups = channel(
  'backup.list',
  nothing,
  v.object({ folder: v.string(), backups: v.array(backupSchema), trouble: v.nullable(errorSchema) }),
);
/** Copies everything while replies go on; resolves when the copy was opened and counted. */
export const backUpNow = channel('backup.now', nothing, backupSchema);
/** Adds to what is open what is missing in it. Nothing is overwritten; what is in the trash here and was not there comes back. */
export const mergeBackup = channel(
  'backup.merge',
  v.strictObject({ name: nameSchema }),
  v.object({
    conversations: count,
    messages: count,
    fromTrash: count,
    /** Rows that could not be taken. */ left: count,
  }),
);
export type MergeOutcome = v.InferOutput<typeof mergeBackup.response>;
/** Opens a backup as a profile of its own, beside the one that is open, which stays as it is. */
export const restoreBackup = channel(
  'backup.restore',
  v.strictObject({ name: nameSchema }),
  v.object({ folder: v.string() }),
);

export const profileSchema = v.object({
  folder: v.string(),
  current: v.boolean(),
  /** The folder the app starts with when nothing else was chosen. */
  home: v.boolean(),
  /** False: it is not there now (a disk that is not connected). */
  there: v.boolean(),
});
export type Profile = v.InferOutput<typeof profileSchema>;
/** `bytes`: what is in the folder, backups included. `room`: what its disk has left; null where it is not known. */
export const getDataInfo = channel(
  'data.info',
  nothing,
  v.object({ folder: v.string(), bytes: count, room: v.nullable(count), profiles: v.array(profileSchema) }),
);
export type DataInfo = v.InferOutput<typeof getDataInfo.response>;
/** Reads all of the database and compares everything with everything. What is wrong is mended at the next start. */
export const checkData = channel(
  'data.check',
  nothing,
  v.object({ problems: v.array(v.string()), conversations: count, messages: count }),
);
export type DataCheck = v.InferOutput<typeof checkData.response>;
/** Shows the folder in the system's own window; the desktop app alone can. */
export const openDataFolder = channel('data.open', v.strictObject({ which: v.picklist(['data', 'backups']) }), nothing);
/** Asks for a folder by the system's own dialog; null where none was chosen. The desktop app alone can. */
export const chooseFolder = channel('data.choose', nothing, v.object({ folder: v.nullable(v.string()) }));
/** Opens another profile; the page then starts again (push `data-changed`). */
export const switchProfile = channel('data.switch', v.strictObject({ folder: folderSchema }), nothing);
/** Copies everything to a folder, compares, and goes on there. The old folder stays as it is. `folder`: where it lies now. */
export const moveData = channel(
  'data.move',
  v.strictObject({ folder: folderSchema }),
  v.object({ folder: v.string() }),
);

export const dataChannels = {
  [listBackups.name]: listBackups,
  [backUpNow.name]: backUpNow,
  [mergeBackup.name]: mergeBackup,
  [restoreBackup.name]: restoreBackup,
  [getDataInfo.name]: getDataInfo,
  [checkData.name]: checkData,
  [openDataFolder.name]: openDataFolder,
  [chooseFolder.name]: chooseFolder,
  [switchProfile.name]: switchProfile,
  [moveData.name]: moveData,
} as const;
