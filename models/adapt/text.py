"""The base's tokenizer, built from its GGUF, and its chat template's fixed pieces."""

from __future__ import annotations

from pathlib import Path

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SYSTEM = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
USER = "<|im_start|>user\n"
ASSISTANT = "<|im_start|>assistant\n"
CONTROL = 3  # the GGUF's token type of specials


def load_tokenizer(path: Path) -> Tokenizer:
    """Byte-level BPE, digits split one by one. ValueError for a GGUF with another tokenizer."""
    fields = GGUFReader(str(path)).fields
    if fields["tokenizer.ggml.pre"].contents() != "smollm":
        raise ValueError(f"{path.name} has another tokenizer than SmolLM's")
    words = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"].contents()]
    kinds = fields["tokenizer.ggml.token_type"].contents()
    tokenizer = Tokenizer(models.BPE({w: i for i, w in enumerate(words)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(w, special=True, normalized=False) for w, k in zip(words, kinds, strict=True) if k == CONTROL]
    )
    return tokenizer
