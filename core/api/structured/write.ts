/**
 * Writes JSON of a schema: its structure is fixed text, its values are holes, and how many items there are or which branch is taken
 * is decided by likelihood. Whatever the model says, the text is JSON of the schema.
 */
import { append } from '../../contract/lists.ts';
import { noCounts, type CommittedToken, type Counts } from '../../contract/generation.ts';
import type { Hole, HoleKind, Template } from '../../contract/layout.ts';
import type { Api } from '../api.ts';
import type { Hearing } from '../reply.ts';
import { write, type Asked, type Written } from '../run.ts';
import type { Ticket } from '../turns.ts';
import { hasOpening, openingsOf, type Node } from './schema.ts';

/** Tokens of one string at most, and at least where the reply's length is used up. */
const STRING_TOKENS = 96;
const SHORTEST = 8;
/** With fewer tokens left, lists end. */
const RESERVE = 24;
const KEY_CHARACTERS = 60;
/** Levels after which what may end ends. */
const DEEP = 6;

class Stopped extends Error {}

export interface Structured {
  text: string;
  reason: Written['reason'];
  tokens: CommittedToken[];
  counts: Counts;
}

/** The reply as far as it is settled, and what is to be written next. */
export class StructuredWriter {
  readonly #api: Api;
  readonly #ticket: Ticket;
  readonly #asked: Asked;
  readonly #hear: Hearing;
  readonly tokens: CommittedToken[] = [];
  text = '';
  counts: Counts = { ...noCounts };
  #parts: Template = [];
  /** Tokens that the strings to come may have, by guess. */
  #planned = 0;
  /** Characters of fixed text that stand already. */
  #skip = 0;
  #seq = 0;
  #started = false;

  constructor(api: Api, ticket: Ticket, asked: Asked, hear: Hearing) {
    this.#api = api;
    this.#ticket = ticket;
    this.#asked = asked;
    this.#hear = hear;
  }
  fixed(text: string): void {
    const skipped = Math.min(this.#skip, text.length);
    this.#skip -= skipped;
    const left = text.slice(skipped);
    if (left === '') return;
    const last = this.#parts.at(-1);
    if (last?.kind === 'locked') last.text += left;
    else this.#parts.push({ kind: 'locked', text: left });
  }
  async #hole(as: HoleKind, max = 64): Promise<void> {
    // two holes beside each other could not be told apart
    if (this.#parts.at(-1)?.kind === 'hole') await this.flush();
    const hole: Hole = { kind: 'hole', min: 0, max, as };
    this.#parts.push(hole);
    // a layout has a bounded number of parts
    if (this.#parts.length >= 200) await this.flush();
  }
  get #left(): number {
    return this.#asked.settings.ending.maxTokens - this.tokens.length - this.#planned;
  }
  async string(least: 0 | 1, most: number): Promise<void> {
    const max = Math.max(SHORTEST, Math.min(STRING_TOKENS, Math.floor(this.#left / 2)));
    this.#planned += Math.min(max, 16);
    await this.#hole({ type: 'string', least, most }, max);
  }
  /** One of some texts; settled when this resolves. */
  async decide(options: readonly string[]): Promise<string> {
    const [only] = options;
    if (options.length === 1 && only !== undefined) {
      this.fixed(only);
      return only;
    }
    await this.#hole({ type: 'choice', options: [...options] });
    return this.flush();
  }
  /** Has what is planned written. @returns the text of its last hole, where it ends with one */
  async flush(): Promise<string> {
    if (this.#parts.length === 0) return '';
    const layout = this.#parts;
    this.#parts = [];
    this.#planned = 0;
    const written = await write(
      this.#api,
      this.#ticket,
      { ...this.#asked, layout },
      (event) => {
        const last = event.type === 'finished' || event.type === 'stopped' || event.type === 'failed';
        if ((event.type === 'started' && this.#started) || last) return;
        if (event.type === 'started') this.#started = true;
        this.#hear.event({ ...event, seq: this.#seq++ });
        if (event.type !== 'blockCommitted') return;
        append(this.tokens, event.tokens);
        const text = event.tokens.map((token) => token.text).join('');
        this.text += text;
        this.#hear.delta({ text, tokens: event.tokens });
      },
      [...this.tokens],
    );
    const first = this.counts.promptTokens === 0;
    this.counts = {
      ...written.counts,
      promptTokens: first ? written.counts.promptTokens : this.counts.promptTokens,
      cachedTokens: first ? written.counts.cachedTokens : this.counts.cachedTokens,
      tokens: this.tokens.length,
      forwards: this.counts.forwards + written.counts.forwards,
      prefillForwards: this.counts.prefillForwards + written.counts.prefillForwards,
      msPrefill: this.counts.msPrefill + written.counts.msPrefill,
      msDecode: this.counts.msDecode + written.counts.msDecode,
      msForward: this.counts.msForward + written.counts.msForward,
    };
    if (written.reason !== 'end') throw Object.assign(new Stopped(), { reason: written.reason });
    const from = written.tokens.findLastIndex(({ via }) => via === 'locked') + 1;
    return written.tokens
      .slice(from)
      .map((token) => token.text)
      .join('');
  }

  /** @param spaced a space stands before it, which belongs to its first word */
  async value(node: Node, depth: number, spaced = false): Promise<void> {
    const lead = spaced ? ' ' : '';
    switch (node.kind) {
      case 'ref':
        if (node.node) await this.value(node.node, depth, spaced);
        return;
      case 'texts':
        return void (await this.decide(node.texts.map((text) => lead + text)));
      case 'string':
        this.fixed(`${lead}"`);
        await this.string(node.least, node.most);
        return this.fixed('"');
      case 'number': {
        const { kind: _, ...bounds } = node;
        // the space is the number's own, unless its first figure stands already
        const begun = this.#begun;
        this.#begun = '';
        return this.#hole({ type: 'number', space: spaced && begun === '', begun, ...bounds });
      }
      case 'object':
        this.fixed(`${lead}{`);
        for (const [i, [name, one]] of node.properties.entries()) {
          this.fixed(`${i > 0 ? ', ' : ''}${JSON.stringify(name)}:`);
          await this.value(one, depth + 1, true);
        }
        return this.fixed('}');
      case 'map':
        return this.#map(node.values, depth, lead);
      case 'array':
        return this.#array(node, depth, lead);
      case 'any':
        return this.#any(node, depth, spaced);
    }
  }
  #begun = '';
  async #map(values: Node, depth: number, lead: string): Promise<void> {
    this.fixed(`${lead}{`);
    for (let count = 0; count < 16; count++) {
      const ends = this.#left < RESERVE || depth >= DEEP;
      const more = count === 0 ? '"' : ', "';
      if (ends || (await this.decide([more, '}'])) === '}') return ends ? this.fixed('}') : undefined;
      await this.string(1, KEY_CHARACTERS);
      this.fixed('":');
      await this.value(values, depth + 1, true);
    }
    this.fixed('}');
  }
  async #array({ items, least, most }: Extract<Node, { kind: 'array' }>, depth: number, lead: string): Promise<void> {
    this.fixed(`${lead}[`);
    const ends = (): boolean => this.#left < RESERVE || depth >= DEEP;
    if (most === 0) return this.fixed(']');
    if (least === 0 && hasOpening(items)) {
      if (ends()) return this.fixed(']');
      const [opening = ''] = openingsOf(items);
      if ((await this.decide([opening, ']'])) === ']') return;
      this.#skip += opening.length;
    }
    for (let count = 1; ; count++) {
      await this.value(items, depth + 1, count > 1);
      if (count >= most || (count >= least && ends())) return this.fixed(']');
      if (count < least) this.fixed(',');
      else if ((await this.decide([',', ']'])) === ']') return;
    }
  }
  async #any({ branches }: Extract<Node, { kind: 'any' }>, depth: number, spaced: boolean): Promise<void> {
    const lead = spaced ? ' ' : '';
    // where it is deep, only what ends at once
    const flat =
      depth >= DEEP
        ? branches.filter(({ kind }) => kind === 'texts' || kind === 'string' || kind === 'number')
        : branches;
    const offered = flat.length > 0 ? flat : branches;
    const openings = offered.flatMap((node) => openingsOf(node).map((text) => ({ node, text: lead + text })));
    const chosen = await this.decide(openings.map(({ text }) => text));
    const { node } = openings.find(({ text }) => text === chosen) ?? { node: offered[0] as Node };
    if (node.kind === 'texts') return;
    if (node.kind === 'number') this.#begun = chosen.trim();
    else this.#skip += chosen.length;
    await this.value(node, depth, spaced);
  }
}

/** JSON of a schema. Stopped by its caller, or where the context is full, it is what was written until then. */
export async function writeStructured(
  api: Api,
  ticket: Ticket,
  asked: Asked,
  hear: Hearing,
  steps: (writer: StructuredWriter) => Promise<void>,
): Promise<Structured> {
  const writer = new StructuredWriter(api, ticket, asked, hear);
  let reason: Written['reason'] = 'end';
  try {
    await steps(writer);
    await writer.flush();
  } catch (thrown) {
    if (!(thrown instanceof Stopped)) throw thrown;
    reason = (thrown as Stopped & { reason: Written['reason'] }).reason;
  }
  return { text: writer.text, reason, tokens: writer.tokens, counts: writer.counts };
}
