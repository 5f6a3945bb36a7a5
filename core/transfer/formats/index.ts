/** The formats of files: one file and one row each. */
import type { TextFormat } from '../../contract/transfer.ts';
import { chatgpt } from './chatgpt.ts';
import { claude } from './claude.ts';
import { csvWriter } from './csv.ts';
import { deepseek } from './deepseek.ts';
import type { Reader, Writer } from './format.ts';
import { gemini } from './gemini.ts';
import { htmlWriter } from './html.ts';
import { jan } from './jan.ts';
import { librechat } from './librechat.ts';
import { llamacpp } from './llamacpp.ts';
import { lmstudio } from './lmstudio.ts';
import { markdown, markdownWriter } from './markdown.ts';
import { openai, openaiWriter } from './openai.ts';
import { openwebui } from './openwebui.ts';
import { own, ownWriter } from './own.ts';
import { plainWriter } from './plain.ts';
import { sharegpt, sharegptWriter } from './sharegpt.ts';
import { transcript } from './transcript.ts';

/** Those that are read. The first row that knows a file takes it, so the more particular stand first. */
export const readers: readonly Reader[] = [
  own,
  deepseek,
  chatgpt,
  claude,
  llamacpp,
  openwebui,
  lmstudio,
  librechat,
  jan,
  gemini,
  openai,
  sharegpt,
  markdown,
  transcript,
];

/** Those that are written. */
export const writers: Record<TextFormat, Writer> = {
  json: ownWriter,
  markdown: markdownWriter,
  html: htmlWriter,
  text: plainWriter,
  openai: openaiWriter,
  sharegpt: sharegptWriter,
  csv: csvWriter,
};
