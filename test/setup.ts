/** Waiting is for a state, not for a time: a busy machine gets twenty seconds where vitest gives one. */
import { vi } from 'vitest';

const wait = vi.waitFor;
vi.waitFor = (callback, options) =>
  wait(callback, typeof options === 'number' ? options : { timeout: 20_000, ...options });

// engines of tests load at once: none measures this machine by itself
process.env['MEZZOTINT_MEASURE'] ??= 'asked';
