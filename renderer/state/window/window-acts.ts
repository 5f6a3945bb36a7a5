/** What the window does on a key, a command or a press: one act each, whoever asks for it. */
import { tick } from 'svelte';
import type { Message } from '../../../core/contract/conversations.ts';
import type { Find } from '../search/find.svelte.ts';
import { findWays } from '../search/find-ways.ts';
import { actionOf, composing, means, writes, type Action } from './keys.ts';
import type { Explain } from '../explain/explain.svelte.ts';
import type { Library } from '../library/library.svelte.ts';
import { canInspect, type Inspector, type InspectorView } from '../inspector/inspector.svelte.ts';
import type { Race } from '../race/race.svelte.ts';
import type { Rewrite, RewriteKind } from '../rewrite/rewrite.svelte.ts';
import type { Search } from '../search/search.svelte.ts';
import { selectedIn } from '../rewrite/selected.ts';
import type { Session } from './session.svelte.ts';
import type { Asking } from '../thread/asking.svelte.ts';
import type { Branch } from '../thread/branch.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';
import type { Ui } from './ui.svelte.ts';
import type { Undo } from './undo.svelte.ts';

interface Window {
  session: Session;
  library: Library;
  thread: Thread;
  branch: Branch;
  asking: Asking;
  ui: Ui;
  inspector: Inspector;
  rewrite: Rewrite;
  search: Search;
  find: Find;
  race: Race;
  explain: Explain;
  undo: Undo;
}

export function windowActs({
  session,
  library,
  thread,
  branch,
  asking,
  ui,
  inspector,
  rewrite,
  search,
  find,
  race,
  explain,
  undo,
}: Window) {
  const go = findWays({ search, find, thread, branch, ui, openChat, focusList });

  function toggleList(): void {
    if (ui.narrow) ui.listSheet = !ui.listSheet;
    else void session.change({ sidebarOpen: !session.settings.sidebarOpen });
  }
  async function newChat(): Promise<void> {
    ui.listSheet = false;
    await thread.open(null);
    await tick();
    ui.focus('composer');
  }
  async function openChat(id: string): Promise<void> {
    ui.listSheet = false;
    if (ui.tight) ui.settings = false;
    await thread.open(id);
  }
  function step(by: 1 | -1): void {
    const shown = library.shown;
    const at = shown.findIndex((c) => c.id === thread.id);
    const next = shown[at < 0 ? (by > 0 ? 0 : -1) : at + by];
    if (next) void openChat(next.id);
  }
  async function focusList(place: 'list' | 'search'): Promise<void> {
    if (ui.narrow) ui.listSheet = true;
    else if (!session.settings.sidebarOpen) void session.change({ sidebarOpen: true });
    await tick();
    ui.focus(place);
  }
  /** The reply that has the focus, else the one that is open, else the last one. */
  function replyMeant(): Message | undefined {
    const focused = document.activeElement?.closest<HTMLElement>('[data-testid=message]')?.dataset['messageId'];
    const replies = branch.messages.filter(canInspect);
    return (
      replies.find(({ id }) => id === focused) ??
      replies.find(({ id }) => id === inspector.seen?.messageId) ??
      replies.at(-1)
    );
  }
  function inspect(as: InspectorView): void {
    const reply = replyMeant();
    if (reply) void inspector.toggle(reply, as);
  }
  /** With words selected in a reply, those; a second time it closes again. */
  function rewriteOne(kind: RewriteKind | null): void {
    const chosen = selectedIn(document);
    const reply = branch.messages.find(({ id }) => id === chosen?.messageId) ?? replyMeant();
    if (!reply || !canInspect(reply)) return;
    if (kind === null && inspector.isOpen(reply.id, 'rewrite')) inspector.close();
    else void rewrite.openSelected(reply, chosen, kind);
  }
  const acts: Record<Action, () => void> = {
    'new-chat': () => void newChat(),
    'focus-composer': () => ui.focus('composer'),
    stop: () => void asking.stop(),
    'focus-list': () => void focusList('list'),
    previous: () => step(-1),
    next: () => step(1),
    'toggle-sidebar': toggleList,
    settings: () => (ui.settings = !ui.settings),
    tokens: () => inspect('tokens'),
    replay: () => inspect('replay'),
    search: () => void focusList('search'),
    find: () => void go.findHere(),
    'find-next': () => go.seek(1),
    'find-previous': () => go.seek(-1),
    palette: () => (ui.palette = !ui.palette),
    rewrite: () => rewriteOne(null),
    unsure: () => rewriteOne('unsure'),
    explain: () => (explain.open = !explain.open),
    race: () => {
      const question = branch.messages.findLast(({ role }) => role === 'user');
      if (question && !branch.running) race.open(question.id);
    },
    model: () => ui.focus('model'),
    undo: () => void undo.take(),
    help: () => (ui.help = !ui.help),
  };
  /** A key of an input method is nobody else's: no field, list or dialog of the window gets it. */
  function spare(event: KeyboardEvent): void {
    if (composing(event)) event.stopImmediatePropagation();
  }
  /** What is written, or pasted, while no text field has the focus belongs in the message box, from the first letter. */
  function catchWords(event: KeyboardEvent, target: HTMLElement | null): void {
    const pastes =
      (session.mac ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey && means('V', event);
    if (event.key === ' ' || (!writes(event, session.mac) && !pastes) || document.querySelector('dialog[open]')) return;
    // these go to the entry that begins with the letter
    if (target?.closest('select, [role=menu], [role=listbox]')) return;
    ui.focus('composer');
  }
  function press(event: KeyboardEvent): void {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const typing =
      target !== null &&
      (target.isContentEditable || target.matches('textarea, input:not([type=radio], [type=checkbox], [type=range])'));
    const action = actionOf(event, { mac: session.mac, typing });
    if (event.defaultPrevented) return;
    if (action === null) {
      if (!typing) catchWords(event, target);
      return;
    }
    // A dialog has the keys to itself, but its own shortcut closes it again.
    if (
      document.querySelector('dialog[open]') &&
      !(action === 'help' && ui.help) &&
      !(action === 'settings' && ui.settings) &&
      !(action === 'palette' && ui.palette)
    )
      return;
    if (action === 'undo' && !undo.last) return;
    if (action === 'stop' && !branch.running) {
      if (find.open) return find.close();
      if (ui.settings && !ui.tight) ui.settings = false;
      return;
    }
    event.preventDefault();
    acts[action]();
  }
  return { acts, go, newChat, openChat, toggleList, spare, press };
}
