import { describe, expect, it } from 'vitest';
import { readInput, UsageError } from '../../../core/cli/command.ts';
import { ask, askArgs } from '../../../core/cli/commands/ask.ts';
import { chatsExport, exportArgs } from '../../../core/cli/commands/chats-export.ts';
import { commands } from '../../../core/cli/commands/index.ts';
import { chatsImport, importChatsArgs } from '../../../core/cli/commands/chats-import.ts';
import { importArgs, modelsImport } from '../../../core/cli/commands/models-import.ts';

const parseAsk = (args: string[]) => askArgs(readInput(ask, args));
const parseExport = (args: string[]) => exportArgs(readInput(chatsExport, args));
const parseImport = (args: string[]) => importArgs(readInput(modelsImport, args));
const parseImportChats = (args: string[]) => importChatsArgs(readInput(chatsImport, args));

const wrong = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message;
  }
  throw new Error('no UsageError was thrown');
};

describe('ask', () => {
  it('takes how the processor runs the model, and refuses what it can’t read', () => {
    expect(parseAsk(['Hi']).kernels).toBe('auto');
    expect(parseAsk(['--kernels', 'threads=3,spin=0', 'Hi']).kernels).toEqual({ threads: 3, spinUs: 0 });
    expect(wrong(() => parseAsk(['--kernels', 'fast', 'Hi']))).toContain('threads=4');
    expect(wrong(() => parseAsk(['--kernels', 'usual', '--server', 'S', 'Hi']))).toContain('--kernels');
  });

  it('takes settings under the names people type', () => {
    const parsed = parseAsk([
      '--mode',
      'fast',
      '--seed',
      '7',
      '--max-tokens=50',
      '--temperature',
      '0',
      '--threshold',
      '0.8',
      '--block-length',
      '16',
      '--draft-length',
      '2',
      '--stop',
      'END',
      '--no-loop-guard',
      '--json',
      'Why',
      'is it?',
    ]);
    expect(parsed).toMatchObject({
      question: 'Why is it?',
      json: true,
      settings: {
        mode: 'fast',
        seed: 7,
        maxTokens: 50,
        temperature: 0,
        threshold: 0.8,
        blockLength: 16,
        draftLength: 2,
        stop: ['END'],
        loopGuard: false,
      },
    });
  });
  it('leaves to the model what is not said', () => expect(parseAsk(['x']).settings).toEqual({}));
  it.each([[[]], [['-']], [['']]])('reads standard input for %j', (args) =>
    expect(parseAsk([...args]).question).toBeUndefined(),
  );
  it.each([
    [['--seed', 'abc', 'x'], '--seed'],
    [['--seed', '', 'x'], '--seed'],
    [['--max-tokens', '0', 'x'], '--max-tokens'],
    [['--mode', 'turbo', 'x'], '--mode'],
    [['--temperature', '-1', 'x'], '--temperature'],
    [['--device', 'toaster', 'x'], '--device'],
    [['--pace', 'x'], '--pace'],
    [['--speed', 'bold', '--mode', 'fast', 'x'], '--speed and --mode'],
    [['--speed', 'bold', '--threshold', '0.5', 'x'], '--param threshold=0.5'],
    [['--sampler', 'klass', '--block-length', '8', 'x'], '--param blockLength=8'],
    [['--seed'], '--seed'],
  ])('says what is wrong with %j', (args, named) => expect(wrong(() => parseAsk([...args]))).toContain(named));
});

describe('import', () => {
  it('takes a file, a folder and an adapter', () => {
    expect(parseImport(['a.gguf', '--out', 'dir', '--adapter', 'a.safetensors'])).toMatchObject({
      file: 'a.gguf',
      out: 'dir',
      adapter: { file: 'a.safetensors' },
      drafter: undefined,
    });
    expect(
      parseImport(['a.gguf', '--out', 'dir', '--drafter', 'd.safetensors', '--drafter-version', '1.2']),
    ).toMatchObject({ adapter: undefined, drafter: { file: 'd.safetensors', name: 'drafter', version: '1.2' } });
  });
  it('needs exactly one file, and a folder', () => {
    expect(wrong(() => parseImport(['--out', 'dir']))).toContain('one GGUF file');
    expect(wrong(() => parseImport(['a', 'b', '--out', 'dir']))).toContain('one GGUF file');
    // without a folder it goes into the library; a pack of one's own making needs its place
    expect(parseImport(['a.gguf'])).toMatchObject({ out: undefined, speed: true, json: false });
    expect(parseImport(['a.gguf', '--no-speed', '--json'])).toMatchObject({ speed: false, json: true });
    expect(wrong(() => parseImport(['a.gguf', '--adapter', 'a.safetensors']))).toContain('--out DIR with --adapter');
  });
});

describe('export and import-chats', () => {
  it('take files, formats and folders', () => {
    expect(parseExport(['--out', 'all.json'])).toEqual({
      out: 'all.json',
      format: 'json',
      frames: false,
      ids: [],
      data: undefined,
    });
    expect(
      parseExport(['--out', 'a.md', '--format', 'markdown', '--id', 'a', '--id', 'b', '--data', 'd']),
    ).toMatchObject({ format: 'markdown', ids: ['a', 'b'], data: 'd' });
    expect(parseImportChats(['a.json', 'b.jsonl', '--preview'])).toEqual({
      files: ['a.json', 'b.jsonl'],
      preview: true,
      json: false,
      data: undefined,
    });
  });
  it.each([
    [() => parseExport([]), '--out'],
    [() => parseExport(['--out', 'x', '--format', 'pdf']), '--format'],
    [() => parseExport(['--out', 'x', '--format', 'openai', '--frames']), '--frames'],
    [() => parseExport(['--out', 'x', 'y']), '"y"'],
    [() => parseImportChats([]), 'file'],
  ])('say what is wrong', (run, named) => expect(wrong(run)).toContain(named));
});

describe('the table of commands', () => {
  it.each([
    ['ask', 'server', 'model', 'json', 'events'],
    ['chat', 'server', 'model', 'json', 'events'],
    ['serve', 'port', 'data', 'model'],
    ...['add', 'list', 'test', 'price', 'rm'].map((verb) => [`servers ${verb}`, 'json', 'data']),
    ['chats export', 'out', 'format', 'data'],
    ...['import', 'search', 'show'].map((verb) => [`chats ${verb}`, 'json', 'data']),
  ])('%s takes --%s and the rest', (name, ...options) => {
    const found = commands.find((command) => command.name === name);
    expect(Object.keys(found?.options ?? {})).toEqual(expect.arrayContaining(options));
  });
});
