"""Thousands of conversations at once on a GPU: the whole step, template and sampling included, is one static graph.

What generate.py does for a few hundred on a CPU, without a loop over rows; openings, instructions and sampling differ
from row to row. Roles as there: 0 template, 1 answer, 2 question.
"""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F

from base import END_OF_TURN, MASK_TOKEN, Base, rms_norm, rotate, split_qkv, swiglu
from blocks import ANSWER
from generate import QUESTION, choose

QUESTION_LIMIT = 100
MEMORY = 128  # tokens that the repetition penalty looks back on
CANDIDATES = 48


class Crowd:
    """`rows` conversations of `width` tokens. `pieces`: begin [rows, P] padded with -1 (given tokens, the last
    `asked` [rows] of them belong to the question), to_answer and to_question token lists."""

    def __init__(self, base: Base, rows: int, width: int, step: int = 64, compiled: bool = True):
        s, device = base.shape, base.device
        self.base, self.rows, self.width, self.step = base, rows, width, step
        self.keys = torch.zeros(s.layers, rows, s.kv_heads, width, s.head_dim, dtype=torch.bfloat16, device=device)
        self.values = torch.zeros_like(self.keys)
        self.tokens = torch.zeros(rows, width + 1, dtype=torch.int64, device=device)
        self.roles = torch.zeros(rows, width + 1, dtype=torch.int64, device=device)
        self.at = torch.zeros(1, dtype=torch.int64, device=device)
        self.side = torch.zeros(rows, dtype=torch.int64, device=device)
        self.piece = torch.zeros(rows, dtype=torch.int64, device=device)  # 0 begin, 1 to answer, 2 to question, 3 none
        self.offset = torch.zeros(rows, dtype=torch.int64, device=device)
        self.length = torch.zeros(rows, dtype=torch.int64, device=device)
        self.graphs: dict[int, torch.cuda.CUDAGraph] = {}
        wrap = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self.before, self.after, self.choose = wrap(self._before), wrap(self._after), wrap(choose)

    def _before(self, x, cos, sin, norm1, qkv):
        """x: [N, 1, hidden] float32. Rotated queries [N, kv_heads, groups, d] and keys, values [N, kv_heads, 1, d]."""
        s = self.base.shape
        q, k, v = split_qkv(F.linear(rms_norm(x, norm1, s.eps), qkv), s)
        return rotate(q, cos, sin).reshape(-1, s.kv_heads, s.groups, s.head_dim), rotate(k, cos, sin), v.contiguous()

    def _after(self, x, a, o, norm2, gate_up, down):
        x = x + F.linear(a, o)
        return x + F.linear(swiglu(F.linear(rms_norm(x, norm2, self.base.shape.eps), gate_up)), down)

    def one(self, seen: int) -> None:
        """The token at `at` goes through the model; the next one is drawn or given. Only `seen` slots are attended."""
        base, s = self.base, self.base.shape
        cos, sin = base.cos[self.at], base.sin[self.at]
        x = F.embedding(self.tokens.gather(1, self.at.expand(self.rows, 1))[:, 0], base.embedding).float()[:, None]
        unseen = torch.where(torch.arange(seen, device=base.device) <= self.at, 0.0, float("-inf")).bfloat16()
        bias = unseen.expand(self.rows, s.kv_heads, s.groups, seen)
        for i, w in enumerate(base.layers):
            q, k, v = self.before(x, cos, sin, w.norm1, w.qkv)
            self.keys[i].index_copy_(2, self.at, k)
            self.values[i].index_copy_(2, self.at, v)
            a = F.scaled_dot_product_attention(q, self.keys[i, :, :, :seen], self.values[i, :, :, :seen], attn_mask=bias)
            x = self.after(x, a.reshape(self.rows, 1, -1), w.o, w.norm2, w.gate_up, w.down)
        logits = F.linear(rms_norm(x[:, 0], base.final_norm, s.eps), base.embedding).float()
        asking = self.side == QUESTION
        look = (self.at - MEMORY + 1 + torch.arange(MEMORY, device=base.device)).clamp_min(0).expand(self.rows, -1)
        recent = self.tokens.gather(1, look)
        # The end of turn stands in every recent window; a penalty on it would make replies run on.
        recent = torch.where(recent == END_OF_TURN, self.tokens[:, :1], recent)
        temperature = torch.where(asking, self.question_temperature, self.answer_temperature)
        top_p = torch.where(asking, 0.95, 0.9)
        penalty = torch.where(asking, 1.1, self.answer_penalty)
        self.uniform.uniform_()
        drawn = self.choose(logits, temperature, top_p, penalty, recent, self.uniform, CANDIDATES)
        drawn = torch.where(asking & (self.length >= QUESTION_LIMIT), END_OF_TURN, drawn)
        self.advance(drawn)

    def advance(self, drawn: torch.Tensor) -> None:
        given = self.pieces[torch.where(self.piece == 0, torch.arange(self.rows, device=drawn.device), self.rows + self.piece)]
        given = given.gather(1, self.offset[:, None].clamp_max(given.shape[1] - 1))[:, 0]
        forced = (self.piece < 3) & (given >= 0)
        token = torch.where(forced, given, drawn)
        opening = forced & (self.piece == 0) & (self.offset >= self.question_from)
        role = torch.where(opening, QUESTION, torch.where(forced, 0, self.side))
        self.at += 1
        self.tokens.scatter_(1, self.at.expand(self.rows, 1), token[:, None])
        self.roles.scatter_(1, self.at.expand(self.rows, 1), role[:, None])
        ended = ~forced & (token == END_OF_TURN)
        self.length.copy_(torch.where(ended, 0, torch.where(forced, self.length, self.length + 1)))
        self.piece.copy_(torch.where(ended, torch.where(self.side == QUESTION, 1, 2), torch.where(forced, self.piece, 3)))
        self.offset.copy_(torch.where(ended, 0, torch.where(forced, self.offset + 1, self.offset)))
        self.side.copy_(torch.where(ended, torch.where(self.side == QUESTION, ANSWER, QUESTION), self.side))

    @torch.no_grad()
    def converse(self, begin: list[list[int]], question_from: list[int], to_answer, to_question, answer_temperature, answer_penalty):
        """Runs all rows to `width`. begin: given tokens of each row; question_from: where in them the question begins;
        answer_temperature, answer_penalty: [rows]. Returns tokens and roles, int32 and uint8 [rows, width], on the device."""
        device, n = self.base.device, self.rows
        longest = max(len(b) for b in [*begin, to_answer, to_question]) + 1
        table = torch.full((n + 4, longest), -1, dtype=torch.int64)
        for i, b in enumerate(begin):
            table[i, : len(b)] = torch.tensor(b)
        table[n + 1, : len(to_answer)] = torch.tensor(to_answer)
        table[n + 2, : len(to_question)] = torch.tensor(to_question)
        state = {
            "pieces": table,
            "question_from": torch.tensor(question_from),
            "answer_temperature": torch.tensor(answer_temperature, dtype=torch.float32),
            "answer_penalty": torch.tensor(answer_penalty, dtype=torch.float32),
            "question_temperature": torch.full((n,), 0.85),
            "uniform": torch.zeros(n),
        }
        for name, value in state.items():
            if hasattr(self, name) and getattr(self, name).shape == value.shape:
                getattr(self, name).copy_(value)
            else:
                setattr(self, name, value.to(device))
                self.graphs.clear()
        self.at.zero_()
        self.tokens[:, 0] = table[:, 0][:n].to(device)
        self.roles[:, 0] = 0
        self.side.fill_(QUESTION)
        self.piece.zero_()
        self.offset.fill_(1)
        self.length.zero_()
        for position in range(self.width - 1):
            seen = min(self.width, (position // self.step + 1) * self.step)
            if device.type != "cuda":
                self.one(seen)
                continue
            if seen not in self.graphs:
                self.capture(seen)
            self.graphs[seen].replay()
        return self.tokens[:, : self.width].to(torch.int32), self.roles[:, : self.width].to(torch.uint8)

    def capture(self, seen: int) -> None:
        state = [t.clone() for t in self.changing()]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(2):
                self.one(seen)
        torch.cuda.current_stream().wait_stream(stream)
        for t, old in zip(self.changing(), state, strict=True):
            t.copy_(old)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.one(seen)
        for t, old in zip(self.changing(), state, strict=True):
            t.copy_(old)
        self.graphs[seen] = graph

    def changing(self) -> list[torch.Tensor]:
        return [self.at, self.tokens, self.roles, self.side, self.piece, self.offset, self.length]


def distinct_trigrams(tokens: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Share of the wanted trigrams of each row that are distinct; [N]. wanted: [N, L] bool, by the trigram's last token."""
    t = tokens.long()
    grams = (t[:, :-2] * 65536 + t[:, 1:-1]) * 65536 + t[:, 2:]
    count = wanted[:, 2:].sum(1)
    grams = torch.where(wanted[:, 2:], grams, -1).sort(1).values
    new = (grams[:, 1:] != grams[:, :-1]) & (grams[:, 1:] >= 0)
    distinct = new.sum(1) + (grams[:, 0] >= 0)
    return distinct / count.clamp_min(1)


def keep(tokens: torch.Tensor, roles: torch.Tensor, least: torch.Tensor) -> torch.Tensor:
    """Which rows are good: enough answer, few repeats, no token that chat never has. least: [N] share of distinct trigrams."""
    t, answer = tokens.long(), roles == ANSWER
    said = roles != 0
    special = (said & (t <= MASK_TOKEN) & (t != END_OF_TURN)).any(1)
    starts = said & torch.cat([torch.ones_like(said[:, :1]), roles[:, 1:] != roles[:, :-1]], 1)
    empty = (starts & (t == END_OF_TURN)).any(1)
    return (answer.sum(1) >= 48) & ~special & ~empty & (distinct_trigrams(t, answer) > least)


SYSTEMS = [  # (instructions, share); None: no system turn
    ("You are a helpful assistant. Answer in clear, correct English.", 0.6),
    ("You are a helpful AI assistant named SmolLM, trained by Hugging Face", 0.2),
    ("You are a helpful assistant. Keep answers short.", 0.1),
    (None, 0.1),
]


def make(base: Base, tokenizer, kinds: dict, batches: int, rows: int, width: int, seed: int, seconds: float, log=print):
    """Up to `batches` batches of conversations within `seconds`. Returns CPU tensors: tokens int32, roles uint8 [M, width]."""
    rng = np.random.default_rng([seed, 3])
    torch.manual_seed(seed)

    def ids(text: str) -> list[int]:
        return tokenizer.encode(text, add_special_tokens=False).ids

    names = list(kinds)
    shares = np.array([kinds[k][1] for k in names])
    user = ids("<|im_start|>user\n")
    systems = [(ids(f"<|im_start|>system\n{s}<|im_end|>\n") if s else [], p) for s, p in SYSTEMS]
    openings = {k: [ids(o) for o in kinds[k][0]] for k in names}
    crowd = Crowd(base, rows, width, compiled=base.device.type == "cuda")
    began = time.monotonic()
    made, tokens_out, roles_out = 0, [], []
    for batch in range(batches):
        drawn = rng.choice(len(names), size=rows, p=shares / shares.sum())
        code = np.array([kinds[names[k]][2] for k in drawn])
        begin, question_from = [], []
        for k in drawn:
            system = systems[rng.choice(len(systems), p=[p for _, p in systems])][0]
            choices = openings[names[k]]
            begin.append([*system, *user, *choices[int(rng.integers(len(choices)))]])
            question_from.append(len(system) + len(user))
        temperature = rng.choice([0.2, 0.3, 0.6, 0.8], size=rows, p=[0.4, 0.2, 0.25, 0.15])
        penalty = np.where(code, 1.0, rng.choice([1.0, 1.05, 1.1], size=rows, p=[0.15, 0.65, 0.2]))
        tokens, roles = crowd.converse(begin, question_from, ids("\n<|im_start|>assistant\n"), ids("\n<|im_start|>user\n"), temperature, penalty)
        good = keep(tokens, roles, torch.from_numpy(np.where(code, 0.5, 0.7)).to(base.device))
        tokens_out.append(tokens[good].cpu())
        roles_out.append(roles[good].cpu())
        made += rows
        took = time.monotonic() - began
        log(f"batch {batch}: kept {int(good.sum())} of {rows}, {made * width / took:.0f} tokens/s, {took:.0f} s")
        if took + took / (batch + 1) > seconds:
            break
    return torch.cat(tokens_out), torch.cat(roles_out)
