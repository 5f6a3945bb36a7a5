/** What can be done with one conversation or several, and with a folder: the items of their menus. */
import Archive from '@lucide/svelte/icons/archive';
import ArchiveRestore from '@lucide/svelte/icons/archive-restore';
import ArrowDown from '@lucide/svelte/icons/arrow-down';
import ArrowUp from '@lucide/svelte/icons/arrow-up';
import CheckSquare from '@lucide/svelte/icons/square-check';
import FileDown from '@lucide/svelte/icons/file-down';
import FolderInput from '@lucide/svelte/icons/folder-input';
import FolderPlus from '@lucide/svelte/icons/folder-plus';
import Pencil from '@lucide/svelte/icons/pencil';
import Pin from '@lucide/svelte/icons/pin';
import PinOff from '@lucide/svelte/icons/pin-off';
import Trash from '@lucide/svelte/icons/trash-2';
import type { Conversation } from '../../../core/contract/conversations.ts';
import type { Folder, Organise } from '../../../core/contract/order.ts';
import { t } from '../../strings.ts';
import type { MenuItem } from '../ui/menu.ts';

export interface ChatActs {
  organise(change: Organise): void;
  /** A new folder with them in it. */
  moveToNew(): void;
  export(): void;
  /** Asks for the folder in a menu of its own, where there is no room beside this one; else null. */
  askFolder: (() => void) | null;
  /** Of one conversation alone. */
  rename(): void;
  choose(): void;
}

/** Where conversations can be moved to: every folder but the one they all lie in. */
export function folderItems(
  conversations: readonly Conversation[],
  folders: readonly Folder[],
  acts: Pick<ChatActs, 'organise' | 'moveToNew'>,
): MenuItem[] {
  const within = new Set(conversations.map(({ folderId }) => folderId));
  return [
    ...folders.map((folder): MenuItem => ({
      id: `folder-${folder.id}`,
      label: folder.name,
      disabled: within.size === 1 && within.has(folder.id),
      run: () => acts.organise({ to: 'folder', folderId: folder.id }),
    })),
    ...(within.size > 1 || !within.has(null)
      ? [{ id: 'folder-none', label: t.order.menu.out, run: () => acts.organise({ to: 'folder', folderId: null }) }]
      : []),
    { id: 'folder-new', label: t.order.menu.newFolder, icon: FolderPlus, movesFocus: true, run: acts.moveToNew },
  ];
}

export function chatItems(
  conversations: readonly Conversation[],
  folders: readonly Folder[],
  acts: ChatActs,
): MenuItem[][] {
  const words = t.order.menu;
  const one = conversations.length === 1;
  const pinned = conversations.every(({ pinnedAt }) => pinnedAt !== null);
  const archived = conversations.every(({ archivedAt }) => archivedAt !== null);
  return [
    [
      {
        id: 'pin',
        label: pinned ? words.unpin : words.pin,
        icon: pinned ? PinOff : Pin,
        run: () => acts.organise({ to: 'pin', on: !pinned }),
      },
      {
        id: 'move',
        label: words.move,
        icon: FolderInput,
        ...(acts.askFolder
          ? { movesFocus: true, run: acts.askFolder }
          : { submenu: folderItems(conversations, folders, acts) }),
      },
      {
        id: 'archive',
        label: archived ? words.unarchive : words.archive,
        icon: archived ? ArchiveRestore : Archive,
        run: () => acts.organise({ to: 'archive', on: !archived }),
      },
    ],
    [
      ...(one
        ? [
            { id: 'rename', label: words.rename, icon: Pencil, movesFocus: true, run: acts.rename },
            { id: 'choose', label: words.choose, icon: CheckSquare, run: acts.choose },
          ]
        : []),
      { id: 'export', label: words.export, icon: FileDown, movesFocus: true, run: acts.export },
    ],
    [{ id: 'remove', label: words.remove, icon: Trash, run: () => acts.organise({ to: 'trash', on: true }) }],
  ];
}

export function sectionItems(
  folder: Folder,
  folders: readonly Folder[],
  acts: { rename(): void; move(by: -1 | 1): void; remove(): void },
): MenuItem[][] {
  const words = t.order.folder;
  const at = folders.findIndex(({ id }) => id === folder.id);
  return [
    [
      { id: 'rename', label: words.rename, icon: Pencil, movesFocus: true, run: acts.rename },
      { id: 'up', label: words.up, icon: ArrowUp, disabled: at <= 0, run: () => acts.move(-1) },
      {
        id: 'down',
        label: words.down,
        icon: ArrowDown,
        disabled: at < 0 || at === folders.length - 1,
        run: () => acts.move(1),
      },
    ],
    [{ id: 'remove', label: words.remove, icon: Trash, run: acts.remove }],
  ];
}
