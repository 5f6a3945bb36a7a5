/** The routes, in the order of the OpenAPI document: one file and one row each. */
import type { Route } from '../route.ts';
import { cancelByPost, cancelRequest, cancelResponse } from './cancel.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { fim } from './fim.ts';
import { health } from './health.ts';
import { model } from './model.ts';
import { models } from './models.ts';
import { ollamaChat } from './ollama-chat.ts';
import { ollamaGenerate } from './ollama-generate.ts';
import { ollamaPs, ollamaShow, ollamaTags, ollamaVersion } from './ollama-models.ts';
import { openapi } from './openapi.ts';
import { responses } from './responses.ts';
import { root } from './root.ts';
import { tokenize } from './tokenize.ts';

export const routes: readonly Route[] = [
  models,
  model,
  chatCompletions,
  completions,
  fim,
  responses,
  tokenize,
  cancelRequest,
  cancelByPost,
  cancelResponse,
  ollamaChat,
  ollamaGenerate,
  ollamaTags,
  ollamaShow,
  ollamaPs,
  ollamaVersion,
  health,
  openapi(() => routes),
  root,
];
