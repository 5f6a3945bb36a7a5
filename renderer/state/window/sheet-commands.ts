/** Commands of the palette that open a sheet. */
import { t } from '../../strings.ts';
import type { Command } from './actions.svelte.ts';
import type { Stores } from './stores.svelte.ts';

export const sheetCommands = ({ models, servers, thread, ui }: Stores): readonly Command[] => [
  { id: 'export', label: t.find.exportChats, run: () => (ui.transfer = { id: thread.id, side: 'export' }) },
  { id: 'models', label: t.models.importCommand, run: () => models.show('disk') },
  { id: 'library', label: t.library.command, run: () => models.show('here') },
  { id: 'get-model', label: t.library.getCommand, run: () => models.show('get') },
  { id: 'servers', label: t.servers.open, run: () => servers.show() },
  { id: 'import', label: t.find.importChats, run: () => (ui.transfer = { id: null, side: 'import' }) },
];
