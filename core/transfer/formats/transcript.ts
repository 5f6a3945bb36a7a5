/**
 * Markdown transcripts of other apps and by hand, in the usual forms: each turn under a heading that names its speaker, or after the
 * name in bold. One file is one conversation. What stands in code fences is never taken for a speaker.
 */
import { errorOf } from '../../contract/result.ts';
import type { Role } from '../../contract/engine.ts';
import type { Incoming, IncomingMessage, Note } from '../incoming.ts';
import { brief } from '../notes.ts';
import { partOf, type Reader } from './format.ts';

const NAMES: ReadonlyArray<[Role, RegExp]> = [
  [
    'user',
    /^(?:you(?: said)?|user|human|me|i|prompt|question|q|用户|我|你|提问|问|ユーザー|あなた|사용자|nutzer|benutzer|utilisateur|vous|usuario|tú|utente|пользователь|вы)$/i,
  ],
  [
    'assistant',
    /^(?:(?:ai )?assistant|ai|bot|model|reply|response|answer|a|llm|chat ?gpt(?: said)?|gpt[-\w. ]{0,20}|claude[-\w. ]{0,20}(?: said)?|gemini[-\w. ]{0,20}(?: said)?|copilot(?: said)?|deepseek[-\w. ]{0,20}|grok[-\w. ]{0,20}|mistral[-\w. ]{0,20}|le chat|llama[-\w. ]{0,20}|qwen[-\w. ]{0,20}|助手|助理|回答|答|アシスタント|어시스턴트|assistent|asistente|ассистент)$/i,
  ],
  ['system', /^(?:system(?: prompt| message)?|instructions|系统|系統|システム)$/i],
];
const roleOf = (name: string): Role | null => NAMES.find(([, pattern]) => pattern.test(name))?.[0] ?? null;

interface Mark {
  line: number;
  /** `#`s of a heading; 0: a name in bold. */
  level: number;
  name: string;
  /** Words on the same line. */
  rest: string;
}
/** Signs before and after a name: pictures, colons, quotes, what stands in brackets after it. */
const bare = (name: string): string =>
  name
    .replace(/\([^()]{0,100}\)\s*:?\s*$/, '')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}.]+$/gu, '')
    .trim();

function markOn(line: string, at: number): Mark | null {
  if (line.length > 20_000) return null;
  const heading = /^(#{1,6})[ \t]+(\S.{0,120})$/.exec(line);
  if (heading) return { line: at, level: heading[1]?.length ?? 1, name: bare(heading[2] ?? ''), rest: '' };
  const bold =
    /^(?:\*\*|__)([^*_\n]{1,80}?)(?:(:|：)(?:\*\*|__)|(?:\*\*|__)[ \t]*(:|：|$|\([^()]{0,60}\)[ \t]*(?::|：|$)))[ \t]*(.*)$/.exec(
      line,
    );
  return bold ? { line: at, level: 0, name: bare(bold[1] ?? ''), rest: bold[4] ?? '' } : null;
}

/** Lines that may name a speaker, outside of code. */
function marksIn(lines: readonly string[]): Mark[] {
  const marks: Mark[] = [];
  let fence = '';
  for (const [at, line] of lines.entries()) {
    const [, run = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === '' && run !== '') fence = run;
    else if (fence !== '' && run.startsWith(fence) && line.trim() === run) fence = '';
    if (fence !== '' || run !== '') continue;
    const mark = markOn(line, at);
    if (mark && mark.name !== '') marks.push(mark);
  }
  return marks;
}

interface Turn extends Mark {
  role: Role;
}
/** The lines that name speakers, all of the form of the first one; null: it is no transcript. */
function turnsIn(lines: readonly string[]): Turn[] | null {
  const marks = marksIn(lines);
  const first = marks.find(({ name }) => roleOf(name) !== null);
  if (!first) return null;
  const ofForm = marks.filter(({ level, line }) => level === first.level && line >= first.line);
  const turns = ofForm.flatMap((mark): Turn[] => {
    const role = roleOf(mark.name);
    return role === null ? [] : [{ ...mark, role }];
  });
  const roles = new Set(turns.map(({ role }) => role));
  if (roles.has('user') && roles.has('assistant')) return turns;
  if (!roles.has('user') || first.level === 0) return null;
  // a model by its own name: the one other heading of this level, as often as a person speaks
  const others = ofForm.filter(({ name }) => roleOf(name) === null);
  const names = new Set(others.map(({ name }) => name));
  const asked = turns.filter(({ role }) => role === 'user').length;
  if (names.size !== 1 || Math.abs(others.length - asked) > 1) return null;
  return ofForm.map((mark) => ({ ...mark, role: roleOf(mark.name) ?? 'assistant' }));
}

const isRule = (line: string): boolean => /^ {0,3}(?:-{3,}|\*{3,}|_{3,}|⸻)[ \t]*$/.test(line);
/** Lines `from` up to `to`, without empty ones and a rule at their ends. */
function wordsBetween(lines: readonly string[], from: number, to: number, rest: string): string {
  let [begin, end] = [from, to];
  const empty = (at: number): boolean => (lines[at] ?? '').trim() === '';
  while (end > begin && empty(end - 1)) end -= 1;
  if (end > begin && isRule(lines[end - 1] ?? '')) end -= 1;
  while (end > begin && empty(end - 1)) end -= 1;
  if (rest === '') while (begin < end && empty(begin)) begin += 1;
  return [...(rest === '' ? [] : [rest]), ...lines.slice(begin, end)].join('\n').trimEnd();
}

/** The name of a model, where that is how its turns are headed. */
const modelOf = ({ name }: Turn): string | null =>
  /^(?:(?:ai )?assistant|ai|bot|model|reply|response|answer|a|llm|助手|助理|回答|答|アシスタント|어시스턴트|assistent|asistente|ассистент)$/i.test(
    name,
  )
    ? null
    : name.replace(/ said$/i, '');

function read(lines: readonly string[], turns: readonly Turn[], noted: Note): Incoming {
  const [first] = turns;
  const head = lines.slice(0, first?.line ?? 0);
  const title =
    head
      .filter((line) => line.length <= 500)
      .map((line) => /^#{1,2}[ \t]+(\S.*)$/.exec(line)?.[1] ?? /^title:[ \t]*["']?(.*?)["']?[ \t]*$/i.exec(line)?.[1])
      .find((found) => found !== undefined && found !== '') ?? null;
  const messages: IncomingMessage[] = [];
  const before = head
    .filter((line) => !isRule(line) && !(title !== null && line.includes(title)))
    .join('\n')
    .trim();
  for (const [i, turn] of turns.entries()) {
    const text = wordsBetween(lines, turn.line + 1, turns[i + 1]?.line ?? lines.length, turn.rest);
    if (text === '') continue;
    const last = messages.at(-1);
    messages.push({
      id: String(messages.length),
      parent: last === undefined ? null : messages.length - 1,
      role: turn.role,
      text,
      createdAt: null,
      model: modelOf(turn),
    });
  }
  if (before !== '') {
    noted('line 1', errorOf('odd.before-speaker', { words: brief(before, 80) }));
    messages.push({ parent: null, role: 'system', text: before, createdAt: null, aside: true });
  }
  return { id: null, title, createdAt: null, updatedAt: null, messages, current: null };
}

export const transcript: Reader = {
  id: 'transcript',
  name: 'Markdown transcript',
  open({ text, items }) {
    if (items !== null) return null;
    const lines = text.split(/\r?\n/);
    const turns = turnsIn(lines);
    return turns === null
      ? null
      : [partOf('transcript', `line ${(turns[0]?.line ?? 0) + 1}`, (note) => read(lines, turns, note))];
  },
};
