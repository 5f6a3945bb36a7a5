/** A short soak: `npm run soak` is the long one. */
import { expect, it } from 'vitest';
import { soak } from '../soak/main.ts';

it('ten kills while replying, importing, migrating and backing up lose nothing', async () => {
  const outcome = await soak({ kills: 10, seed: 7, real: false, say: () => undefined });
  expect(outcome).toMatchObject({ lost_messages: 0, lost_blocks: 0, corrupt: 0 });
  expect(outcome.kills).toBeGreaterThanOrEqual(10);
  expect(outcome.blocks_told).toBeGreaterThan(0);
  expect(outcome.conversations_told).toBeGreaterThan(0);
}, 180_000);
