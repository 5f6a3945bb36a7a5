/** Every picture there is. */
import { conversationsScenes } from './conversations.ts';
import type { Scene } from './hands.ts';
import { repliesScenes } from './replies.ts';
import { sheetsScenes } from './sheets.ts';

export const scenes: readonly Scene[] = [...repliesScenes, ...conversationsScenes, ...sheetsScenes];
