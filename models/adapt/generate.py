"""Self-distillation's engine: many conversations at once, one token each a step, both sides by the base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from base import END_OF_TURN, Base, rms_norm, rotate, split_qkv, swiglu
from blocks import ANSWER

QUESTION = 2
CHUNK = 128  # words of the vocabulary whose maximum stands for all of them


@dataclass(frozen=True)
class Sampling:
    """question and answer: (temperature, top-p)."""

    question: tuple[float, float] = (0.85, 0.95)
    answer: tuple[float, float] = (0.6, 0.9)
    penalty: float = 1.1  # repetition penalty over the last `memory` tokens; none inside code
    memory: int = 64
    candidates: int = 64
    question_limit: int = 120  # tokens; a longer question is ended


def likeliest(logits: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The k largest of [N, V] and their places, [N, k] falling. The k largest lie within the k chunks of the
    largest maxima, so only those are searched."""
    n, v = logits.shape
    if v % CHUNK or v // CHUNK <= k:
        return logits.topk(k)
    chunks = logits.view(n, -1, CHUNK)
    best = chunks.amax(-1).topk(k, sorted=False).indices
    values, at = chunks.gather(1, best[..., None].expand(-1, -1, CHUNK)).flatten(1).topk(k)
    return values, best.gather(1, at // CHUNK) * CHUNK + at % CHUNK


def choose(
    logits: torch.Tensor,
    temperature: torch.Tensor,
    top_p: torch.Tensor,
    penalty: torch.Tensor,
    recent: torch.Tensor,
    uniform: torch.Tensor,
    candidates: int,
) -> torch.Tensor:
    """One word a row. logits: [N, V] float32, changed in place; recent: [N, M] words to penalise;
    temperature, top_p, penalty, uniform in [0, 1): [N]."""
    old = logits.gather(1, recent)
    logits.scatter_(1, recent, torch.where(old > 0, old / penalty[:, None], old * penalty[:, None]))
    values, ids = likeliest(logits, candidates)
    p = (values / temperature[:, None]).softmax(-1)
    before = p.cumsum(-1) - p
    p = torch.where(before < top_p[:, None], p, 0.0)
    running = p.cumsum(-1)
    # uniform < 1, so the place found is always of a word that is kept
    place = (running <= uniform[:, None] * running[:, -1:]).sum(-1, keepdim=True).clamp_(max=candidates - 1)
    return ids.gather(1, place)[:, 0]


class Decoder:
    """One token a call for N rows at the same position, over a static cache."""

    def __init__(self, base: Base, rows: int, width: int):
        s = base.shape
        self.base = base
        self.cache = torch.zeros(s.layers, 2, rows, s.kv_heads, width, s.head_dim, dtype=torch.bfloat16, device=base.device)

    @torch.no_grad()
    def __call__(self, tokens: torch.Tensor, at: int) -> torch.Tensor:
        """tokens: [N] at position `at`; returns logits [N, vocab] in float32."""
        base, s = self.base, self.base.shape
        n = len(tokens)
        cos, sin = base.cos[at], base.sin[at]
        x = F.embedding(tokens, base.embedding).float()[:, None]
        for layer, (keys, values) in zip(base.layers, self.cache, strict=True):
            q, k, v = split_qkv(F.linear(rms_norm(x, layer.norm1, s.eps), layer.qkv), s)
            keys[:, :, at : at + 1], values[:, :, at : at + 1] = rotate(k, cos, sin), v
            q = rotate(q, cos, sin).reshape(n, s.kv_heads, s.groups, s.head_dim)
            a = F.scaled_dot_product_attention(q, keys[:, :, : at + 1], values[:, :, : at + 1])
            x = x + F.linear(a.reshape(n, 1, -1), layer.o)
            x = x + F.linear(swiglu(F.linear(rms_norm(x, layer.norm2, s.eps), layer.gate_up)), layer.down)
        return F.linear(rms_norm(x[:, 0], base.final_norm, s.eps), base.embedding).float()


@dataclass(frozen=True)
class Script:
    """The template's pieces as tokens. `before`: up to the first question; `to_answer` and `to_question` follow
    an end of turn."""

    before: list[int]
    to_answer: list[int]
    to_question: list[int]
    fences: frozenset[int]


def converse(
    base: Base, script: Script, openings: list[list[int]], code: list[bool], width: int, sampling: Sampling, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """len(openings) conversations of exactly `width` tokens: tokens and roles [N, width].

    An opening begins the first question; later turns begin with nothing given. The last turn is cut by width.
    """
    rng = np.random.default_rng(seed)
    n = len(openings)
    tokens = np.zeros((n, width), np.int64)
    roles = np.zeros((n, width), np.uint8)
    forced: list[list[tuple[int, int]]] = [
        [(t, 0) for t in script.before] + [(t, QUESTION) for t in o] for o in openings
    ]
    side = np.full(n, QUESTION, np.uint8)
    length = np.array([len(o) for o in openings])
    fenced = np.array([sum(t in script.fences for t in o) % 2 == 1 for o in openings])
    always = np.array(code)
    decoder = Decoder(base, n, width)
    device = base.device
    sampled: np.ndarray | None = None
    for at in range(width):
        for row in range(n):
            if forced[row]:
                tokens[row, at], roles[row, at] = forced[row].pop(0)
                continue
            token = int(sampled[row])
            if side[row] == QUESTION and length[row] >= sampling.question_limit:
                token = END_OF_TURN
            tokens[row, at], roles[row, at] = token, side[row]
            length[row] += 1
            if token in script.fences:
                fenced[row] = not fenced[row]
            if token == END_OF_TURN:
                piece = script.to_answer if side[row] == QUESTION else script.to_question
                forced[row] = [(t, 0) for t in piece]
                side[row] = ANSWER if side[row] == QUESTION else QUESTION
                length[row], fenced[row] = 0, False
        if at + 1 == width:
            break
        logits = decoder(torch.from_numpy(tokens[:, at]).to(device), at)
        if all(forced):
            continue
        asking = side == QUESTION
        settings = np.where(asking[:, None], sampling.question, sampling.answer)
        penalty = np.where(fenced | (always & ~asking), 1.0, sampling.penalty)
        recent = tokens[:, max(0, at + 1 - sampling.memory) : at + 1]
        # The end of turn stands in every recent window; a penalty on it would make replies run on.
        recent = np.where(recent == END_OF_TURN, tokens[:, :1], recent)
        columns = (settings[:, 0], settings[:, 1], penalty, rng.random(n))
        sampled = (
            choose(
                logits,
                *(torch.from_numpy(c).float().to(device) for c in columns[:3]),
                torch.from_numpy(recent).to(device),
                torch.from_numpy(columns[3]).float().to(device),
                sampling.candidates,
            )
            .cpu()
            .numpy()
        )
    return tokens, roles
