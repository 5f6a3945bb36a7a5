/** All parts of a message's menu, in the order shown. An area adds its part here, in one line. */
import type { Message } from '../../../../core/contract/conversations.ts';
import { aboutPart, copyPart } from './copy.ts';
import type { MenuContext, MenuItem, MenuPart } from './item.ts';
import { racePart } from './race.ts';
import { rewritePart } from './rewrite.ts';
import { treePart, versionsPart } from './tree.ts';

const parts: readonly MenuPart[] = [versionsPart, rewritePart, racePart, copyPart, treePart, aboutPart];

/** The groups of items of a message's menu: each part that has something to say, a hairline between them. */
export const menuOf = (message: Message, at: MenuContext): (readonly MenuItem[])[] =>
  parts.map((part) => part(message, at)).filter((items) => items.length > 0);
