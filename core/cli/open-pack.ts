/** Loaded once a model is verified: the engine's parts come with it. */
export { openPack } from '../engine/pack.ts';
