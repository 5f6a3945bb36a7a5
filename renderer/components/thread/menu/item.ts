/** What a message's menu is made of. Every area adds its own part; the menu shows the parts one under the other. */
import type { Message } from '../../../../core/contract/conversations.ts';
import type { Edits } from '../../../state/thread/edits.svelte.ts';
import type { Rewrite } from '../../../state/rewrite/rewrite.svelte.ts';
import type { Race } from '../../../state/race/race.svelte.ts';
import type { Session } from '../../../state/window/session.svelte.ts';
import type { ConversationSettings } from '../../../state/settings/conversation-settings.svelte.ts';
import type { Asking } from '../../../state/thread/asking.svelte.ts';
import type { Branch } from '../../../state/thread/branch.svelte.ts';
import type { Thread } from '../../../state/thread/thread.svelte.ts';
import type { MenuItem } from '../../ui/menu.ts';

export type { MenuItem };

/** What an item may act on. */
export interface MenuContext {
  readonly thread: Thread;
  readonly branch: Branch;
  readonly asking: Asking;
  readonly setup: ConversationSettings;
  readonly edits: Edits;
  readonly session: Session;
  readonly race: Race;
  readonly rewrite: Rewrite;
  /** Nothing can be asked of the model now: a reply is being written, or there is no engine. */
  readonly blocked: boolean;
}

/** The items one area has for a message; none where it has nothing to do with it. */
export type MenuPart = (message: Message, at: MenuContext) => readonly MenuItem[];
