/**
 * The trace format: a generation's events as compact deltas, replayable without a model. docs/formats.md describes every byte. A trace
 * lies in parts (one a commit); the parts make one stream, read in order.
 */
export { committedTokens, eventsUpTo, roundEvent } from './events.ts';
export { isSealed, MOST_INFLATED, sealTrace } from './format.ts';
export { readTrace } from './reader.ts';
export { TraceWriter } from './writer.ts';
