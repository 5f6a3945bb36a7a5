/** Every word the window shows, in one place. Functions take the values they show. English is written here and beside in strings/; other languages in their folders there. */
import type { Language, TextSize } from '../core/contract/app.ts';
import type { EngineStatus } from '../core/contract/engine.ts';
import type { Mode, StopReason } from '../core/contract/generation.ts';
import { order } from './strings/order.ts';
import type { Action } from './state/window/keys.ts';
import type { Mark } from './state/inspector/timeline.ts';
import type { Via, WordsBy } from './state/inspector/token-shades.ts';
import { findWords } from './strings/find.ts';
import { filmWords } from './strings/film.ts';
import { explainWords } from './strings/explain.ts';
import { dataWords } from './strings/data.ts';
import { attachWords } from './strings/attach.ts';
import { queueWords } from './strings/queue.ts';
import { menuWords } from './strings/menu.ts';
import { messageWords } from './strings/message.ts';
import { emptyWords } from './strings/empty.ts';
import { steerWords } from './strings/steer.ts';
import { raceWords } from './strings/race.ts';
import { speedWords } from './strings/speed.ts';
import { live, type Loose } from './strings/live.ts';
import { zh } from './strings/zh/index.ts';
import { setupWords } from './strings/setup.ts';
import { transferWords } from './strings/transfer.ts';

/** Words for samplers and their parameters, by their names in the registry; what has none here shows the registry's own. */
export type SamplerWords = Record<
  string,
  { name: string; hint: string; params: Record<string, { label: string; hint: string }> }
>;

const count = (n: number, one: string, many: string): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
const deviceNames: Record<string, string> = {
  webgpu: 'WebGPU',
  dml: 'DirectML',
  coreml: 'Core ML',
  cuda: 'CUDA',
  cpu: 'CPU',
};

export const en = {
  speed: speedWords,
  queue: queueWords,
  race: raceWords,
  film: filmWords,
  explain: explainWords,
  data: dataWords,
  app: 'Mezzotint',
  device: (device: string): string => deviceNames[device] ?? device,
  modes: { exact: 'Exact', fast: 'Fast', ar: 'One by one' } satisfies Record<Mode, string>,
  modeHints: {
    exact: 'Drafts several tokens by diffusion, then verifies them: the same reply as one at a time, sooner.',
    fast: 'Writes whole blocks by diffusion and keeps what it is sure of. The reply may differ.',
    ar: 'One token a forward, left to right. The reference for the other two.',
  } satisfies Record<Mode, string>,
  skip: 'Skip to the message box',
  list: {
    label: 'Conversations',
    new: 'New chat',
    filter: 'Filter by title',
    empty: 'No conversations yet.',
    noMatch: (words: string): string => `No title contains “${words}”.`,
    renameLabel: (title: string): string => `New title for “${title}”`,
    undo: 'Undo',
    untitled: 'New chat',
    running: 'a reply is being written',
    hide: 'Hide conversations',
    show: 'Show conversations',
  },
  order,
  thread: {
    label: 'Conversation',
    you: 'You',
    reply: 'Reply',
    loading: 'Opening…',
    reading: 'reading the question',
    queued: 'waiting for the engine',
    forming: 'forming the first words',
    writing: 'A reply is being written.',
    done: 'The reply is finished.',
    copy: 'Copy',
    copyQuestion: 'Copy the question',
    copied: 'Copied',
    retry: 'Retry',
    retryHint: 'Write another reply with the same settings and a new seed; this one is kept',
    continue: 'Continue',
    words: 'Confidence',
    wordsHint: 'Show how sure the model was of each token, and how it came',
    steps: 'Replay',
    stepsHint: 'Show how this reply was written, step by step',
    previous: 'Previous version',
    next: 'Next version',
    version: (at: number, of: number): string => `${at} / ${of}`,
    versionLabel: (at: number, of: number): string => `Version ${at} of ${of}`,
    latest: 'Back to the running line',
    end: 'To the end',
    longer: 'Show all',
    shorter: 'Show less',
    dropped: (n: number): string =>
      `The context was full: ${count(n, 'earlier message was', 'earlier messages were')} left out of what the model read. They are still here.`,
    ends: {
      stopped: 'You stopped this reply. What is written is kept.',
      interrupted: 'The app or the engine ended while this was being written. Every finished part is kept.',
      length: (max: number): string => `Cut at your limit of ${count(max, 'token', 'tokens')}.`,
      loop: 'Ended because it began to repeat itself.',
      'context-full': 'Ended because the context is full. A new chat starts with an empty one.',
      empty: 'Nothing was written before it ended.',
    },
    code: { copy: 'Copy code', plain: 'text', scroll: 'Code' },
    table: 'Table',
    image: (alt: string): string => `[image: ${alt}]`,
  },
  menu: menuWords,
  message: messageWords,
  find: findWords,
  steer: steerWords,
  setup: setupWords,
  attach: attachWords,
  words: {
    label: 'The words of this reply',
    by: 'Show the words by',
    bys: { confidence: 'Confidence', order: 'Order', arrival: 'Arrival' } satisfies Record<WordsBy, string>,
    ends: { confidence: ['sure', 'unsure'], order: ['first', 'last'] } as const,
    orderNote: { blocks: 'within each block', forwards: 'a change of shade is another forward' },
    vias: {
      context: 'next token',
      draft: 'draft kept',
      revealed: 'revealed',
      revised: 'revised',
      locked: 'locked',
    } satisfies Record<Via, string>,
    viasLong: {
      context: 'written as the next token',
      draft: 'a draft that held',
      revealed: 'revealed on the canvas',
      revised: 'put in place of a word taken back',
      locked: 'fixed, or kept from the reply before',
    } satisfies Record<Via, string>,
    hint: 'Point at a word, or walk through them with the arrow keys.',
    close: 'Close this view',
    percent: (p: number): string =>
      p > 0.9995
        ? '>99.9 %'
        : p > 0 && p < 0.0005
          ? '<0.1 %'
          : `${(p * 100).toFixed(p >= 0.0995 && p < 0.995 ? 0 : 1)} %`,
    forward: (n: number): string => `forward ${n.toLocaleString('en')}`,
    instead: 'instead',
    before: 'before',
    noAlternatives: 'no alternatives were stored',
    earlier: {
      draftKept: 'drafted, kept',
      draft: 'drafted, taken back',
      revealedKept: 'revealed',
      revealed: 'revealed, taken back',
    },
    option: (text: string, percent: string): string => `${text}, ${percent}`,
    blanks: { space: 'space', line: 'line end', part: 'part of a character' },
  },
  steps: {
    label: 'Replay of this reply',
    play: 'Play',
    pause: 'Pause',
    back: 'One step back',
    on: 'One step on',
    slider: 'Step',
    speed: 'Speed',
    speeds: (n: number): string => `${n === 0.5 ? '½' : n}×`,
    close: 'Close the replay',
    start: 'before the first forward',
    forward: (n: number, of: number): string => `forward ${n.toLocaleString('en')} of ${of.toLocaleString('en')}`,
    struck: (text: string): string => `struck “${text.trim()}”`,
    part: (n: number): string => `part ${n}`,
    marks: {
      block: 'block done',
      rejection: 'draft struck',
      revision: 'word revised',
      resumed: 'gone on with',
      fork: 'branched here',
    } satisfies Record<Mark, string>,
    branch: 'Branch from here…',
    branchHint: 'Write another reply that shares what stands at this step',
    branchGo: 'Write on from here',
    branchSeed: 'new seed',
    noFrames: 'Only its finished blocks were stored: the canvas between them can’t be shown.',
    save: 'Save replay:',
    html: 'Web page',
    htmlHint: 'One file that plays this replay in any browser, offline',
    jsonl: 'Trace (JSONL)',
    jsonlHint: 'Every stored event, one a line',
  },
  figures: {
    tokens: (n: number): string => count(n, 'token', 'tokens'),
    forwards: (n: number): string => count(n, 'forward', 'forwards'),
    tpf: (n: number): string => `${n.toFixed(2)} a forward`,
    tpfLong: (n: number): string => `${n.toFixed(2)} tokens a forward`,
    rate: (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} tok/s`,
    time: (ms: number): string =>
      ms < 60_000
        ? `${(ms / 1000).toFixed(1)} s`
        : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`,
    open: 'How this reply was made',
    mode: 'Mode',
    seed: 'Seed',
    model: 'Model',
    device: 'Device',
    prompt: 'Prompt',
    promptOf: (all: number, cached: number): string =>
      `${count(all, 'token', 'tokens')}, ${cached.toLocaleString('en')} from cache`,
    drafts: 'Drafts kept',
    draftsOf: (kept: number, all: number): string =>
      `${kept.toLocaleString('en')} of ${all.toLocaleString('en')}${all > 0 ? ` (${Math.round((kept / all) * 100)} %)` : ''}`,
    sampling: 'Sampling',
    samplingOf: (temperature: number, topP: number, penalty: number): string =>
      `${temperature === 0 ? 'greedy' : `temperature ${temperature}`}${topP < 1 ? `, top-p ${topP}` : ''}${penalty > 1 ? `, repetition ${penalty}` : ''}`,
    blocks: 'Canvas',
    prefill: 'Reading',
    decode: 'Writing',
    reason: 'Ended',
    reasons: {
      end: 'the model was done',
      length: 'length limit',
      'stop-string': 'stop string',
      loop: 'repetition',
      'context-full': 'context full',
    } satisfies Record<StopReason, string>,
  },
  composer: {
    label: 'Message',
    placeholder: 'Ask, or paste something to work on',
    send: 'Send',
    stop: 'Stop',
    mode: 'How the reply is written',
    wait: 'The model is still loading. You can type already.',
    failed: 'The model could not be loaded, so nothing can be sent yet. What you type is kept.',
    offline: 'Not connected. What you type is kept.',
    busy: 'A reply is running: stop it or let it finish.',
    unsupported: (mode: string): string => `This model has no ${mode} mode.`,
    tooLong: (n: number): string => `That is ${n.toLocaleString('en')} characters too long to send.`,
  },
  engine: {
    label: 'Model status',
    starting: 'Starting the engine…',
    steps: {
      verify: 'Checking the model’s files…',
      session: 'Preparing the model…',
      'self-test': 'Testing the device…',
    },
    ready: (pack: string, device: string): string => `${pack} · ${device}`,
    failed: 'The model could not be loaded',
    retry: 'Try again',
    retrying: 'Trying…',
    silent: 'The engine does not answer',
    silentLoading: 'The model does not go on loading',
    silentHint: 'It may be short of memory, or have hung. You can wait or restart it. What was committed is kept.',
    restart: 'Restart the engine',
    refused: 'Not used',
    noneRefused: 'No faster device was found to be refused.',
    facts: (s: Extract<EngineStatus, { state: 'ready' }>): string =>
      `${Math.round(s.pack.parameters / 1e6)} M parameters, context of ${s.pack.contextLength.toLocaleString('en')} tokens, ${s.threads} threads, loaded in ${(s.loadMs / 1000).toFixed(1)} s. ${s.pack.licence}.`,
    adapter: (name: string, version: string): string => `Diffusion adapter ${name} ${version}.`,
  },
  connection: 'Reconnecting…',
  noConnection: {
    refused: {
      title: 'This page needs a new address',
      body: 'An address of Mezzotint works once, and only until Mezzotint ends. Its terminal shows a new one: open that. If Mezzotint is not running, start it again with npm start.',
    },
    unreachable: {
      title: 'Mezzotint does not answer',
      body: 'Start it again with npm start, and open the address it prints.',
    },
    kept: 'What you have not sent is still below; copy it first.',
  },
  errors: {
    file: (path: string): string => `File: ${path}`,
    dismiss: 'Dismiss',
    again: 'Try again',
    refetch: 'Open it again',
    draftKept: 'Your words are back in the message box.',
  },
  link: {
    title: 'Open this link in your browser?',
    body: 'It leaves Mezzotint. Your browser will connect to:',
    open: 'Open link',
    cancel: 'Cancel',
  },
  samplers: {
    speculative: {
      name: 'Exact',
      hint: 'Drafts several tokens and verifies them: the text of one token at a time, faster.',
      params: {
        draftLength: {
          label: 'Draft length',
          hint: 'Tokens drafted ahead and verified in one forward. It changes the speed, never the reply.',
        },
      },
    },
    'typical-acceptance': {
      name: 'Drafter',
      hint: 'A small drafter writes each block; the model keeps what it finds plausible.',
      params: {
        blockLength: { label: 'Block length', hint: 'Slots that the drafter writes at once.' },
        ratio: {
          label: 'Acceptance ratio',
          hint: 'A drafted word stays when it is at least this likely beside the model’s own first choice. Higher is slower and more careful.',
        },
      },
    },
    'corrected-threshold': {
      name: 'Canvas',
      hint: 'The model denoises each block itself, which is slower and shows more.',
      params: {
        blockLength: {
          label: 'Block length',
          hint: 'Slots denoised together. Longer blocks can be faster, and rougher.',
        },
        threshold: {
          label: 'Threshold',
          hint: 'A slot is unmasked once the model is this sure of it. Higher is slower and more careful.',
        },
      },
    },
    autoregressive: { name: 'One by one', hint: 'One token a forward.', params: {} },
  } as SamplerWords,
  settings: {
    label: 'Settings',
    close: 'Close settings',
    parts: { appearance: 'Appearance', writing: 'Writing', advanced: 'Advanced', data: 'Your data' },
    blocks: 'How tokens are written',
    textSize: 'Text size',
    textSizeHint: 'Of replies, questions and the message box. Ctrl and + or − magnify the whole window.',
    textSizes: { small: 'Small', normal: 'Normal', large: 'Large', larger: 'Larger' } satisfies Record<
      TextSize,
      string
    >,
    writing: 'How replies are written',
    sampling: 'How tokens are chosen',
    ending: 'When replies end',
    mode: 'Mode',
    sampler: 'Sampler',
    temperature: 'Temperature',
    temperatureHint: '0 always takes the likeliest token; higher takes more chances.',
    topP: 'Top-p',
    topPHint: 'Only the likeliest tokens that add up to this share are considered. 1 considers all.',
    penalty: 'Repetition penalty',
    penaltyHint: 'Makes tokens used lately less likely. 1 turns it off.',
    seed: 'Seed',
    seedHint: 'A fixed seed gives the same reply to the same question again.',
    seedRandom: 'New each time',
    seedFixed: 'Fixed',
    seedValue: 'Seed value',
    maxTokens: 'Maximum length',
    maxTokensHint: 'A reply is cut after this many tokens; it can be continued.',
    stop: 'Stop strings',
    stopHint: 'A reply ends before the first of these. One a line, at most eight.',
    loopGuard: 'Loop guard',
    loopGuardHint: 'Ends a reply that only repeats itself, as small models do.',
    theme: 'Theme',
    themeHint: 'System follows your computer.',
    themes: { system: 'System', paper: 'Light', plate: 'Dark' },
    language: 'Language',
    languageHint: 'Of the window. The model answers in the language it was asked in, and knows English best.',
    languages: { system: 'As the computer', en: 'English', zh: '简体中文' } satisfies Record<Language, string>,
    weakMarks: 'Mark unsure words',
    weakMarksHint:
      'A dotted line under the words of the last reply that the model was least sure of. Unsure is not wrong, and sure is not right.',
    sendWith: 'Send with',
    sendWithHint: 'The other one breaks the line. Shift+Enter always does.',
    sendKeys: { enter: 'Enter', 'mod-enter': (mac: boolean): string => (mac ? '⌘ Enter' : 'Ctrl+Enter') },
    reset: 'Back to the model’s defaults',
    outOfRange: (min: number, max: number): string => `A number from ${min} to ${max}.`,
  },
  transfer: transferWords,
  help: {
    label: 'Keyboard shortcuts',
    open: 'Keyboard shortcuts',
    close: 'Close',
    or: 'or',
    actions: {
      'new-chat': 'New chat',
      'focus-composer': 'Write a message',
      stop: 'Stop the reply',
      'focus-list': 'Go to the conversations',
      previous: 'Previous conversation',
      next: 'Next conversation',
      'toggle-sidebar': 'Show or hide conversations',
      settings: 'Settings',
      words: 'Show how sure the model was of a reply’s words',
      steps: 'Replay a reply',
      palette: 'Commands and conversations by name',
      search: 'Search all conversations',
      find: 'Find in this conversation',
      'find-next': 'Next place found',
      'find-previous': 'Previous place found',
      rework: 'Rewrite words of a reply',
      weak: 'Redo the weak spots of a reply',
      learn: 'What is happening, in words',
      race: 'Race: the last question in several modes',
      undo: 'Undo a move or a deletion',
      help: 'This list',
    } satisfies Record<Action, string>,
    list: 'In the list: ↑ ↓ to move, → for all that can be done, Shift and ↑ ↓ or Space to select several, F2 to rename, Delete to delete. In a replay: Space plays and pauses, ← → step, Home and End go to its ends, Esc closes.',
  },
  empty: emptyWords,
} as const;

/** Every language has each of these words. */
export type Strings = Loose<typeof en>;
/** The words in the language that is spoken. */
export const t = live<Strings>({ en, zh });
