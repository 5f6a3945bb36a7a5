/** A checkpoint as its authors publish it, whatever its form: config, tensors by rows, tokenizer, chat template. */
import type { Config } from '../model/families/config.ts';
import type { Identity } from '../model/families/family.ts';
import type { TokenizerJson } from '../text/tokenizer-json.ts';

export interface TensorInfo {
  /** Of the file: BF16, F32, Q4_K … */
  type: string;
  /** Outermost first. */
  shape: readonly number[];
}

export interface CheckpointText {
  tokenizer: TokenizerJson;
  /** null: the checkpoint carries none. */
  chatTemplate: string | null;
  /** Texts of the tokens that the template calls bos_token and eos_token; '' for none. */
  bos: string;
  eos: string;
  /** Ids that the checkpoint says end a turn or a text. */
  ends: number[];
  /** The mask token, where the checkpoint names it. */
  mask: number | null;
  /** Ids that stand in the vocabulary and have no text (a GGUF's unused ones). */
  unused: number[];
}

export interface CheckpointReader {
  readonly identity: Identity;
  /** A file or folder, without its path. */
  readonly name: string;
  readonly path: string;
  readonly config: Config;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Types of tensors that can be read. */
  readonly types: readonly string[];
  /** Absolute paths of the files it consists of. */
  readonly files: readonly string[];
  /** Names by which its repository may be known. */
  readonly repositories: readonly string[];
  /** SPDX identifier or what the checkpoint calls its licence; 'unknown' where it says nothing. */
  readonly licence: { spdx: string; text: string | null };
  readonly title: string;
  /**
   * `count` rows of a matrix from row `from` on, in the file's own type. The bytes hold until the next call.
   * @throws MezzotintError `file-invalid` where the file ends before
   */
  rows(tensor: string, from: number, count: number): Uint8Array;
  /** Rows as float32. */
  floats(tensor: string, from: number, count: number): Float32Array;
  /** @throws MezzotintError for a tokenizer that this version can't read */
  text(): CheckpointText;
  close(): void;
}

/** Rows of a tensor; a vector is one row. */
export const rowsOf = ({ shape }: TensorInfo): number =>
  shape.length < 2 ? 1 : shape.slice(0, -1).reduce((a, b) => a * b, 1);
export const columnsOf = ({ shape }: TensorInfo): number => shape.at(-1) ?? 1;
