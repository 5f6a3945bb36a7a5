import type { Mode } from '../contract/generation.ts';
import { ArStepper } from './ar.ts';
import { ExactStepper } from './exact.ts';
import { DraftedFastStepper } from './fast-drafted.ts';
import { FastStepper } from './fast.ts';
import type { Stepper, StepperOptions } from './stepper.ts';

export function createStepper(mode: Mode, options: StepperOptions): Stepper {
  if (mode === 'exact') return new ExactStepper(options);
  if (mode === 'fast' && options.drafter) return new DraftedFastStepper(options);
  if (mode === 'fast') return new FastStepper(options);
  return new ArStepper(options);
}
