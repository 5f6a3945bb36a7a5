/** Other versions of a message: what grows the tree. */
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import { modeSchema } from '../../../../core/contract/generation.ts';
import { t } from '../../../strings.ts';
import type { MenuItem, MenuPart } from './item.ts';

const words = t.menu;

export const treePart: MenuPart = (message, { thread, session, blocked }) => {
  if (message.role === 'user') return [{ id: 'again', label: words.again, hint: words.againHint, icon: RotateCcw, disabled: blocked, run: () => void thread.answer(message) }];
  if (message.role !== 'assistant' || message.parentId === null) return [];
  const { generation } = message;
  const own = generation?.settings ?? session.settings.generation;
  const modes = session.engine.state === 'ready' ? session.engine.pack.modes : modeSchema.options;
  const submenu: MenuItem[] = [
    { id: 'retry-same', label: words.retrySame, disabled: blocked, run: () => void thread.retry(message) },
    ...modes.filter((mode) => mode !== own.mode).map((mode): MenuItem => ({ id: `retry-${mode}`, label: words.retryIn(t.modes[mode]), hint: t.modeHints[mode], disabled: blocked, run: () => void thread.retry(message, { ...own, mode, seed: null }) })),
    { id: 'retry-now', label: words.retryNow, disabled: blocked, run: () => void thread.retry(message, session.settings.generation) },
  ];
  return [{ id: 'retry', label: words.retry, icon: RotateCcw, submenu }];
};
