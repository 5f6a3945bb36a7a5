/** A pack with its sessions. */
import type { Pace } from '../samplers/pace.ts';
import { diffusionOf, ownSampler } from './diffuse.ts';
import type { DrafterSession } from './drafter.ts';
import type { LoopModel } from './loop-model.ts';
import type { Pack } from './pack.ts';
import type { ModelSession } from './session.ts';

export interface LoadedModel {
  pack: Pack;
  session: ModelSession;
  drafter: DrafterSession | null;
  pace: Pace;
}

/** As the loop sees it. */
export function modelOf({ pack, session, drafter, pace }: LoadedModel): LoopModel {
  const { manifest } = pack;
  return {
    forward: (rows, cache) => session.forward(rows, cache),
    tokenizer: pack.tokenizer,
    maskToken: manifest.diffusion.maskToken,
    endOfTurn: manifest.tokens.endOfTurn,
    suppressed: manifest.tokens.suppressed,
    contextLength: manifest.contextLength,
    ...(drafter ? { drafter } : {}),
    ...(ownSampler(manifest) ? { diffusion: diffusionOf(manifest) } : {}),
    samplers: pack.info.samplers,
    pace,
  };
}
