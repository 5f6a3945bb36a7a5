/** Other versions of a message, forks, deleting: what grows and prunes the tree. */
import GitFork from '@lucide/svelte/icons/git-fork';
import History from '@lucide/svelte/icons/archive-restore';
import Pencil from '@lucide/svelte/icons/pencil';
import Repeat from '@lucide/svelte/icons/repeat';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import Trash from '@lucide/svelte/icons/trash-2';
import type { Message } from '../../../../core/contract/conversations.ts';
import { modeOf } from '../../../../core/contract/samplers.ts';
import { mergeSettings } from '../../../../core/contract/settings.ts';
import { choiceOfMode, modesOffered, samplersOf } from '../../../state/settings/samplers.ts';
import { t } from '../../../strings.ts';
import type { MenuContext, MenuItem, MenuPart } from './item.ts';

const words = t.menu;

function questionItems(message: Message, { asking, edits, blocked }: MenuContext): MenuItem[] {
  return [
    {
      id: 'edit',
      label: edits.hasDraft(message) ? words.editGoOn : words.edit,
      hint: words.editHint,
      icon: Pencil,
      movesFocus: true,
      run: () => (edits.editing = message.id),
    },
    {
      id: 'again',
      label: words.again,
      hint: words.againHint,
      icon: RotateCcw,
      disabled: blocked,
      run: () => void asking.answer(message),
    },
  ];
}

function replyItems(message: Message, { asking, setup, edits, session, blocked }: MenuContext): MenuItem[] {
  if (message.parentId === null) return [];
  const { generation } = message;
  const own = generation?.settings ?? setup.settings;
  const samplers = samplersOf(session.engine);
  const modes = modesOffered(session.engine);
  const submenu: MenuItem[] = [
    { id: 'retry-same', label: words.retrySame, disabled: blocked, run: () => void asking.retry(message) },
    ...modes
      .filter((mode) => mode !== modeOf(own.sampler.id, samplers))
      .map((mode): MenuItem => ({
        id: `retry-${mode}`,
        label: words.retryIn(t.modes[mode]),
        hint: t.modeHints[mode],
        disabled: blocked,
        run: () =>
          void asking.retry(
            message,
            mergeSettings(own, { sampling: { seed: null }, sampler: choiceOfMode(mode, session.settings, samplers) }),
          ),
      })),
    { id: 'retry-now', label: words.retryNow, disabled: blocked, run: () => void asking.retry(message, {}) },
    {
      id: 'retry-other',
      label: words.retryOther,
      disabled: blocked,
      movesFocus: true,
      run: () => (edits.form = { messageId: message.id, kind: 'retry' }),
    },
  ];
  return [
    { id: 'retry', label: words.retry, icon: RotateCcw, submenu },
    ...(generation && message.text !== '' && session.can.seeded && generation.pack?.server?.unit !== 'text'
      ? [
          {
            id: 'reproduce',
            label: words.reproduce,
            hint: words.reproduceHint,
            icon: Repeat,
            disabled: blocked,
            run: () => edits.reproduce(message),
          },
        ]
      : []),
  ];
}

/** Writing it again: in other words, with other settings, or just the same. */
export const versionsPart: MenuPart = (message, at) =>
  message.status === 'pending' || message.role === 'system'
    ? []
    : message.role === 'user'
      ? questionItems(message, at)
      : replyItems(message, at);

/** What becomes of the message and what follows it. */
export const treePart: MenuPart = (message, { branch, edits }) => {
  const remove: MenuItem = { id: 'delete', label: words.remove, icon: Trash };
  const deleted = new Set(branch.deleted.map((m) => m.deletedWith)).size;
  return [
    {
      id: 'fork',
      label: words.fork,
      hint: words.forkHint,
      icon: GitFork,
      disabled: message.status === 'pending',
      movesFocus: true,
      run: () => void edits.fork(message),
    },
    branch.isFollowed(message)
      ? {
          ...remove,
          submenu: [
            {
              id: 'delete-one',
              label: words.removeOne,
              hint: words.removeOneHint,
              movesFocus: true,
              run: () => void edits.remove(message, false),
            },
            {
              id: 'delete-all',
              label: words.removeAll,
              hint: words.removeAllHint,
              movesFocus: true,
              run: () => void edits.remove(message, true),
            },
          ],
        }
      : { ...remove, movesFocus: true, run: () => void edits.remove(message, true) },
    ...(deleted > 0
      ? [{ id: 'deleted', label: words.deletedOpen(deleted), icon: History, run: () => (edits.listing = true) }]
      : []),
  ];
};
