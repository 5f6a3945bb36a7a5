/** Ten of the kills of `npm run soak`: nothing that a client was told of is lost. */
import { expect, it } from 'vitest';
import { soak } from '../soak/soak.ts';

it('ten kills of the app and its engine, at work and while migrating, lose nothing', async () => {
  const said: string[] = [];
  const { kills, lost_messages, lost_blocks, corrupt, told } = await soak({ kills: 10, seed: 11, realEvery: 0, say: (line) => said.push(line) });
  expect({ kills, lost_messages, lost_blocks, corrupt, said }).toEqual({ kills: 10, lost_messages: 0, lost_blocks: 0, corrupt: 0, said: [] });
  expect(told.blocks).toBeGreaterThan(200);
});
