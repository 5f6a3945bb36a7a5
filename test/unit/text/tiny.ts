import { loadTokenizer, type Tokenizer } from '../../../core/text/tokenizer.ts';
import { tokenizerFromGguf, type TokenizerJson } from '../../../core/text/tokenizer-json.ts';

/** GPT-2's spelling of each byte, in order of the bytes. */
export const byteSpelling: string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, b) =>
    String.fromCharCode((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : next++),
  );
})();
export const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const merges = ['Ġ h', 'h e', 'Ġh e', 'l l', 'Ċ Ċ'];

/** A tokenizer of three special tokens, the bytes that `has` admits, and a few merges. */
export function tinyMetadata(has: (byte: number) => boolean = () => true): Record<string, unknown> {
  const tokens = [...specials, ...byteSpelling.filter((_, b) => has(b)), ...merges.map((m) => m.replace(' ', ''))];
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': tokens.map((t) => (specials.includes(t) ? 3 : 1)),
    'tokenizer.ggml.merges': merges,
  };
}
/** As a pack stores it: through JSON text. */
export const tinyTokenizer = (has?: (byte: number) => boolean): Tokenizer =>
  loadTokenizer(JSON.parse(JSON.stringify(tokenizerFromGguf(tinyMetadata(has)))) as TokenizerJson);

export const chatTemplate =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
