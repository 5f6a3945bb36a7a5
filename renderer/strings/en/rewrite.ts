/** The words of what a person does with the canvas: spans written again, templates, lengths, unsure words. */
const tokens = (n: number): string => `${n.toLocaleString('en')} ${n === 1 ? 'token' : 'tokens'}`;
const unsure = ({ shown, of }: { shown: number; of: number }): string =>
  shown < of ? `the ${shown} least sure of ${of} unsure words` : `${of} unsure ${of === 1 ? 'word' : 'words'}`;

export const rewrite = {
  rewrite: 'Rewrite words…',
  rewriteHint: 'Select words and let the model write them again; the rest stays',
  label: 'Rewrite words of this reply',
  text: 'The words of this reply; Shift and the arrow keys select',
  close: 'Close this view',
  hint: 'Select words with the mouse, or with Shift and the arrow keys.',
  selected: (n: number): string => `${tokens(n)} selected`,
  renoise: 'Rewrite',
  renoiseHint: 'Sink the selected words into grain and let others surface; what stands around them is kept',
  shorter: 'Fewer words',
  longer: 'More words',
  length: (more: number): string => (more === 0 ? 'same length' : more > 0 ? `+${more}` : `−${-more}`),
  vary: 'Vary',
  varyHint: 'Write the least sure words again: of the selection, or of the whole reply',
  share: 'Share of words to vary',
  percent: (share: number): string => `${Math.round(share * 100)} %`,
  rewriteUnsure: (n: { shown: number; of: number }): string =>
    n.of === 0 ? 'No unsure words' : `Rewrite ${unsure(n)}`,
  rewriteUnsureHint: 'Writes these words again, each time the likeliest, and shows what changes',
  unsureNote: unsure,
  unsureNoteHint:
    'Words the model was unsure of. Unsure is not wrong, and sure is not right. Opens them to be written again',
  right: {
    canvas:
      'What follows is seen too: by masked slots on one canvas with it, and by the causal head, which weighs every candidate with it.',
    score:
      'This model writes from left to right: what follows is only weighed, by how likely it stays after each candidate.',
  },
  working: 'finding other words',
  cancel: 'Stop',
  again: 'Again',
  reject: 'Keep the old',
  accept: 'Accept',
  acceptOf: (n: number): string => `Accept candidate ${n}`,
  candidates: 'Candidates',
  candidate: (n: number): string => `Candidate ${n}`,
  none: 'Nothing else was found for these words. Select more of them, or try again.',
  same: 'unchanged',
  before: 'As it is',
  likelihood: (span: number, rest: number): string => `${span.toFixed(2)} here · ${rest.toFixed(2)} after`,
  likelihoodHint: 'Mean log-likelihood in nats a token, by the causal head: nearer to 0 is likelier',
  removed: 'removed',
  added: 'added',
  makeLonger: 'Make it longer',
  makeLongerHint: 'Another reply that goes on where this one ended',
  makeShorter: 'Make it shorter',
  makeShorterHint: 'Another reply that closes after an earlier sentence',
  cannotShorten: 'This reply is one sentence: there is no earlier one to end with.',

  template: 'Template',
  templateHint: 'Write the reply’s skeleton: your words stay, the model fills the holes',
  templateLabel: 'Template of the reply',
  templatePlaceholder: 'Dear ___, thank you for ___. [2–3 sentences] Best, ___',
  templateHelp: '___ or [name] some words · [3 words] · [~20 words] · [2–3 sentences]',
  templateNone: 'It needs fixed words and at least one hole.',
  holes: (n: number): string => `${n} ${n === 1 ? 'hole' : 'holes'}`,
  holeOf: (hole: { min: number; max: number; sentences?: readonly [number, number] | undefined }): string =>
    hole.sentences
      ? hole.sentences[0] === hole.sentences[1]
        ? `${hole.sentences[0]} ${hole.sentences[0] === 1 ? 'sentence' : 'sentences'}`
        : `${hole.sentences[0]}–${hole.sentences[1]} sentences`
      : `${hole.min}–${hole.max} tokens`,

  lengthLabel: 'Length of the reply',
  lengths: { auto: 'any length', short: 'short', budget: 'budget' },
  lengthHints: {
    auto: 'The model ends when it is done.',
    short: 'A paragraph at most, ended with a sentence.',
    budget: 'As many tokens as you say, ended with a sentence near it.',
  },
  budget: 'Tokens',
  left: (n: number): string => `${n.toLocaleString('en')} left`,
  end: (p: number): string => `end here ${Math.round(p * 100)} %`,
};
