/** Plausible text, drawn from a seeded generator: sentences in several scripts, and Markdown with code, tables, mathematics, lists. */
import type { Random } from '../../evaluate/random.ts';
import { scripts, type Script } from './words.ts';

export function drawScript(random: Random): Script {
  let at = random.next() * scripts.reduce((sum, { share }) => sum + share, 0);
  for (const script of scripts) if ((at -= script.share) < 0) return script;
  return scripts[0] as Script;
}
/** Early words oftener than late ones, about as words are in a language. */
const word = (random: Random, { words }: Script): string =>
  words[Math.floor(words.length * random.next() ** 2.2)] ?? '';
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function sentence(random: Random, script: Script): string {
  const words = Array.from({ length: random.between(4, 16) }, () => word(random, script));
  // now and then something that occurs once in the whole set: what a search for one thing looks like
  if (random.next() < 0.04) words.push(random.between(0, 0xffffff).toString(36));
  return capital(words.join(script.space)) + script.stop;
}
export const sentences = (random: Random, script: Script, count: number): string =>
  Array.from({ length: count }, () => sentence(random, script)).join(script.space);
export const question = (random: Random, script: Script): string =>
  sentence(random, script).slice(0, -1) + (script.space === '' ? '？' : '?');
export const title = (random: Random, script: Script): string =>
  capital(Array.from({ length: random.between(2, 6) }, () => word(random, script)).join(script.space)).slice(0, 80);

const LANGUAGES = ['python', 'typescript', 'rust', 'sql', 'bash', 'go', 'json', 'css'] as const;
const name = (random: Random): string => word(random, scripts[0] as Script).replace(/[^a-z]/gi, '') || 'value';

/** A fenced block of code of so many lines. */
export function code(random: Random, lines: number): string {
  const language = random.pick(LANGUAGES);
  const line = (i: number): string => {
    const [a, b] = [name(random), name(random)];
    const indent = '  '.repeat(i % 4);
    switch (language) {
      case 'python':
        return i % 4 === 0
          ? `def ${a}(${b}, limit=${random.between(1, 99)}):`
          : `${indent}${a} = [x * ${random.between(2, 9)} for x in ${b} if x != "${name(random)}"]  # ${name(random)}`;
      case 'sql':
        return `${indent}SELECT ${a}, count(*) AS n FROM ${b} WHERE ${a} = '${name(random)}' GROUP BY ${a};`;
      case 'bash':
        return `${indent}grep -rn "${a}" ./${b} | sort | head -n ${random.between(1, 40)}`;
      case 'json':
        return `${indent}{ "${a}": "${b}", "count": ${random.between(0, 9999)} },`;
      case 'css':
        return `.${a} > .${b} { margin: ${random.between(0, 48)}px; color: #${random.between(0x100000, 0xffffff).toString(16)}; }`;
      default:
        return i % 4 === 0
          ? `function ${a}(${b}) {`
          : `${indent}const ${a} = ${b}(${random.between(0, 99)}, "${name(random)}"); // ${name(random)}`;
    }
  };
  return `\`\`\`${language}\n${Array.from({ length: lines }, (_, i) => line(i)).join('\n')}\n\`\`\``;
}
export function table(random: Random, script: Script, rows: number): string {
  const columns = random.between(2, 5);
  const row = (cell: () => string): string => `| ${Array.from({ length: columns }, cell).join(' | ')} |`;
  const cell = (): string => (random.next() < 0.4 ? String(random.between(0, 99_999)) : word(random, script));
  return [
    row(() => capital(word(random, script))),
    row(() => '---'),
    ...Array.from({ length: rows }, () => row(cell)),
  ].join('\n');
}
export const mathematics = (random: Random): string => {
  const n = random.between(2, 40);
  return random.pick([
    `$$\\sum_{k=0}^{${n}} \\binom{${n}}{k} x^{k} = (1 + x)^{${n}}$$`,
    `$$\\int_0^{${n}} e^{-x^2 / ${n}} \\, dx \\approx ${(random.next() * n).toFixed(3)}$$`,
    `$$\\nabla \\cdot \\mathbf{E} = \\frac{\\rho}{\\varepsilon_0}, \\quad \\rho_{${n}} > 0$$`,
  ]);
};
const bullets = (random: Random, script: Script): string =>
  Array.from(
    { length: random.between(3, 8) },
    (_, i) => `${random.next() < 0.3 ? `${i + 1}.` : '-'} ${sentence(random, script)}`,
  ).join('\n');

/** A short reply: mostly a paragraph or two. */
export function reply(random: Random, script: Script): string {
  const kind = random.next();
  const start = sentences(random, script, random.between(1, 4));
  if (kind < 0.08) return `${start}\n\n${code(random, random.between(3, 14))}`;
  if (kind < 0.12) return `${start}\n\n${table(random, script, random.between(2, 6))}`;
  if (kind < 0.2) return `${start}\n\n${bullets(random, script)}`;
  if (kind < 0.4) return `${start}\n\n${sentences(random, script, random.between(2, 4))}`;
  return start;
}
/** A reply of the long conversation: one of everything, in turns, paragraphs that fill a screen now and then. */
export function longReply(random: Random, script: Script, n: number): string {
  const parts = [sentences(random, script, random.between(2, 6))];
  if (n % 3 === 0) parts.push(code(random, n % 30 === 0 ? 90 : random.between(6, 30)));
  if (n % 5 === 1) parts.push(table(random, script, random.between(3, 14)));
  if (n % 4 === 2) parts.push(mathematics(random), `$e^{i\\pi} + 1 = 0$ ${sentence(random, script)}`);
  if (n % 6 === 4) parts.push(`## ${title(random, script)}`, bullets(random, script));
  if (n % 17 === 0) parts.push(sentences(random, script, 60));
  parts.push(sentences(random, script, random.between(1, 5)));
  return parts.join('\n\n');
}
