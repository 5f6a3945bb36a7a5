/**
 * What an engine can do with the model it has loaded. Writing a reply as text is what every engine can; whatever needs more asks
 * here, and is absent where it is not there: nothing is invented.
 */
import * as v from 'valibot';
import { failure } from './result.ts';

export const capabilitiesSchema = v.object({
  /** Committed tokens carry ids of the model's vocabulary. A reply can be gone on with, branched from and kept in part. */
  tokenIds: v.boolean(),
  /** Committed tokens and slots carry probabilities: confidence, weak spots. */
  probabilities: v.boolean(),
  /** Changes of the canvas are sent: `frame` events. */
  frames: v.boolean(),
  /** A reply can be gone on with by its text (`goesOn`), whoever wrote it. */
  resume: v.boolean(),
  /** One seed gives one reply. */
  seeded: v.boolean(),
  /** Spans of a finished reply can be rewritten. */
  fill: v.boolean(),
  /** The prompt can be counted before it is sent. */
  preview: v.boolean(),
  /** How far a reply agrees with the causal head can be counted. */
  agreement: v.boolean(),
  /** Parts of a reply can be fixed beforehand. */
  layout: v.boolean(),
});
export type Capabilities = v.InferOutput<typeof capabilitiesSchema>;
export type Capability = keyof Capabilities;
/** What is asked of an engine's status here. */
type Status = { state: string; capabilities?: Capabilities | undefined };

/** Those of an engine that runs the model itself. */
export const allCapabilities: Capabilities = {
  tokenIds: true,
  probabilities: true,
  frames: true,
  resume: true,
  seeded: true,
  fill: true,
  preview: true,
  agreement: true,
  layout: true,
};

/** Of an engine as it is now; one that is not ready yet is thought able to do all, so that nothing goes from a window for a moment. */
export const capabilitiesOf = (status: Status): Capabilities =>
  status.state === 'ready' ? (status.capabilities ?? allCapabilities) : allCapabilities;

/** @throws bad-request where an engine that is ready can't do it */
export function needs(status: Status, capability: NeededCapability): void {
  if (!capabilitiesOf(status)[capability]) throw failure(`capability.${capability}`);
}
/** What may be asked of an engine that lacks it: each has its words. */
export type NeededCapability = 'fill' | 'tokenIds' | 'layout' | 'seeded' | 'preview' | 'resume';
