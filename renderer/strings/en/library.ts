/** Words of the models that can be fetched: the catalogue, a repository that is looked at, downloads, the hub's token. */
import type { Catalogue, Download, Grade, Offer } from '../../../core/contract/fetching.ts';
import type { FolderPlan } from '../../../core/contract/model-folder.ts';
import { USUAL_RATE } from '../live.ts';
import { size, weights } from './models.ts';

const speed = (tokens: number): string => (tokens < 10 ? tokens.toFixed(1) : Math.round(tokens).toString());
const time = (seconds: number): string =>
  seconds < 90
    ? `${Math.max(1, Math.round(seconds))} s`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
/** Before any download the rate is not known: the time is that of a usual line. */
const assumed = (bytes: number): string => `about ${time(bytes / USUAL_RATE)} at ${(USUAL_RATE * 8) / 1e6} Mbit/s`;
const grades: Record<Grade, string> = { good: 'Runs well here', slow: 'Runs slowly here', 'too-large': 'Does not fit' };
const languages: Record<string, string> = { en: 'English', zh: 'Chinese', code: 'code' };

const spokenIn = (codes: readonly string[]): string => codes.map((code) => languages[code] ?? code).join(', ');

export const library = {
  label: 'Models',
  tabs: { here: 'On this machine', get: 'Get more', disk: 'From the disk' },
  command: 'Models on this machine…',
  getCommand: 'Get another model…',
  grades,
  unmeasured: 'Fits; speed not measured',
  unknown: 'Size not known before a look',
  intro: ({ machineMemory, freeDisk, hub }: Catalogue): string =>
    `This machine has ${size(machineMemory)} of memory${freeDisk === null ? '' : ` and ${size(freeDisk)} free on the disk`}. This list comes with the app; a look at a model connects to ${hub}.`,
  facts: ({ parameters, fetchBytes, pack, licence, contextLength, languages: codes, gated }: Offer): string =>
    [
      parameters === null ? '' : weights(parameters),
      fetchBytes === null ? '' : `${size(fetchBytes)} to fetch`,
      pack === null ? '' : `${size(pack.memory)} of memory in ${pack.bits} bits`,
      contextLength === null ? '' : `context ${contextLength.toLocaleString('en')}`,
      licence ?? 'licence on its page',
      codes === null ? '' : spokenIn(codes),
      gated === true ? 'asks for an account' : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
  goodAt: (_id: string, sentence: string): string => sentence,
  speed: (tokens: number): string => `${speed(tokens)} tokens/s or more`,
  look: 'Get…',
  lookLabel: (name: string): string => `Get ${name}`,
  have: 'On this machine',
  coming: 'Being fetched',
  measure: 'Measure speeds here',
  measureHint:
    'Runs a few layers of each shape without contents, for some seconds each. The figure is for one token a step, the slowest way. Nothing is fetched.',
  measuring: (name: string, done: number, total: number): string => `Measuring ${name} (${done + 1} of ${total})`,
  stop: 'Stop',
  measureFailed: 'Measuring ended early',
  other: 'Any repository: ORG/NAME or its address',
  otherLook: 'Look',
  looking: (source: string, hub: string): string => `Asking ${hub} about ${source}. No weights are fetched…`,
  found: {
    repository: 'Repository',
    commit: (repository: string, commit: string): string => `${repository} at ${commit.slice(0, 12)}`,
    fetch: 'To fetch',
    fetchOf: (bytes: number, rate: number | null): string =>
      rate === null
        ? `${size(bytes)}, ${assumed(bytes)}`
        : `${size(bytes)}, about ${time(bytes / rate)} at the last download’s rate`,
    disk: 'On disk',
    diskOf: (bytes: number, free: number | null): string =>
      `${size(bytes)} afterwards; the fetched files are deleted then${free === null ? '' : ` (${size(free)} free)`}`,
    tooLarge: (memory: number, machine: number): string =>
      `It needs about ${size(memory)} of memory, and this machine has ${size(machine)}. Choose 4 bits or a smaller model.`,
    noRoom: (needed: number, free: number): string =>
      `Fetching and converting it takes ${size(needed)}, and the disk has ${size(free)} free. Make room, then look again.`,
    gated: 'Its authors give it to accounts that accepted their terms.',
    run: (bytes: number): string => `Fetch ${size(bytes)}`,
    back: 'Back',
    recipe: 'Continue',
  },
  downloads: 'Downloads',
  stage: ({ stage, done, total, rate, error }: Download): string => {
    const share = `${size(done)} of ${size(total)}`;
    switch (stage) {
      case 'waiting':
        return `${share}, waits for the one before it`;
      case 'fetching':
        return rate === null ? share : `${share}, ${size(rate)}/s, ${time((total - done) / rate)} left`;
      case 'converting':
        return 'Everything has come. It is converted now…';
      case 'paused':
        return done >= total ? 'Everything has come; it is not converted yet' : `${share}, paused`;
      case 'failed':
        return error === null ? share : `${share}, ended early`;
    }
  },
  from: (hosts: readonly string[]): string => `Connected to ${hosts.join(' and ')}`,
  retry: (seconds: number): string => `It tries again in ${Math.ceil(seconds)} s.`,
  pause: 'Pause',
  pauseLabel: (name: string): string => `Pause ${name}`,
  resume: 'Go on',
  resumeLabel: (name: string): string => `Go on with ${name}`,
  drop: 'Delete…',
  dropLabel: (name: string): string => `Delete the download of ${name}`,
  dropSure: (name: string, done: number): string => `Delete what has come of ${name} (${size(done)})?`,
  dropNow: 'Delete',
  keep: 'Keep',
  limit: 'MB a second at most (empty: no limit)',
  progress: (name: string): string => `Download of ${name}`,
  brief: (percent: number): string => `Models… (fetching ${percent} %)`,
  interrupted: (name: string): string => `The download of ${name} was interrupted.`,
  token: {
    label: 'Token of the hub',
    hint: (hub: string): string => `For models that ask for an account. It is sent to ${hub} alone.`,
    state: {
      none: 'There is none.',
      kept: 'It is kept in this system’s key store.',
      session: 'It is held until the app closes.',
      environment: 'It comes from HF_TOKEN.',
    },
    where: {
      true: 'The system’s key store keeps it.',
      false: 'No key store of the system was found: it is held until the app closes, and is not written anywhere.',
    },
    field: 'Token (hf_…)',
    set: 'Use',
    forget: 'Forget it',
  },
  installed: {
    used: (date: string): string => `used ${date}`,
    never: 'not used yet',
    speed: (tokens: number): string => `${speed(tokens)} tokens/s measured`,
    more: (name: string): string => `More about ${name}`,
    verify: 'Check files',
    verifying: 'Comparing every file with its hash…',
    sound: 'Every file is as it was made.',
    reveal: 'Show folder',
    export: 'Copy to…',
    exportPath: 'Folder for the copy',
    exportRun: 'Copy',
    exporting: 'Copying…',
    exported: (path: string): string => `It lies in ${path}.`,
    toTrash: (name: string, bytes: number): string =>
      `Move ${name} (${size(bytes)}) to the system’s trash? Its replies stay.`,
    trash: 'Move to trash',
    forGood: 'Delete for good',
  },
  folder: {
    title: 'Folder of models',
    change: 'Change…',
    usual: 'Back to the usual folder…',
    again: 'Look again',
    path: 'Folder for models, on another disk perhaps',
    look: 'Continue',
    plan: ({ folder, usual }: FolderPlan): string =>
      usual ? `Models would lie in the usual folder, ${folder}.` : `Models would lie in ${folder}.`,
    there: (names: readonly string[]): string => `It holds ${names.join(', ')} already.`,
    here: (models: number, bytes: number, free: number | null): string =>
      `${models === 0 ? 'Downloads' : models === 1 ? 'One model' : `${models} models`} (${size(bytes)}) can move there${free === null ? '' : `; that disk has ${size(free)} free`}. Left models are listed again when you come back.`,
    move: 'Move them',
    leave: 'Leave them',
    use: 'Use this folder',
    back: 'Cancel',
    moving: (name: string, done: number, total: number): string =>
      `Copying ${name}: ${size(done)} of ${size(total)}. Models answer meanwhile, and nothing is removed before all is compared.`,
    progress: 'Move of models',
    ending: 'All is copied. The new folder is used when the reply under way has ended.',
    done: (folder: string): string => `Models lie in ${folder} now.`,
    stayed: (names: readonly string[]): string =>
      `Another running Mezzotint uses ${names.join(', ')}: the old copies stay.`,
    dismiss: 'Close',
  },
  welcome: {
    title: 'Where to begin',
    now: 'Try the model that came along',
    nowHint: 'It is small and works at once.',
    better: (name: string): string => `Get a better one: ${name}`,
    betterHint: (licence: string | null, bytes: number | null, rate: number | null, tokens: number | null): string =>
      [
        bytes === null ? '' : `${size(bytes)} to fetch`,
        bytes === null ? '' : rate === null ? assumed(bytes) : `about ${time(bytes / rate)}`,
        licence ?? 'licence on its page',
        tokens === null ? 'fits this machine' : `${speed(tokens)} tokens/s or more here`,
      ]
        .filter((part) => part !== '')
        .join(' · '),
    disk: 'I have one on disk',
    diskHint: 'A model folder or a GGUF file.',
    server: 'Connect to a server',
    serverHint: 'Replies are then written on another machine.',
    dismiss: 'Not now',
  },
};
