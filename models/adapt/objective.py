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
def teacher(base: Base, hidden: torch.Tensor, k: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """The base's k likeliest next tokens for clean rows [W, hidden]: ids [W, k] and probabilities that sum to 1."""
    ids, probabilities = [], []
    for part in hidden.split(CHUNK):
        values, at = likeliest(part @ base.embedding.T, k)
        ids.append(at)
        probabilities.append(values.float().softmax(-1))
    return torch.cat(ids), torch.cat(probabilities)


@dataclass
class Batch:
    """Tensors of one step. N = 2·S noised copies: copy c of conversation s is entry c·S + s."""

    clean: torch.Tensor  # [S, L]
    tokens: torch.Tensor  # [N, R]
    masked: torch.Tensor  # [N, R]
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
        "positions": np.stack([d.positions for _ in both for d in drawn]),
        "weight": np.stack([d.weight[c] for c in both for d in drawn]),
    }
    cut = windows(np.stack([d.positions for d in drawn]), np.stack([d.block for d in drawn]), length, window or rows)
    return Batch(**{k: torch.from_numpy(v).to(device) for k, v in stack.items()}, windows=cut)


def loss(base: Base, canvas: CanvasPass, adapter: Adapter, batch: Batch, alignment: float):
    """(loss, cross-entropy, 1 - cosine): weighted means over the wanted rows; only the first has a gradient."""
    cache, clean = base.clean(batch.clean)
    hidden = canvas(adapter, cache, batch.tokens, batch.masked, batch.positions, batch.windows)
    copy, row = batch.weight.nonzero(as_tuple=True)
    weight = batch.weight[copy, row]
    weight = weight / weight.sum()
    sequences, length = batch.clean.shape
    # Rows of both copies often stand at the same position: the teacher looks at each once.
    key = (copy % sequences) * length + batch.positions[copy, row]
    unique, inverse = key.unique(return_inverse=True)
    target = clean.flatten(0, 1)[unique]
    ids, probabilities = teacher(base, target)
    wanted = hidden[copy, row]
    ce = SoftCrossEntropy.apply(wanted, base.embedding, ids[inverse], probabilities[inverse], weight)
    apart = ((1 - F.cosine_similarity(wanted.float(), target[inverse].float(), dim=-1)) * weight).sum()
    return ce + alignment * apart, ce.detach(), apart.detach()
