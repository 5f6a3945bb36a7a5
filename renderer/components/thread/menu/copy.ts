/** A message's words, taken elsewhere; when and how they were written. */
import Copy from '@lucide/svelte/icons/copy';
import FileText from '@lucide/svelte/icons/file-text';
import { plainOf } from '../../../../core/markdown/index.ts';
import { copyText } from '../../../services/clipboard.ts';
import { exactly } from '../../../state/window/when.ts';
import { t } from '../../../strings.ts';
import { spoken } from '../../../strings/live.ts';
import type { MenuItem, MenuPart } from './item.ts';

/** A question is plain text already: its button copies it. */
export const copyPart: MenuPart = ({ role, text }) =>
  role !== 'assistant' || text === ''
    ? []
    : [
        { id: 'copy-plain', label: t.message.copyPlain, icon: FileText, run: () => void copyText(plainOf(text)) },
        { id: 'copy-markdown', label: t.message.copyMarkdown, icon: Copy, run: () => void copyText(text) },
      ];

/** Not to be chosen: only said. */
export const aboutPart: MenuPart = ({ role, createdAt, generation }) => {
  const at = exactly(createdAt, spoken());
  const when: MenuItem = {
    id: 'when',
    label: role === 'user' ? t.message.asked(at) : t.message.written(at),
    disabled: true,
  };
  if (!generation) return [when];
  return [
    when,
    { id: 'how', label: [t.modes[generation.mode], generation.pack?.name].filter(Boolean).join(' · '), disabled: true },
  ];
};
