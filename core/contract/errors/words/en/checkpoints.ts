/** Errors of checkpoints and their import, in English. */
import { wordsOf } from '../../kinds.ts';
import type { checkpointsErrors } from '../../table/checkpoints.ts';

export const checkpoints = wordsOf<typeof checkpointsErrors>()({
  'adapter.none': [
    'This is no adapter: it updates none of these in any layer: {projections}. Nothing was written.',
    'Choose a file that models/adapt/train.py wrote.',
  ],
  'adapter.rank': [
    "The adapter's rank is {rank}; it must be a multiple of {block}. Nothing was written.",
    'Train it with such a rank.',
  ],
  'adapter.shape': [
    "The adapter's {name} is [{has}]; this model needs [{needs}]. Nothing was written.",
    'Use an adapter that was trained on this model.',
  ],
  'drafter.no-sizes': [
    'The drafter has no valid sizes: {reason}. Nothing was written.',
    'Use a drafter that was trained on this model.',
  ],
  'drafter.too-deep': [
    'The drafter reads the model after layer {layer}; this model has {layers}. Nothing was written.',
    'Use a drafter that was trained on this model.',
  ],
  'drafter.words': [
    "The drafter needs more than {least} different words, ids of this model's vocabulary. Nothing was written.",
    'Use a drafter that was trained on this model.',
  ],
  'drafter.shape': [
    'The drafter holds {name} as [{has}]; this model needs [{needs}]. Nothing was written.',
    'Use a drafter that was trained on this model.',
  ],
  'drafter.rows': [
    'The drafter holds {name} in rows of {columns} numbers, not a multiple of {block}. Nothing was written.',
    'Use a drafter that was trained on this model.',
  ],
  'folder.not-json': [
    '{name} is not readable JSON. Nothing was written.',
    'Get the file again; its download may have been cut short.',
  ],
  'folder.names-no-safetensors': [
    '{index} names {name}, which is no safetensors file of this folder. Nothing was written.',
    'Get the folder again.',
  ],
  'folder.file-missing': [
    'The file {name} is missing from the folder. Nothing was written.',
    'Get the missing file, and import again.',
  ],
  'folder.no-weight-map': ['{index} has no weight_map. Nothing was written.', 'Get the file again.'],
  'folder.tensor-elsewhere': [
    '{index} says that {tensor} lies in {name}, but it does not. Nothing was written.',
    'Get the folder again.',
  ],
  'folder.no-config': [
    'The folder {folder} has no config.json. Nothing was written.',
    'Choose the folder of a model in the form that transformers saves, or a GGUF file.',
  ],
  'folder.no-tokenizer-model': [
    'tokenizer.json has no model, or no list of added tokens. Nothing was written.',
    'Get the file again.',
  ],
  'checkpoint.no-tensor': [
    'The checkpoint has no tensor {tensor}. Nothing was written.',
    'Use a complete checkpoint of a supported family.',
  ],
  'checkpoint.tensor-type': [
    "Tensor {tensor} is of type {type}, which can't be read. Nothing was written.",
    'Use a checkpoint in one of these: {known}.',
  ],
  'gguf.type': [
    "Tensors of type {type} can't be imported. Nothing was written.",
    'Use a GGUF in one of these: {known}.',
  ],
  'gguf.size': [
    'A {type} tensor has {has#byte#bytes}, not a multiple of {block}. Nothing was written.',
    'Get the file again.',
  ],
  'gguf.cut': [
    'The GGUF ends inside tensor {tensor}. Nothing was written.',
    'Get the file again; its download was cut short.',
  ],
  'gguf.part-missing': [
    '{part} is missing beside {name}. Nothing was written.',
    'Get the missing part, and import again.',
  ],
  'gguf.unreadable': [
    '{name} is not a readable GGUF file. Nothing was written.',
    'Get the file again; its download may have been cut short.',
  ],
  'gguf.no-end': [
    "The GGUF's metadata has no number tokenizer.ggml.eos_token_id. Nothing was written.",
    'Use a GGUF of a chat model.',
  ],
  'checkpoint.not-there': ['There is no file or folder {path}. Nothing was written.', 'Check the path.'],
  'preflight.vocabulary': [
    "The tokenizer knows {tokens#token#tokens}, but the model's table has {rows#row#rows}. Nothing was written.",
    'Get the tokenizer files of this very model.',
  ],
  'preflight.no-block-length': [
    'Nothing in this checkpoint tells its block length. Nothing was written.',
    'Say which recipe it is with --recipe.',
  ],
  'preflight.tensors-missing': [
    'The checkpoint {name} lacks these tensors: {tensors}. Nothing was written.',
    'Use a complete checkpoint of a supported family.',
  ],
  'preflight.more-tensors-missing': [
    'The checkpoint {name} lacks these tensors, and {more} more: {tensors}. Nothing was written.',
    'Use a complete checkpoint of a supported family.',
  ],
  'preflight.rows': [
    '{name} has rows of {columns} numbers, not a multiple of {block}. Nothing was written.',
    'Use another model.',
  ],
  'preflight.shape': [
    'Tensor {name} is [{has}]; the config calls for [{needs}]. Nothing was written.',
    'Get the checkpoint again, config and weights of one and the same model.',
  ],
  'preflight.tensor-type': [
    "Tensor {name} is of type {type}, which can't be imported. Nothing was written.",
    'Use a checkpoint in one of these: {known}.',
  ],
  'preflight.tensors-unused': [
    'The checkpoint has tensors that this version has no use for, so it would compute something else: {tensors}. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'preflight.more-tensors-unused': [
    'The checkpoint has tensors that this version has no use for, so it would compute something else: {tensors} and {more} more. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'preflight.factors': [
    'Tensor {name} has {has#factor#factors}; {needs} were expected. Nothing was written.',
    'Get the checkpoint again.',
  ],
  'preflight.no-template': [
    "{name} has no chat template: it may be a base model, which continues text and can't chat. Nothing was written.",
    'Use the instruct or chat version of the model, or give a template with --chat-template.',
  ],
  'preflight.template-fails': [
    "The chat template can't be rendered: {reason}. Nothing was written.",
    'Use a model with another chat template, or give one with --chat-template.',
  ],
  'preflight.no-end': [
    'Nothing in this checkpoint tells by which token a reply ends. Nothing was written.',
    'Use a checkpoint with its generation_config.json or tokenizer_config.json.',
  ],
  'preflight.mask-outside': [
    "The mask token is {mask}, but the model's table has {rows#row#rows}. Nothing was written.",
    'Get the checkpoint again.',
  ],
  'preflight.mask-unknown': [
    'Nothing in this checkpoint tells which token is its mask. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'preflight.no-mask-token': [
    'The vocabulary has no special token that could serve as the mask. Nothing was written.',
    'Use another model, or a newer version of the app.',
  ],
  'preflight.disk': [
    'The pack needs {needed}, but the disk has {free} free. Nothing was written.',
    'Make room, or choose another disk with --out.',
  ],
  'preflight.memory': [
    'Running this model takes about {needed} of memory; this machine has {has}. Nothing was written.',
    'Use a smaller model, or import it with --bits 4.',
  ],
  'preflight.memory-4-bits': [
    'Running this model takes about {needed} of memory; this machine has {has}. Nothing was written.',
    'Use a smaller model.',
  ],
  'vocabulary.no-tokenizer': [
    'The folder has no tokenizer.json, nor vocab.json with merges.txt. Nothing was written.',
    "Get the tokenizer files of the model; SentencePiece models alone can't be read.",
  ],
  'vocabulary.other-class': [
    'This version does not know how the tokenizer class {class} splits text. Nothing was written.',
    'Use a folder with tokenizer.json, or one of these: {known}.',
  ],
  'vocabulary.not-json': ['vocab.json is not readable JSON. Nothing was written.', 'Get the file again.'],
  'import.folder-taken': [
    'The folder {folder} holds other files. Nothing was written.',
    'Choose a new folder with --out.',
  ],
});
