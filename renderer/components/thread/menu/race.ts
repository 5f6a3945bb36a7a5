/** A race for the question of this message. */
import Flag from '@lucide/svelte/icons/flag';
import { t } from '../../../strings.ts';
import type { MenuPart } from './item.ts';

export const racePart: MenuPart = (message, { race, thread, session }) => {
  if (!session.can.seeded) return [];
  const question = message.role === 'user' ? message.id : message.role === 'assistant' ? message.parentId : null;
  if (question === null || thread.message(question)?.role !== 'user') return [];
  return [
    {
      id: 'race',
      label: t.race.menu,
      hint: t.race.menuHint,
      icon: Flag,
      movesFocus: true,
      disabled: message.status === 'pending',
      run: () => race.open(question),
    },
  ];
};
