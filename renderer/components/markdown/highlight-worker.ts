/** Colours code away from the page, so that code that takes long to colour holds nothing up. */
import { highlight, knownLanguage, linesOf, type Run } from './highlight.ts';

export interface ColourRequest {
  readonly id: number;
  readonly code: string;
  /** What stands after the fence's signs. */
  readonly info: string;
}
export interface ColourAnswer {
  readonly id: number;
  /** Null: no language that is known. */
  readonly lines: readonly (readonly Run[])[] | null;
}

addEventListener('message', ({ data }: MessageEvent<ColourRequest>) => {
  const language = knownLanguage(data.info);
  const answer: ColourAnswer = { id: data.id, lines: language === null ? null : linesOf(highlight(data.code, language)) };
  postMessage(answer);
});
postMessage('ready');
