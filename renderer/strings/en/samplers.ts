/** Samplers and their parameters, by their names in the registry. */

/** Words for samplers and their parameters, by their names in the registry; what has none here shows the registry's own. */
type SamplerWords = Record<
  string,
  { name: string; hint: string; params: Record<string, { label: string; hint: string }> }
>;

export const samplers: SamplerWords = {
  speculative: {
    name: 'Exact',
    hint: 'Drafts several tokens and verifies them: the text of one token at a time, faster.',
    params: {
      draftLength: {
        label: 'Draft length',
        hint: 'Tokens drafted ahead and verified in one forward. It changes the speed, never the reply.',
      },
      canvasLength: {
        label: 'Canvas',
        hint: 'Slots of the block that you see forming. Faint words are what the drafter expects there so far. The reply is the same; 0 shows the drafts alone and is a little quicker.',
      },
    },
  },
  'typical-acceptance': {
    name: 'Drafter',
    hint: 'A small drafter writes each block; the model keeps what it finds plausible.',
    params: {
      blockLength: { label: 'Block length', hint: 'Slots that the drafter writes at once.' },
      ratio: {
        label: 'Acceptance ratio',
        hint: 'A drafted word stays when it is at least this likely beside the model’s own first choice. Higher is slower and more careful.',
      },
    },
  },
  'corrected-threshold': {
    name: 'Canvas',
    hint: 'The model denoises each block itself, which is slower and shows more.',
    params: {
      blockLength: {
        label: 'Block length',
        hint: 'Slots denoised together. Longer blocks can be faster, and rougher.',
      },
      threshold: {
        label: 'Threshold',
        hint: 'A slot is unmasked once the model is this sure of it. Higher is slower and more careful.',
      },
    },
  },
  autoregressive: { name: 'One by one', hint: 'One token a forward.', params: {} },
};
