/** The parts of a tokenizer.json of the Hugging Face format that the app writes and reads. */

export interface AddedTokenJson {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

/** The parts of tokenizer.json the app writes and reads. `merges`: 'left right', the strongest first. */
export interface TokenizerJson {
  version: string;
  truncation: null;
  padding: null;
  added_tokens: AddedTokenJson[];
  normalizer: Readonly<Record<string, unknown>> | null;
  pre_tokenizer: Readonly<Record<string, unknown>> | null;
  post_processor: null;
  decoder: Readonly<Record<string, unknown>> & { type: string };
  model: {
    type: string;
    dropout: null;
    unk_token: string | null;
    continuing_subword_prefix: null;
    end_of_word_suffix: null;
    fuse_unk: boolean;
    byte_fallback: boolean;
    ignore_merges: boolean;
    vocab: Record<string, number>;
    merges: string[];
  };
}
