/** Words of exporting and importing conversations. */
import type { ExportFormat, ImportFile, ImportItem, ImportOutcome } from '../../../core/contract/transfer.ts';

const count = (n: number, one: string, many: string): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
const size = (bytes: number): string =>
  bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3)).toLocaleString('en')} kB`
    : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const chats = (n: number): string => count(n, 'conversation', 'conversations');
const day = (at: number): string =>
  new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });

export const transfer = {
  label: 'Export and import',
  section: 'Your conversations',
  open: 'Export or import…',
  bring: 'Bring in those of another app',
  hint: 'Saves them to a file, or brings in those of another app. Nothing leaves this machine.',
  close: 'Close',
  what: 'Export or import',
  export: 'Export',
  import: 'Import',
  scope: 'What to export',
  scopeOne: 'This conversation',
  scopeSome: 'Some',
  some: 'Conversations to export',
  someOf: (n: number): string => `${chats(n)} ticked`,
  filterMore: (n: number): string => `And ${n.toLocaleString('en')} more: filter to find them.`,
  scopeAll: (n: number): string => `All ${n.toLocaleString('en')}`,
  allOf: (n: number): string => (n === 0 ? 'There is no conversation yet.' : `${chats(n)}, without the trash`),
  format: 'Format',
  formats: {
    json: { label: 'Mezzotint JSON', hint: 'Complete: all branches, settings and tokens. Comes back in without loss.' },
    markdown: { label: 'Markdown', hint: 'For reading and notes: the branch shown.' },
    html: { label: 'Web page', hint: 'One HTML file that prints well: the branch shown.' },
    pdf: { label: 'PDF', hint: 'The web page, printed: the branch shown.' },
    text: { label: 'Plain text', hint: 'The branch shown, without markup.' },
    openai: { label: 'OpenAI messages', hint: 'JSONL, a conversation a line: the branch shown.' },
    sharegpt: { label: 'ShareGPT', hint: 'JSON for training tools: the branch shown.' },
    csv: { label: 'CSV', hint: 'A row a message, all branches, for spreadsheets.' },
  } satisfies Record<ExportFormat, { label: string; hint: string }>,
  frames: 'With every step of each reply, so that it can be replayed (larger)',
  save: 'Save file',
  saved: (name: string, bytes: number): string => `Saved as ${name}, ${size(bytes)}.`,
  nothing: 'There is nothing to save.',
  writing: (done: number, total: number): string =>
    total === 0 ? 'Preparing…' : `${done.toLocaleString('en')} of ${chats(total)} written`,
  cancel: 'Cancel',
  stop: 'Stop',
  choose: 'Choose files',
  drop: 'or drop them here',
  takes:
    'From Mezzotint (JSON, Markdown), ChatGPT, Claude.ai, DeepSeek, Gemini, llama.cpp, Open WebUI, LM Studio, LibreChat, Jan (their zip or JSON), ShareGPT and OpenAI messages (JSON, JSONL), and Markdown with a heading for each speaker.',
  safe: 'You see what is in them before anything is imported. Nothing that is here is overwritten.',
  sending: (done: number, total: number): string => `Opening: ${size(done)} of ${size(total)}`,
  reading: 'Reading and comparing with what is here…',
  importing: (done: number, total: number): string => `${done.toLocaleString('en')} of ${chats(total)} done`,
  goesOn: 'It goes on when you close this.',
  planned: ({
    fresh,
    updated,
    copies,
    duplicates,
    bad,
    noted,
  }: Pick<ImportFile, 'fresh' | 'updated' | 'copies' | 'duplicates' | 'bad' | 'noted'>): string =>
    fresh + updated + copies + duplicates + bad === 0
      ? 'There is nothing in it to import.'
      : `${[`${(fresh + copies).toLocaleString('en')} to import`, updated > 0 ? `${updated.toLocaleString('en')} to update` : '', duplicates > 0 ? `${duplicates.toLocaleString('en')} here already` : '', bad > 0 ? `${bad.toLocaleString('en')} that can’t be read` : '', noted > 0 ? `${noted.toLocaleString('en')} with notes` : ''].filter((part) => part !== '').join(', ')}.`,
  preview: 'What would be imported',
  from: { mezzotint: 'Mezzotint', openai: 'OpenAI messages', markdown: 'Markdown', transcript: 'Markdown transcript' },
  standings: {
    new: 'new',
    updated: 'updated',
    copy: 'put beside',
    duplicate: 'here already',
    bad: 'can’t be read',
  } satisfies Record<ImportItem['standing'], string>,
  about: (messages: number, at: number): string => `${count(messages, 'message', 'messages')} · ${day(at)}`,
  aboutNew: (messages: number, at: number): string =>
    `${messages === 0 ? 'A new title' : count(messages, 'new message', 'new messages')} · ${day(at)}`,
  more: (left: number): string => `Show more (${left.toLocaleString('en')} left)`,
  kept: 'What is here already stays as it is. A conversation that went on elsewhere gets what is new in it.',
  back: 'Back',
  run: (n: number, updated: number): string =>
    n + updated === 0
      ? 'Nothing to import'
      : n === 0
        ? `Update ${chats(updated)}`
        : `Import ${chats(n)}${updated === 0 ? '' : ` and update ${updated.toLocaleString('en')}`}`,
  outcome: ({ imported, updated, duplicates, bad, cancelled, error }: ImportOutcome): string =>
    [
      `${cancelled || error ? 'Ended early: ' : ''}${chats(imported)} imported${cancelled || error ? ', each of them whole' : ''}.`,
      updated > 0 ? `${updated.toLocaleString('en')} updated.` : '',
      duplicates > 0 ? `${duplicates.toLocaleString('en')} here already.` : '',
      bad > 0 ? `${bad.toLocaleString('en')} could not be read:` : '',
    ]
      .filter((part) => part !== '')
      .join(' '),
  moreProblems: (n: number): string => `And ${n.toLocaleString('en')} more of the kind.`,
  another: 'Other files',
  openFirst: 'Open the first',
} as const;
