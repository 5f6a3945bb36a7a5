/** The routes, in the order of the OpenAPI document: one file and one row each. */
import type { Route } from '../route.ts';
import { chatCompletions } from './chat-completions.ts';
import { health } from './health.ts';
import { model } from './model.ts';
import { models } from './models.ts';

export const routes: readonly Route[] = [models, model, chatCompletions, health];
