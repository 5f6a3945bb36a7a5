/** Errors of packs, tokenizers, chat templates and families, in English. */
import { wordsOf } from '../../kinds.ts';
import type { modelErrors } from '../../table/model.ts';

export const model = wordsOf<typeof modelErrors>()({
  'pack.no-manifest': [
    "The model's folder {folder} has no manifest.json. Your conversations are safe.",
    'Install the app again, or import the model again.',
  ],
  'pack.manifest-not-json': [
    "The model's manifest.json is damaged: it is not JSON. Your conversations are safe.",
    'Install the app again, or import the model again.',
  ],
  'pack.newer-format': [
    "The model's manifest is of format {format}; this version reads formats 1 and 2.",
    'Update the app.',
  ],
  'pack.manifest-invalid': [
    "The model's manifest.json is not valid: {reason}. Your conversations are safe.",
    'Install the app again, or import the model again.',
  ],
  'pack.newer-graph': ["The model's graph was built by a newer version of the app.", 'Update the app.'],
  'pack.unknown-family': [
    'The model is of the family “{family}”, which this version does not know.',
    'Update the app.',
  ],
  'pack.file-missing': [
    "The model's file {name} is missing. Your conversations are safe.",
    'Install the app again, or import the model again.',
  ],
  'pack.file-elsewhere': [
    "The model's file {name} is a link to a place outside its folder.",
    'Install the app again, or import the model again.',
  ],
  'pack.file-size': [
    "The model's file {name} is damaged: it has {has#byte#bytes} instead of {expected}. Your conversations are safe.",
    'Install the app again, or import the model again.',
  ],
  'pack.file-differs': [
    "The model's file {name} is damaged: its contents differ from what the manifest says. Your conversations are safe.",
    'Install the app again, or import the model again.',
  ],
  'config.no-number': [
    '{where} has no number {keys}. Nothing was written.',
    'Use a complete checkpoint of a supported family.',
  ],
  'config.no-text': [
    '{where} has no text {key}. Nothing was written.',
    'Use a complete checkpoint of a supported family.',
  ],
  'config.not-a-number': [
    '{where} says {key}: {given}, where a number was expected. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'config.not-a-flag': [
    '{where} says {key}: {given}, where true or false was expected. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'config.not-an-object': [
    '{where} says {key}: {given}, where an object was expected. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'config.not-computed': [
    "{where} says {key}: {given}, and this version can't compute it. Nothing was written.",
    'Use another model, or a newer version of the app.',
  ],
  'config.not-computed-because': [
    '{where} says {key}: {given}, and {reason}. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'family.no-graph-gguf': [
    'The architecture “{architecture}” has no graph here yet. Nothing was written.',
    'Import a GGUF of one of these families: {known}.',
  ],
  'family.no-graph-folder': [
    'The architecture “{architecture}” has no graph here yet. Nothing was written.',
    'Import a model folder of one of these families: {known}.',
  ],
  'recipe.unknown': ['There is no recipe {recipe}. Nothing was written.', 'Give one of these: {known}.'],
  'recipe.other-family': [
    'The recipe {recipe} is for another family; this checkpoint is of the family {family}. Nothing was written.',
    'Give one of these: {known}.',
  ],
  'recipe.not-needed': [
    'The recipe {recipe} is for another family; this checkpoint is of the family {family}. Nothing was written.',
    'Leave --recipe out: this family needs none.',
  ],
  'recipe.several': [
    'Nothing in this checkpoint tells which of {kinds} kinds of {family} it is, and they are written differently. Nothing was written.',
    'Say which with --recipe: {recipes}.',
  ],
  'safetensors.too-short': [
    '{path} is not a readable safetensors file: it is shorter than its header.',
    'Get the file again.',
  ],
  'safetensors.header-cut': [
    '{path} is not a readable safetensors file: its header is cut off.',
    'Get the file again.',
  ],
  'safetensors.header-not-json': [
    '{path} is not a readable safetensors file: its header is not JSON.',
    'Get the file again.',
  ],
  'safetensors.tensor-outside': [
    '{path} is not a readable safetensors file: tensor {tensor} lies outside the file.',
    'Get the file again.',
  ],
  'safetensors.no-tensor': ['{path} has no tensor named {tensor}.', 'Get the file again, or choose another one.'],
  'safetensors.not-i32': [
    'Tensor {tensor} is of type {type}; I32 was expected.',
    'Get the file again, or choose another one.',
  ],
  'safetensors.tensor-cut': ['{path} ends inside tensor {tensor}.', 'Get the file again; its download was cut short.'],
  'safetensors.other-type': [
    'Tensor {tensor} is of type {type}; F32, F16 and BF16 are read.',
    'Use a file in one of these types.',
  ],
  'template.fixed-text-unwritable': [
    'The fixed text {text} has characters that this model cannot write. Nothing was sent.',
    'Take them out of the template.',
  ],
  'template.question-left-out': [
    'The chat template leaves out the question. Nothing was written.',
    'Use a model with another chat template.',
  ],
  'template.unreadable': [
    'The chat template of the model is not readable. Your conversations are safe.',
    'Verify or re-import the model.',
  ],
  'template.refuses': [
    "The model's chat template refuses these messages: {reason}. Nothing was sent.",
    'Change the messages, or choose another model.',
  ],
  'template.too-long': [
    "The last message needs {tokens#token#tokens} with its frame, but the model's context holds {context}, of which {reserve} are kept for the reply. Nothing was written.",
    'Shorten the message, or send it in parts.',
  ],
  'tokenizer.no-such-list': [
    'The file holds no usable {key}. Nothing was written.',
    'Use a GGUF file that carries its tokenizer.',
  ],
  'tokenizer.other-kind': [
    'This version cannot read the tokenizer “{kind}” with the pre-tokenizer “{pre}”. Nothing was written.',
    'Use a model with a SentencePiece BPE tokenizer (“llama”), or a byte-level one of these kinds: {known}.',
  ],
  'tokenizer.types-differ': [
    'The file names {tokens#token#tokens} but types for {types}. Nothing was written.',
    'Download the file again.',
  ],
  'tokenizer.scores-differ': [
    'The file names {tokens#token#tokens} but scores for {scores}. Nothing was written.',
    'Download the file again.',
  ],
  'tokenizer.no-byte': [
    'The tokenizer has no token {token}, so there is text that it can’t spell. Nothing was written.',
    'Use a model whose SentencePiece tokenizer has all 256 bytes.',
  ],
  'tokenizer.token-twice': [
    'The token {token} stands twice in the vocabulary. Nothing was written.',
    'Download the file again.',
  ],
  'tokenizer.other-model': [
    'The tokenizer uses the model type {type}, which this version cannot read.',
    'Use a newer version of the app, or another model.',
  ],
  'tokenizer.other-decoder': [
    'The tokenizer uses the decoder {type}, which this version cannot read.',
    'Use a newer version of the app, or another model.',
  ],
  'tokenizer.token-with-spaces': [
    'The tokenizer strips spaces around the special token {token}, which this version cannot do.',
    'Use a newer version of the app, or another model.',
  ],
  'tokenizer.incomplete': [
    'The tokenizer has no model or no pre-tokenizer, so this version cannot read it.',
    'Use a newer version of the app, or another model.',
  ],
  'tokenizer.unreadable': [
    'The tokenizer file of the model is not readable. Your conversations are safe.',
    'Verify or re-import the model.',
  ],
  'tokenizer.no-token': 'There is no token {token} in a vocabulary of {size}.',
});
