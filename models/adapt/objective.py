"""What the adapter is trained on: the base's own distribution and hidden state at each wanted position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from adapter import Adapter, CanvasPass
from base import Base
from blocks import Noise, Window, draw, windows
from corpus import Conversation, pad_to
from generate import likeliest

WRONG = 8  # a wrong token is one of so many likeliest
CHUNK = 128  # rows of the vocabulary head at a time: the float32 logits stay near the cache


class SoftCrossEntropy(torch.autograd.Function):
    """Weighted sum of cross-entropies against sparse distributions, through the tied head.

    The gradient for the hidden rows is made in the forward, chunk by chunk, so that the logits of a chunk
    are the only thing of the vocabulary's size ever held.
    """

    @staticmethod
    def forward(ctx, hidden, head, ids, probabilities, weight):
        total = torch.zeros((), device=hidden.device)
        gradient = torch.empty_like(hidden)
        for at in range(0, len(hidden), CHUNK):
            here = slice(at, at + CHUNK)
            logits = (hidden[here] @ head.T).float()
            lse = logits.logsumexp(-1, keepdim=True)
            losses = lse[:, 0] - (logits.gather(1, ids[here]) * probabilities[here]).sum(-1)
            total += (losses * weight[here]).sum()
            logits.sub_(lse).exp_().scatter_add_(1, ids[here], -probabilities[here])
            gradient[here] = (logits * weight[here, None]).to(hidden.dtype) @ head
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx, upstream):
        (gradient,) = ctx.saved_tensors
        return gradient * upstream.to(gradient.dtype), None, None, None, None


@torch.no_grad()
def teacher(base: Base, hidden: torch.Tensor, k: int = 32, temperature: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """The k likeliest next tokens by the base's head for rows [W, hidden]: ids [W, k] and probabilities that sum to 1."""
    ids, probabilities = [], []
    for part in hidden.split(CHUNK):
        values, at = likeliest(part @ base.embedding.T, k)
        ids.append(at)
        probabilities.append((values.float() / temperature).softmax(-1))
    return torch.cat(ids), torch.cat(probabilities)


@torch.no_grad()
def expected_embeddings(base: Base, hidden: torch.Tensor) -> torch.Tensor:
    """The mean embedding of what rows [W, hidden] predict: float32 [W, hidden]."""
    parts = []
    for part in hidden.split(CHUNK):
        ids, probabilities = teacher(base, part)
        parts.append(torch.einsum("wk,wkh->wh", probabilities, F.embedding(ids, base.embedding).float()))
    return torch.cat(parts)


def rows_before(clean: torch.Tensor, positions: torch.Tensor, copy: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
    """The base's rows [W, hidden] that predict the tokens of these slots. clean: [M, L, hidden]; positions: [N, R]."""
    return clean[copy % len(clean), positions[copy, row].sub(1).clamp(min=0)]


@torch.no_grad()
def hints(base: Base, clean: torch.Tensor, hidden: torch.Tensor, masked, positions, first) -> torch.Tensor:
    """What an earlier pass expected in each masked slot: float32 [N, R, hidden], zero elsewhere.

    clean: [M, L, hidden], the base's rows; hidden: [N, R, hidden], the earlier pass's; first: [N, R] bool, a block's first
    slot, whose token the clean row before it predicts. Other slots' tokens are predicted by the canvas row before.
    """
    copy, row = masked.nonzero(as_tuple=True)
    by = torch.where(first[copy, row, None], rows_before(clean, positions, copy, row), hidden[copy, row.sub(1).clamp(min=0)])
    out = torch.zeros(hidden.shape, device=hidden.device)
    out[copy, row] = expected_embeddings(base, by)
    return out


@torch.no_grad()
def mistaken(base: Base, clean: torch.Tensor, batch: Batch) -> torch.Tensor:
    """The batch's tokens [N, R], with another of the base's eight likeliest where a slot is to show a wrong one."""
    copy, row = batch.wrong.nonzero(as_tuple=True)
    ids, _ = teacher(base, rows_before(clean, batch.positions, copy, row), WRONG)
    order = (ids == batch.tokens[copy, row, None]).int().argsort(dim=-1, stable=True)  # the right one, if there, to the end
    tokens = batch.tokens.clone()
    tokens[copy, row] = ids.gather(-1, order).gather(-1, batch.pick[copy, row, None])[:, 0]
    return tokens


@dataclass
class Batch:
    """Tensors of one step. N = 2·S noised copies: copy c of conversation s is entry c·S + s."""

    clean: torch.Tensor  # [S, L]
    tokens: torch.Tensor  # [N, R]
    masked: torch.Tensor  # [N, R]
    wrong: torch.Tensor  # [N, R]
    pick: torch.Tensor  # [N, R], which wrong token: 0 … WRONG − 2
    first: torch.Tensor  # [N, R], a block's first slot
    positions: torch.Tensor  # [N, R]
    weight: torch.Tensor  # [N, R]
    windows: list[Window]  # of the S conversations


def make_batch(
    items: list[Conversation], noise: Noise, rng: np.random.Generator, device: torch.device, window: int = 96
) -> Batch:
    """All items share one padded length L; a canvas has 3/4·L rows a copy, attending `window` at a time (0: all)."""
    length = items[0].padded()
    rows = length * 3 // 4
    clean = np.stack([pad_to(c.tokens, length, 0) for c in items])
    drawn = [draw(pad_to(c.roles, length, 0), rows, noise, rng) for c in items]
    both = [0, 1]
    stack = {
        "clean": clean,
        "tokens": np.stack([clean[s][d.positions] for _ in both for s, d in enumerate(drawn)]),
        "masked": np.stack([d.masked[c] for c in both for d in drawn]),
        "wrong": np.stack([d.wrong[c] for c in both for d in drawn]),
        "first": np.stack([np.diff(d.block, prepend=-1) != 0 for _ in both for d in drawn]),
        "positions": np.stack([d.positions for _ in both for d in drawn]),
        "weight": np.stack([d.weight[c] for c in both for d in drawn]),
    }
    shape = stack["wrong"].shape
    stack["pick"] = rng.integers(0, WRONG - 1, shape) if noise.wrong > 0 else np.zeros(shape, np.int64)
    cut = windows(np.stack([d.positions for d in drawn]), np.stack([d.block for d in drawn]), length, window or rows)
    return Batch(**{k: torch.from_numpy(v).to(device) for k, v in stack.items()}, windows=cut)


def loss(base: Base, canvas: CanvasPass, adapter: Adapter, batch: Batch, alignment: float, temperature: float = 1.0, twice: bool = False):
    """(loss, cross-entropy, 1 - cosine): weighted means over the wanted rows; only the first has a gradient.

    temperature: of the base's distribution; twice: masked slots are given what a first pass expected in them.
    """
    cache, clean = base.clean(batch.clean)
    tokens = mistaken(base, clean, batch) if bool(batch.wrong.any()) else batch.tokens
    rows = (cache, tokens, batch.masked, batch.positions, batch.windows)
    hint = None
    if twice:
        with torch.no_grad():
            hint = hints(base, clean, canvas(adapter, *rows), batch.masked, batch.positions, batch.first)
    hidden = canvas(adapter, *rows, hint)
    copy, row = batch.weight.nonzero(as_tuple=True)
    weight = batch.weight[copy, row]
    weight = weight / weight.sum()
    sequences, length = batch.clean.shape
    # Rows of both copies often stand at the same position: the teacher looks at each once.
    key = (copy % sequences) * length + batch.positions[copy, row]
    unique, inverse = key.unique(return_inverse=True)
    target = clean.flatten(0, 1)[unique]
    ids, probabilities = teacher(base, target, temperature=temperature)
    wanted = hidden[copy, row]
    ce = SoftCrossEntropy.apply(wanted, base.embedding, ids[inverse], probabilities[inverse], weight)
    apart = ((1 - F.cosine_similarity(wanted.float(), target[inverse].float(), dim=-1)) * weight).sum()
    return ce + alignment * apart, ce.detach(), apart.detach()
