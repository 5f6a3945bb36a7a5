/** The settings of a question from the command line: the model's defaults with what the flags say. */
import type { PackInfo } from '../contract/engine.ts';
import { failure } from '../contract/result.ts';
import { checkParams, modeOf, modesOf, paramFromText, type Mode, type SamplerInfo } from '../contract/samplers.ts';
import {
  normalise,
  samplerOfMode,
  withoutGuesses,
  type FlatSettings,
  type GenerationSettings,
  type SamplerChoice,
} from '../contract/settings.ts';
import { speedOf } from '../contract/speed-stops.ts';
import type { AskArgs } from './ask-args.ts';

/** @throws MezzotintError `bad-request` for a mode, sampler, speed or parameter that the model does not have */
export function settingsOf(
  pack: Pick<PackInfo, 'name' | 'samplers' | 'defaults'>,
  {
    settings: flags,
    sampler,
    speed,
    params,
  }: Pick<AskArgs, 'settings' | 'sampler' | 'params'> & Partial<Pick<AskArgs, 'speed'>>,
): GenerationSettings {
  const { temperature, topP, topK, repetitionPenalty, seed, maxTokens, stop, loopGuard } = flags;
  const given = <T extends object>(part: T): Partial<T> =>
    Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Partial<T>;
  const { defaults, samplers } = pack;
  return normalise(
    {
      sampling: { ...defaults.sampling, ...given({ temperature, topP, topK, repetitionPenalty, seed }) },
      sampler: chosen(pack, samplerFor(pack, flags, sampler, speed), params),
      ending: { ...defaults.ending, ...given({ maxTokens, stop, loopGuard }) },
    },
    samplers,
  );
}

function samplerFor(
  pack: Pick<PackInfo, 'name' | 'samplers' | 'defaults'>,
  flags: Partial<FlatSettings>,
  sampler: string | undefined,
  speed: string | undefined,
): SamplerChoice {
  const own = sampler === undefined ? undefined : named(pack, sampler);
  // nobody looks at the block as it forms, unless --canvas-length says so
  if (speed === undefined) return withoutGuesses(own ?? byMode(pack, flags), pack.samplers);
  const found = speedOf(pack, speed, sampler);
  if (found.sampler) return found.sampler;
  const of = sampler ?? pack.name;
  const { offered } = found;
  throw offered.length > 0
    ? failure('cli.no-such-speed', { of, speed, offered })
    : failure('cli.no-speeds', { of, speed });
}

const infoOf = (samplers: readonly SamplerInfo[], id: string): SamplerInfo | undefined =>
  samplers.find((one) => one.id === id);

function named(
  { name, samplers, defaults }: Pick<PackInfo, 'name' | 'samplers' | 'defaults'>,
  id: string,
): SamplerChoice {
  if (!infoOf(samplers, id))
    throw failure('cli.no-such-sampler', { model: name, sampler: id, offered: samplers.map((one) => one.id) });
  return id === defaults.sampler.id ? defaults.sampler : { id, params: {} };
}

/** The sampler of a mode. A block longer than the drafter writes is denoised on the model's own canvas. */
function byMode(
  { name, samplers, defaults }: Pick<PackInfo, 'name' | 'samplers' | 'defaults'>,
  { mode: asked, blockLength, threshold, draftLength }: Partial<FlatSettings>,
): SamplerChoice {
  const mode: Mode = asked ?? modeOf(defaults.sampler.id, samplers);
  const first = mode === modeOf(defaults.sampler.id, samplers) ? defaults.sampler : samplerOfMode(mode, samplers);
  if (!first) throw failure('cli.no-such-mode', { model: name, mode, offered: modesOf(samplers) });
  const longest = infoOf(samplers, first.id)?.params.find(({ id }) => id === 'blockLength');
  const canvas =
    blockLength !== undefined && longest?.kind === 'integer' && blockLength > longest.max
      ? infoOf(samplers, 'corrected-threshold')
      : undefined;
  const id = canvas?.id ?? first.id;
  const numbers = {
    ...(blockLength === undefined ? {} : { blockLength }),
    ...(threshold === undefined ? {} : { [id === 'typical-acceptance' ? 'ratio' : 'threshold']: threshold }),
    ...(draftLength === undefined ? {} : { draftLength }),
  };
  return { id, params: { ...(canvas ? {} : first.params), ...numbers } };
}

/** @throws MezzotintError `bad-request` for a parameter that the sampler does not have, or a value that it can't take */
function chosen(
  { samplers }: Pick<PackInfo, 'samplers'>,
  { id, params }: SamplerChoice,
  typed: Readonly<Record<string, string>>,
): SamplerChoice {
  const info = infoOf(samplers, id);
  if (!info) return { id, params };
  const given = Object.fromEntries(
    Object.entries(typed).map(([name, value]) => {
      const param = info.params.find((one) => one.id === name);
      return [name, param ? paramFromText(param, value) : value];
    }),
  );
  checkParams(info, given);
  return { id, params: { ...params, ...given } };
}
