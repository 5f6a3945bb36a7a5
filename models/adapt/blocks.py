"""Which blocks of a conversation become canvases, and what is masked in them. Pure functions over NumPy.

A block of B slots stands at positions n..n+B-1 and follows the known context, whose last row is n-1.
The context row n-1 predicts token n; the canvas row n+j-1 predicts token n+j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ANSWER = 1  # roles of a stored conversation: 0 template, 1 answer, 2 question
PAD = 65535


@dataclass(frozen=True)
class Noise:
    """How canvases are drawn."""

    lengths: tuple[int, ...] = (4, 8, 16)
    shares: tuple[float, ...] = (0.4, 0.45, 0.15)
    full: float = 0.35  # share of blocks that are wholly masked in their first copy
    hole: float = 0.0  # share of long blocks (16 or more) with one hidden run, both its ends shown: infilling
    wrong: float = 0.0  # share of revealed slots that show another likely token: to be corrected
    kept: float = 0.3  # weight, where some are wrong, of a row whose next slot shows the right token
    decay: float = 0.85  # weight of a wholly masked block's row j is max(decay**j, floor)
    floor: float = 0.3


@dataclass
class Canvas:
    """Two complementary noised copies of one conversation's blocks, each padded to R rows.

    positions, block: [R], shared by both copies (block -1 pads); masked, wrong, weight: [2, R]. wrong: a revealed
    slot that shows another token than the text's. weight is that of the row's prediction, the token at position + 1;
    zero where it isn't wanted.
    """

    positions: np.ndarray
    block: np.ndarray
    masked: np.ndarray
    wrong: np.ndarray
    weight: np.ndarray


def answer_spans(roles: np.ndarray) -> list[tuple[int, int]]:
    """Maximal runs [start, end) of answer tokens; the end-of-turn token belongs to its answer."""
    edge = np.diff(np.concatenate([[0], (roles == ANSWER).astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1), strict=True))


def tile(roles: np.ndarray, noise: Noise, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Blocks (start, slots, end of their answer) that cover the answers from a random offset."""
    blocks = []
    for start, end in answer_spans(roles):
        lengths = rng.choice(noise.lengths, size=(end - start) // min(noise.lengths) + 1, p=noise.shares)
        n = start + int(rng.integers(0, lengths[0]))
        for size in lengths:
            if n + 1 >= end or n + size >= len(roles):
                break
            blocks.append((int(n), int(size), int(end)))
            n += size
    return blocks


def masks(size: int, noise: Noise, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What two copies of a block hide. Together they hide every slot, except that a wholly masked block's
    second copy shows a short beginning: what is seen once the context row has given the first tokens."""
    if rng.random() < noise.full:
        shown = min(1 + int(rng.geometric(0.5)) - 1 if rng.random() < 0.5 else 1, size - 1)
        second = np.arange(size) >= shown
        return np.ones(size, bool), second
    if size >= 16 and rng.random() < noise.hole:
        start = int(rng.integers(1, size // 2))
        first = (np.arange(size) >= start) & (np.arange(size) < start + int(rng.integers(2, size - start)))
        return first, ~first
    first = rng.random(size) < rng.random()
    return first, ~first


def draw(roles: np.ndarray, rows: int, noise: Noise, rng: np.random.Generator) -> Canvas:
    """A canvas of exactly `rows` rows in rising positions; blocks that don't fit are left out at random."""
    blocks = tile(roles, noise, rng)
    kept, room = [], rows
    for index in rng.permutation(len(blocks)):
        if blocks[index][1] <= room:
            kept.append(index)
            room -= blocks[index][1]
    out = Canvas(
        np.zeros(rows, np.int64),
        np.full(rows, -1, np.int64),
        np.zeros((2, rows), bool),
        np.zeros((2, rows), bool),
        np.zeros((2, rows), np.float32),
    )
    at = 0
    for index in sorted(kept):
        start, size, end = blocks[index]
        here = slice(at, at + size)
        position = start + np.arange(size)
        out.positions[here] = position
        out.block[here] = index
        falling = np.maximum(noise.decay ** np.arange(size), noise.floor)
        for copy, mask in enumerate(masks(size, noise, rng)):
            mask = mask | (position >= end)  # past the answer nothing is ever revealed
            out.masked[copy, here] = mask
            whole = bool(mask.all())
            wanted = np.append(mask[1:], whole) & (position + 1 < end)
            out.weight[copy, here] = wanted * (falling if whole else 1.0)
            if noise.wrong > 0:
                wrong = ~mask & (rng.random(size) < noise.wrong)
                shown = np.append(~mask[1:], False)
                out.wrong[copy, here] = wrong
                out.weight[copy, here] += shown * np.where(np.append(wrong[1:], False), 1.0, noise.kept)
        at += size
    return out


def starts(positions: np.ndarray, block: np.ndarray) -> np.ndarray:
    """[R]: the first position of each row's block, -1 where the row pads."""
    start = np.full(len(positions), -1, np.int64)
    for b in np.unique(block[block >= 0]):
        start[block == b] = positions[block == b].min()
    return start


def visible(positions: np.ndarray, block: np.ndarray, length: int) -> np.ndarray:
    """[R, length + R] bool: a row sees clean tokens before its block, and its own block both ways.

    Rows that pad see themselves alone, which keeps their softmax finite.
    """
    rows, start = len(positions), starts(positions, block)
    seen = np.zeros((rows, length + rows), bool)
    seen[:, :length] = np.arange(length)[None] < start[:, None]
    seen[:, length:] = (block[:, None] == block[None]) & (block[:, None] >= 0)
    seen[np.arange(rows), length + np.arange(rows)] = True
    return seen


@dataclass(frozen=True)
class Window:
    """Rows that attend together, and the keys that any of them may see: the first `clean` positions of the
    clean copy, then the canvas rows `own`. visible: [S, rows, clean + own] bool."""

    rows: slice
    clean: int
    own: slice
    visible: np.ndarray


def windows(positions: np.ndarray, block: np.ndarray, length: int, rows: int = 96, reach: int = 32) -> list[Window]:
    """Cuts attention to what can be seen. positions, block: [S, R], rising; reach: the longest block, which a
    window's edge may cut. With `rows` of at least R there is one window over everything: fixed shapes."""
    count = positions.shape[1]
    seen = np.stack([visible(p, b, length) for p, b in zip(positions, block, strict=True)])
    if rows >= count:
        return [Window(slice(0, count), length, slice(0, count), seen)]
    cut = []
    for at in range(0, count, rows):
        here = slice(at, min(at + rows, count))
        own = slice(max(0, at - reach), min(at + rows + reach, count))
        clean = max(1, int(np.where(block[:, here] >= 0, positions[:, here], 0).max()))
        part = np.concatenate([seen[:, here, :clean], seen[:, here, length + own.start : length + own.stop]], axis=2)
        cut.append(Window(here, clean, own, part))
    return cut
