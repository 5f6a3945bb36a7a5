/** Lists of an asked length. Seeded counts and wording. */
import { Random } from '../random.ts';
import { ask, type Draft } from './types.ts';

const topics = [
  'animals that live in the sea',
  'vegetables that grow under the ground',
  'tools found in a shed',
  'jobs done outdoors',
  'things to see at a harbour',
  'games for a rainy afternoon',
  'musical instruments with strings',
  'kinds of weather',
  'objects on a desk',
  'birds of the forest',
  'European countries',
  'words that describe a friend',
  'hot drinks',
  'pieces of furniture',
  'sports played with a ball',
  'ways to save water at home',
  'reasons to read aloud to a child',
  'gifts for a gardener',
  'things to check before a long drive',
  'habits of a good listener',
  'uses for an empty jar',
  'topics for a school talk',
  'questions for a job interview',
  'steps for planting a tree',
];
const r = new Random(4103);
export const lists: Draft[] = [...topics, ...topics].map((topic, i) => {
  const count = i < topics.length ? r.between(3, 5) : r.between(6, 8);
  const style = (['any', 'numbered', 'bullets'] as const)[i % 3] as 'any' | 'numbered' | 'bullets';
  const how = {
    any: 'one on each line, without an introduction',
    numbered: 'as a numbered list',
    bullets: 'as a list with a dash before each',
  }[style];
  return {
    messages: ask(`Please list exactly ${count} ${topic}, ${how}. A few words each.`),
    maxTokens: 128,
    check: { kind: 'list', count, style },
  };
});
