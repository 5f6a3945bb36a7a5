/** What the person does with the canvas: words written again, the reply made longer or shorter. */
import Blend from '@lucide/svelte/icons/blend';
import Shrink from '@lucide/svelte/icons/fold-horizontal';
import Stretch from '@lucide/svelte/icons/unfold-horizontal';
import { canRewrite } from '../../../state/inspector/inspector.svelte.ts';
import { sentenceEndsIn } from '../../../state/rewrite/spans.ts';
import { t } from '../../../strings.ts';
import type { MenuPart } from './item.ts';

const words = t.rewrite;

export const rewritePart: MenuPart = (message, { rewrite, session: { can }, blocked }) => {
  if (!canRewrite(message) || !can.tokenIds) return [];
  const short = sentenceEndsIn(message.text) < 2;
  return [
    ...(can.fill
      ? [
          {
            id: 'rewrite',
            label: words.rewrite,
            hint: words.rewriteHint,
            icon: Blend,
            movesFocus: true,
            run: () => void rewrite.openSelected(message),
          },
        ]
      : []),
    // a length is a layout: where the reply goes on, and where it ends
    ...(can.layout
      ? [
          {
            id: 'longer',
            label: words.makeLonger,
            hint: words.makeLongerHint,
            icon: Stretch,
            disabled: blocked,
            run: () => void rewrite.lengthen(message, 'longer'),
          },
          {
            id: 'shorter',
            label: words.makeShorter,
            hint: short ? words.cannotShorten : words.makeShorterHint,
            icon: Shrink,
            disabled: blocked || short,
            run: () => void rewrite.lengthen(message, 'shorter'),
          },
        ]
      : []),
  ];
};
