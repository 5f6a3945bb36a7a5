/** Colours code in a worker, so that slow code never blocks the page. */
import { highlight, knownLanguage, linesOf, type Run } from './highlight.ts';

export interface ColourRequest {
  readonly id: number;
  readonly code: string;
  /** The info string of its fence. */
  readonly info: string;
}
export interface ColourAnswer {
  readonly id: number;
  /** Null: no language that is known. */
  readonly lines: readonly (readonly Run[])[] | null;
}

addEventListener('message', ({ data }: MessageEvent<ColourRequest>) => {
  const language = knownLanguage(data.info);
  const answer: ColourAnswer = {
    id: data.id,
    lines: language === null ? null : linesOf(highlight(data.code, language)),
  };
  postMessage(answer);
});
postMessage('ready');
