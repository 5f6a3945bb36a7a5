/** ChatGPT's marks of sources and things: private-use characters around names, or 【…】. They become links or plain words. Pure. */
import { isAddress } from '../../contract/address.ts';
import { fieldOf, isObject, textField } from '../incoming.ts';
import { brief } from '../notes.ts';

interface Source {
  title: string;
  url: string;
}
const isWeb = (url: string | null): url is string =>
  url !== null && url.length <= 4000 && /^https?:\/\//i.test(url) && isAddress(url);
const linkTo = ({ title, url }: Source): string =>
  `[${title.replace(/[\\[\]]/g, '\\$&')}](${url.replace(/[()<>\s]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)})`;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The pages that a reference names, each once. */
function sourcesOf(reference: unknown): Source[] {
  const found = new Map<string, Source>();
  const add = (item: unknown): void => {
    const url = textField(item, 'url') ?? textField(fieldOf(item, 'metadata'), 'url');
    if (isWeb(url) && found.size < 20 && !found.has(url))
      found.set(url, {
        title:
          brief(textField(item, 'title', 'name') ?? textField(fieldOf(item, 'metadata'), 'title') ?? '', 80) ||
          new URL(url).hostname,
        url,
      });
  };
  for (const item of [
    ...listOf(fieldOf(reference, 'items')),
    ...listOf(fieldOf(reference, 'sources')),
    ...listOf(fieldOf(reference, 'fallback_items')),
  ]) {
    add(item);
    for (const website of listOf(fieldOf(item, 'supporting_websites'))) add(website);
  }
  if (found.size === 0) add(reference);
  return [...found.values()];
}

/** What stands for each mark of a text, by the mark as it stands there. */
function referencesIn(metadata: unknown): Map<string, string> {
  const references = new Map<string, string>();
  for (const reference of [
    ...listOf(fieldOf(metadata, 'content_references')),
    ...listOf(fieldOf(metadata, 'citations')),
  ]) {
    const mark =
      textField(reference, 'matched_text') ??
      textField(fieldOf(fieldOf(reference, 'metadata'), 'extra'), 'cited_message_idx');
    if (mark === null || !isObject(reference)) continue;
    const links = sourcesOf(reference).map(linkTo);
    const name = textField(reference, 'name');
    if (!references.get(mark))
      references.set(mark, links.length > 0 ? `(${links.join(', ')})` : name === null ? '' : `(${brief(name)})`);
  }
  return references;
}

/** `entity␟["material","HSS"]`: a thing that ChatGPT shows more about when it is pressed; its name is what is read. */
function nameIn(mark: string): string {
  const fields = mark.slice(1, -1).split('\uE202');
  if (fields[0] !== 'entity') return '';
  try {
    const parts = JSON.parse(fields[1] ?? '') as unknown;
    const names = listOf(parts).filter((part): part is string => typeof part === 'string');
    return names[1] ?? names[0] ?? '';
  } catch {
    return '';
  }
}

/** The text with links in place of citation marks; a mark that names no page is taken out, as it is not shown either. */
export function withLinks(text: string, metadata: unknown): string {
  if (!/[\uE200-\uE20F【]/.test(text)) return text;
  const references = referencesIn(metadata);
  // the space before a mark that is taken out goes with it
  const put = (space: string, words: string): string => (words === '' ? '' : space + words);
  return text
    .replace(/( ?)(\uE200[^\uE200\uE201]*\uE201)/g, (_all, space: string, mark: string) =>
      put(space, references.get(mark) ?? nameIn(mark)),
    )
    .replace(/( ?)(【[^【】]{1,200}】)/g, (_all, space: string, mark: string) =>
      put(space, references.get(mark) ?? (/^【\d+(:\d+)?†/.test(mark) ? '' : mark)),
    )
    .replace(/[\uE200-\uE20F]/g, '');
}
