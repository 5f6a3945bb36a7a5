/** HTML of another app's answers as Markdown. Nothing in it is run or loaded: it is read as a tree and written as text. */
import TurndownService from 'turndown';

/** Longer HTML, or HTML nested deeper, is taken as plain text: the time it takes to set grows with the square of either. */
const LONGEST = 300_000;
const DEEPEST = 30;
/** Elements that end by themselves where the next one begins, or have no end. */
const UNNESTED = new Set([
  'p',
  'li',
  'tr',
  'td',
  'th',
  'dd',
  'dt',
  'option',
  'br',
  'hr',
  'img',
  'input',
  'meta',
  'link',
  'wbr',
  'col',
  'source',
]);

/** Whether elements stand within each other deeper than is set, by their tags alone. */
function isDeep(html: string): boolean {
  let depth = 0;
  for (const [, end, name = ''] of html.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)/g)) {
    if (UNNESTED.has(name.toLowerCase())) continue;
    depth = Math.max(0, depth + (end === '/' ? -1 : 1));
    if (depth > DEEPEST) return true;
  }
  return false;
}
const service = new TurndownService({
  headingStyle: 'atx',
  codeBlockStyle: 'fenced',
  bulletListMarker: '-',
  emDelimiter: '*',
});
service.remove(['script', 'style', 'noscript', 'iframe', 'object']);
service.addRule('pictures', {
  filter: 'img',
  replacement: (_content, node) =>
    `*[Picture${node.getAttribute('alt') ? `: ${node.getAttribute('alt')?.slice(0, 200)}` : ''}]*`,
});
const cells = (row: string): string => row.replace(/\n+/g, ' ').trim();
service.addRule('cells', {
  filter: ['th', 'td'],
  replacement: (content) => ` ${cells(content).replace(/\|/g, '\\|')} |`,
});
service.addRule('rows', {
  filter: 'tr',
  replacement(content, node) {
    const first = node.parentNode?.nodeName === 'THEAD' || !node.previousSibling;
    const rule =
      first &&
      node.parentNode?.nodeName !== 'TFOOT' &&
      (node.parentNode?.nodeName === 'THEAD' || !node.parentNode?.previousSibling)
        ? `\n|${' --- |'.repeat(node.childNodes.length)}`
        : '';
    return `\n|${content}${rule}`;
  },
});
service.addRule('tables', { filter: ['thead', 'tbody', 'tfoot'], replacement: (content) => content });
service.addRule('table', { filter: 'table', replacement: (content) => `\n\n${content.trim()}\n\n` });

/** @param onPlain called where it is too long, or nested too deep, to be set */
export function markdownOf(html: string, onPlain: () => void = () => {}): string {
  if (html.length <= LONGEST && !isDeep(html)) {
    try {
      return service.turndown(html).trim();
    } catch {
      // nested deeper than it can follow
    }
  }
  onPlain();
  return html.replace(/<[^<>]{0,2000}>/g, ' ').trim();
}
