/** A race: several replies to one question, asked for together, with one seed. */
import type { Conversation, Message } from '../contract/conversations.ts';
import type { Handlers } from '../contract/index.ts';
import type { ChosenSettings } from '../contract/presets.ts';
import type { raceChannels } from '../contract/race.ts';

export interface RaceOptions {
  /** Refuses what cannot be replied to now. */
  check: (conversationId: string, parentId: string) => void;
  /** @throws MezzotintError for a model that can't answer here */
  checkModel: (model: string | undefined) => void;
  /** Stores one reply and puts it in the queue. */
  reply: (conversationId: string, parentId: string, settings: ChosenSettings, model?: string) => Message;
  /** Makes a reply the branch shown. */
  show: (conversationId: string, messageId: string) => Conversation;
  randomSeed: () => number;
}

export const createRaceHandlers = ({
  check,
  checkModel,
  reply,
  show,
  randomSeed,
}: RaceOptions): Pick<Handlers, keyof typeof raceChannels> => ({
  'chat.race': ({ conversationId, parentId, lanes, models = [], show: shown }) => {
    for (const model of models) checkModel(model ?? undefined);
    check(conversationId, parentId);
    const seed = lanes[0]?.sampling?.seed ?? randomSeed();
    const replies = lanes.map((settings, lane) =>
      reply(
        conversationId,
        parentId,
        { ...settings, sampling: { ...settings.sampling, seed } },
        models[lane] ?? undefined,
      ),
    );
    const first = replies[Math.min(shown, replies.length - 1)] as Message;
    return { conversation: show(conversationId, first.id), replies };
  },
});
