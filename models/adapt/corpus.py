"""Stored conversations: reading, filtering, the held-out split and batches that resume exactly.

A corpus is one or more .npz files with `tokens` [n, width] uint16 (65535 pads) and `roles` [n, width] uint8
(0 template, 1 answer, 2 question), as data.py writes them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blocks import ANSWER, PAD

GRAIN = 128  # lengths are rounded up to a multiple of this, so that few shapes occur


@dataclass(frozen=True)
class Conversation:
    tokens: np.ndarray  # [length] int64
    roles: np.ndarray  # [length] uint8
    key: str  # hash of the tokens: the same conversation has the same key in every file

    def padded(self) -> int:
        return -(-len(self.tokens) // GRAIN) * GRAIN


def distinct_trigrams(tokens: np.ndarray) -> float:
    """Share of a text's trigrams that are distinct; 1 for texts shorter than three tokens."""
    if len(tokens) < 3:
        return 1.0
    grams = np.lib.stride_tricks.sliding_window_view(tokens, 3)
    return len(np.unique(grams, axis=0)) / len(grams)


def read(paths: list[Path], least_distinct: float = 0.8) -> list[Conversation]:
    """Conversations whose answers repeat little, each once. A file that lists kinds was filtered when it was made.
    ValueError names a file of another kind."""
    found: dict[str, Conversation] = {}
    for path in paths:
        with np.load(path) as file:
            if "tokens" not in file or "roles" not in file:
                raise ValueError(f"{path.name} holds no conversations: tokens and roles are missing")
            tokens, roles = file["tokens"], file["roles"]
            filtered = "kinds" in file  # by data.py, which knows that code repeats itself rightly
        for t, r in zip(tokens, roles, strict=True):
            length = int((t != PAD).sum())
            t, r = t[:length].astype(np.int64), r[:length]
            answers = t[r == ANSWER]
            if len(answers) and (filtered or distinct_trigrams(answers) > least_distinct):
                key = hashlib.sha256(t.astype("<u2").tobytes()).hexdigest()[:16]
                found.setdefault(key, Conversation(t, r, key))
    return list(found.values())


def split(conversations: list[Conversation], held_out: int) -> tuple[list[Conversation], list[Conversation]]:
    """(training, held out): the held-out ones have the smallest keys, so adding data moves few across."""
    ordered = sorted(conversations, key=lambda c: c.key)
    return ordered[held_out:], ordered[:held_out]


def epoch_batches(conversations: list[Conversation], size: int, seed: int, epoch: int) -> list[list[int]]:
    """An epoch's batches of indices, each of one padded length; a function of seed and epoch alone."""
    rng = np.random.default_rng([seed, 7, epoch])
    lengths = np.array([c.padded() for c in conversations])
    batches = []
    for length in np.unique(lengths):
        members = rng.permutation(np.flatnonzero(lengths == length))
        batches += [members[i : i + size].tolist() for i in range(0, len(members) - size + 1, size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def pad_to(values: np.ndarray, length: int, fill: int) -> np.ndarray:
    return np.concatenate([values, np.full(length - len(values), fill, values.dtype)])
