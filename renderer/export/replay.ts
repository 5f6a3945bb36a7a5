/** A replay as a file: a page that plays it by itself, or its trace, one event a line. docs/formats.md has the formats. Pure. */
import type { GenerationSummary } from '../../core/contract/conversations.ts';
import { slotStateSchema, type GenerationEvent } from '../../core/contract/generation.ts';
import type { Timeline } from '../state/inspector/timeline.ts';
import { drawnOf } from '../state/reply/reply.ts';
import { stepWords } from '../state/inspector/step-words.ts';
import { t } from '../strings.ts';
import style from './player.css?raw';
import script from './player.js?raw';

export interface ReplaySource {
  /** The question it answers, '' where there is none. */
  question: string;
  text: string;
  generation: GenerationSummary | null;
  events: readonly GenerationEvent[];
  timeline: Timeline;
}

export const TRACE_FORMAT = 'mezzotint-trace';

/** A head line, then every event as it is stored. Ends in a line end. */
export function traceLines({ question, text, generation, events }: ReplaySource, exportedAt: number): string {
  const head = { format: TRACE_FORMAT, version: 1, exportedAt, question, text, generation };
  return [head, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The page has these names in its data: a state that is added here needs no change of the player. */
const STATES = slotStateSchema.options;
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
/** JSON that can stand in a script element: no sign ends it or opens a comment. */
const inert = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');

/** Each step: milliseconds, length of the committed text, slots (place of the state in `states`, text, probability), its words. */
export function replayData({ timeline }: Pick<ReplaySource, 'timeline'>): {
  text: string;
  states: readonly string[];
  steps: unknown[];
  words: { play: string; pause: string };
} {
  const steps = timeline.steps.map((step, i) => {
    const drawn = drawnOf(timeline.at(i));
    const slots = drawn.slots.map((slot) => [
      STATES.indexOf(slot.state),
      slot.text,
      slot.p === null ? null : Math.round(slot.p * 100) / 100,
    ]);
    return [Math.round(step.ms), drawn.text.length, slots, stepWords(timeline, i).join(' · ')];
  });
  return {
    text: timeline.length > 0 ? timeline.at(timeline.length - 1).text : '',
    states: STATES,
    steps,
    words: { play: t.steps.play, pause: t.steps.pause },
  };
}

/** One file, no request to anywhere: its own policy forbids them. */
export function replayPage(source: ReplaySource): string {
  const { question, generation } = source;
  const title = escaped(question.trim().slice(0, 80) || t.app);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${t.app}</title>
<style>
${style}</style>
</head>
<body>
<main>
<h1>${escaped(question)}</h1>
<div id="reply"><span id="committed"></span><span id="canvas" aria-hidden="true"></span></div>
<footer>
<div><button id="play" type="button">${t.steps.play}</button><input id="slider" type="range" min="0" step="1" aria-label="${t.steps.slider}"><select id="speed" aria-label="${t.steps.speed}"><option value="0.5">½×</option><option value="1" selected>1×</option><option value="2">2×</option><option value="4">4×</option></select></div>
<p id="caption"></p>
<p>${escaped([generation?.pack?.name, generation && t.modes[generation.mode], t.app].filter(Boolean).join(' · '))}</p>
</footer>
</main>
<script type="application/json" id="replay">${inert(replayData(source))}</script>
<script>
${script}</script>
</body>
</html>
`;
}

/** A name for the file, from the question's first words. */
export const replayName = (question: string, ending: 'html' | 'jsonl' | 'gif' | 'webm'): string =>
  `${
    question
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 48) || 'reply'
  }.${ending}`;
