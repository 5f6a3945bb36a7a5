/** The formats that are read. A format is one file and one row; the first row that knows a file takes it, so the more particular stand first. */
import { chatgpt } from './chatgpt.ts';
import { claude } from './claude.ts';
import { deepseek } from './deepseek.ts';
import type { Reader } from './format.ts';
import { gemini } from './gemini.ts';
import { jan } from './jan.ts';
import { librechat } from './librechat.ts';
import { llamacpp } from './llamacpp.ts';
import { lmstudio } from './lmstudio.ts';
import { markdown } from './markdown.ts';
import { openai } from './openai.ts';
import { openwebui } from './openwebui.ts';
import { own } from './own.ts';
import { sharegpt } from './sharegpt.ts';
import { transcript } from './transcript.ts';

export const readers: readonly Reader[] = [own, deepseek, chatgpt, claude, llamacpp, openwebui, lmstudio, librechat, jan, gemini, openai, sharegpt, markdown, transcript];
