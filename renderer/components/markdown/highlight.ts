/** Code as runs of one colour, by highlight.js's emitter: no HTML strings are made or parsed. */
import hljs from 'highlight.js/lib/core';
import type { Emitter } from 'highlight.js';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import latex from 'highlight.js/lib/languages/latex';
import lua from 'highlight.js/lib/languages/lua';
import markdown from 'highlight.js/lib/languages/markdown';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import r from 'highlight.js/lib/languages/r';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

/** A stretch of code in one scope; '' is plain. Scopes are highlight.js's, cut to their first part (`title.function` → `title`). */
export interface Run {
  readonly scope: string;
  readonly text: string;
}

class RunEmitter implements Emitter {
  readonly runs: Run[] = [];
  readonly #scopes: string[] = [];
  constructor(_options: unknown) {}
  startScope(name: string): void {
    this.#scopes.push(name.startsWith('language:') ? '' : (name.split('.')[0] ?? ''));
  }
  endScope(): void {
    this.#scopes.pop();
  }
  /** The older names of the two above, which the highlighter still calls. */
  openNode(name: string): void {
    this.startScope(name);
  }
  closeNode(): void {
    this.endScope();
  }
  addText(text: string): void {
    if (text === '') return;
    const scope = this.#scopes.findLast((s) => s !== '') ?? '';
    const last = this.runs.at(-1);
    if (last && last.scope === scope) this.runs[this.runs.length - 1] = { scope, text: last.text + text };
    else this.runs.push({ scope, text });
  }
  __addSublanguage(emitter: Emitter): void {
    if (emitter instanceof RunEmitter) for (const run of emitter.runs) this.runs.push(run);
  }
  finalize(): void {}
  toHTML(): string {
    return '';
  }
}

const languages = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  kotlin,
  latex,
  lua,
  markdown,
  php,
  python,
  r,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
hljs.configure({ __emitter: RunEmitter });

/** Longest code that is coloured, in characters; longer code stays plain rather than slow. */
const LONGEST = 60_000;

/** The info string's language as highlight.js knows it, or null. */
export const knownLanguage = (info: string | undefined): string | null => {
  const name =
    info
      ?.trim()
      .split(/[\s{,]/)[0]
      ?.toLowerCase() ?? '';
  return name !== '' && hljs.getLanguage(name) ? name : null;
};

export function highlight(code: string, language: string | null): Run[] {
  if (language === null || code.length > LONGEST) return code === '' ? [] : [{ scope: '', text: code }];
  const emitter: unknown = hljs.highlight(code, { language, ignoreIllegals: true })._emitter;
  return emitter instanceof RunEmitter ? emitter.runs : [{ scope: '', text: code }];
}

/** The runs of a text cut into its lines (without the line breaks). */
export function linesOf(runs: readonly Run[]): Run[][] {
  const lines: Run[][] = [[]];
  for (const run of runs) {
    run.text.split('\n').forEach((part, i) => {
      if (i > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ scope: run.scope, text: part });
    });
  }
  return lines;
}
