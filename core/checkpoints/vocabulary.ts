/** A byte-level BPE tokenizer given as vocab.json and merges.txt, as Qwen2's kin without a tokenizer.json have it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../contract/result.ts';
import { bpeTokenizer, type AddedTokenJson, type TokenizerJson } from '../text/tokenizer-json.ts';

/** Tokenizer classes whose splitting is known, with the name that GGUF files give it. */
const splitting: Readonly<Record<string, string>> = {
  Qwen2Tokenizer: 'qwen2',
  Qwen2TokenizerFast: 'qwen2',
  DreamTokenizer: 'qwen2',
  GPT2Tokenizer: 'gpt-2',
  GPT2TokenizerFast: 'gpt-2',
};

/** @param settings tokenizer_config.json @throws MezzotintError where there are no such files, or the class is not known */
export function tokenizerFromVocabulary(dir: string, settings: Record<string, unknown>): TokenizerJson {
  const [vocabulary, mergesFile] = ['vocab.json', 'merges.txt'].map((name) => join(dir, name)) as [string, string];
  if (!existsSync(vocabulary) || !existsSync(mergesFile)) {
    throw failure('vocabulary.no-tokenizer', {}, { file: dir });
  }
  const kind = String(settings['tokenizer_class']);
  const pre = Object.hasOwn(splitting, kind) ? splitting[kind] : undefined;
  if (pre === undefined) {
    throw failure(
      'vocabulary.other-class',
      { class: String(kind), known: Object.keys(splitting) },
      { file: join(dir, 'tokenizer_config.json') },
    );
  }
  let vocab: Record<string, number>;
  try {
    vocab = Object.assign(Object.create(null), JSON.parse(readFileSync(vocabulary, 'utf8'))) as Record<string, number>;
  } catch (cause) {
    throw failure('vocabulary.not-json', {}, { file: vocabulary, cause });
  }
  const merges = readFileSync(mergesFile, 'utf8')
    .split(/\r?\n/)
    .filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const added = Object.entries((settings['added_tokens_decoder'] ?? {}) as Record<string, Partial<AddedTokenJson>>).map(
    ([id, token]): AddedTokenJson => ({
      id: Number(id),
      content: String(token.content),
      single_word: token.single_word ?? false,
      lstrip: token.lstrip ?? false,
      rstrip: token.rstrip ?? false,
      normalized: token.normalized ?? false,
      special: token.special ?? false,
    }),
  );
  for (const { content, id } of added) vocab[content] = id;
  return bpeTokenizer(pre, vocab, merges, added);
}
