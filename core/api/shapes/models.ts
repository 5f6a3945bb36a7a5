/** A model as OpenAI's clients list it. */
import type { PackInfo } from '../../contract/engine.ts';
import { capabilitiesOf } from '../../contract/capabilities.ts';
import { stopsOf } from '../../contract/speed-stops.ts';
import type { Api } from '../api.ts';

export function modelOf(api: Api, pack: PackInfo): Record<string, unknown> {
  const can = capabilitiesOf(api.status);
  return {
    id: pack.id,
    object: 'model',
    created: api.began,
    owned_by: 'mezzotint',
    name: pack.name,
    context_length: pack.contextLength,
    max_model_len: pack.contextLength,
    licence: pack.licence,
    supported_features: [
      ...(can.frames ? ['diffusion_states'] : []),
      ...(can.probabilities ? ['logprobs'] : []),
      ...(can.layout ? ['template', 'fim', 'json_schema', 'tools'] : []),
    ],
    supported_sampling_parameters: [
      'temperature',
      'top_p',
      'top_k',
      'repetition_penalty',
      'seed',
      'stop',
      'max_tokens',
      'max_completion_tokens',
    ],
    samplers: pack.samplers,
    speeds: stopsOf(pack),
  };
}
