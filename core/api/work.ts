/** The usual work: one reply of the engine, whose committed text is the answer. */
import type { CommittedToken, GenerationEvent } from '../contract/generation.ts';
import type { Api } from './api.ts';
import type { Work } from './reply.ts';
import { write, type Asked } from './run.ts';

/**
 * @param picks which tokens are the answer: of a fill, those that were not there before
 * @param before tokens of the same reply that stand already
 */
export const plainWork =
  (
    api: Api,
    asked: Asked,
    { picks = () => true, before = [] }: { picks?: (via: string) => boolean; before?: readonly CommittedToken[] } = {},
  ): Work =>
  async (ticket, hear) => {
    let text = '';
    const onEvent = (event: GenerationEvent): void => {
      hear.event(event);
      if (event.type !== 'blockCommitted') return;
      const chosen = event.tokens.filter(({ via }) => picks(via));
      const piece = chosen.map((token) => token.text).join('');
      text += piece;
      hear.delta({ text: piece, tokens: chosen });
    };
    const { reason, tokens, counts } = await write(api, ticket, asked, onEvent, before);
    return { text, reason, tokens: tokens.filter(({ via }) => picks(via)), counts };
  };
