"""What integer products would cost in quality: schemes of 8-bit weights and activations, simulated in float32.

    python models/adapt/integers.py --gguf SmolLM2-135M-Instruct.Q4_1.gguf --data DIR

DIR holds token data as data.py writes it; its first conversations calibrate. Quality is taken on the parity texts
(test/fixtures/parity/context.json) against the source's own weights: equal top choices, and the mean KL divergence in nats.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F

from base import Base, load_base, rotate, split_qkv, swiglu

Key = tuple[int, str]
Linear = Callable[[torch.Tensor, Key], torch.Tensor]
PARITY = Path(__file__).parents[2] / "test/fixtures/parity/context.json"


def forward(base: Base, tokens: torch.Tensor, linear: Linear) -> torch.Tensor:
    """Causal logits of tokens [S, L] with every matrix product done by `linear`: [S, L, vocabulary]."""
    s = base.shape
    cos, sin = base.cos[: tokens.shape[1]], base.sin[: tokens.shape[1]]

    def norm(x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + s.eps) * gain

    x = F.embedding(tokens, base.embedding)
    for n, w in enumerate(base.layers):
        q, k, v = split_qkv(linear(norm(x, w.norm1), (n, "qkv")), s)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = k.repeat_interleave(s.groups, 1), v.repeat_interleave(s.groups, 1)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(a.transpose(1, 2).flatten(2), (n, "o"))
        x = x + linear(swiglu(linear(norm(x, w.norm2), (n, "gate_up"))), (n, "down"))
    return linear(norm(x, base.final_norm), (-1, "head"))


def matrices(base: Base) -> dict[Key, torch.Tensor]:
    found = {(n, name): getattr(w, name) for n, w in enumerate(base.layers) for name in ("qkv", "o", "gate_up", "down")}
    return {**found, (-1, "head"): base.embedding}


def in_blocks(w: torch.Tensor, block: int) -> torch.Tensor:
    """Weights [out, in] in 8 bits by blocks of a row, each with a scale and a zero point."""
    padded = F.pad(w, (0, -w.shape[1] % block)).reshape(w.shape[0], -1, block)
    low, high = padded.amin(-1, keepdim=True).clamp(max=0), padded.amax(-1, keepdim=True).clamp(min=0)
    scale = ((high - low) / 255).clamp(min=1e-12)
    zero = (-low / scale).round()
    stored = ((padded / scale).round() + zero).clamp(0, 255)
    return ((stored - zero) * scale).reshape(w.shape[0], -1)[:, : w.shape[1]]


def rows_in_blocks(x: torch.Tensor, block: int) -> torch.Tensor:
    """Activations as MatMulNBits takes them: int8 by blocks of a row."""
    width = x.shape[-1]
    padded = F.pad(x, (0, -width % block)).unflatten(-1, (-1, block))
    scale = (padded.abs().amax(-1, keepdim=True) / 127).clamp(min=1e-12)
    return ((padded / scale).round() * scale).flatten(-2)[..., :width]


def by_row(x: torch.Tensor, zero_point: bool) -> torch.Tensor:
    """A scale a row: of weights, a channel; of activations, a token. With a zero point the row's range need not be even."""
    if not zero_point:
        scale = (x.abs().amax(-1, keepdim=True) / 127).clamp(min=1e-12)
        return (x / scale).round() * scale
    high, low = x.amax(-1, keepdim=True).clamp(min=0), x.amin(-1, keepdim=True).clamp(max=0)
    scale = ((high - low) / 255).clamp(min=1e-12)
    zero = (-low / scale).round()
    return (((x / scale).round() + zero).clamp(0, 255) - zero) * scale


def calibrate(base: Base, weights: dict[Key, torch.Tensor], tokens: torch.Tensor, skip: int = 4) -> dict[Key, torch.Tensor]:
    """By matrix, what each channel of its input stays below, but for a thousandth. The first tokens hold outliers of their own."""
    found: dict[Key, torch.Tensor] = {}

    def linear(x: torch.Tensor, key: Key) -> torch.Tensor:
        seen = x[:, skip:].flatten(0, 1).abs()
        found[key] = seen.topk(max(1, seen.shape[0] // 1000), dim=0)[0][-1].clamp(min=1e-4)
        return F.linear(x, weights[key]) if key[1] != "head" else x

    forward(base, tokens, linear)
    return found


def blocks_scheme(weights: dict[Key, torch.Tensor], block: int) -> Linear:
    packed = {key: in_blocks(w, block) for key, w in weights.items()}
    return lambda x, key: F.linear(rows_in_blocks(x, block), packed[key])


def integer_scheme(
    weights: dict[Key, torch.Tensor],
    maxima: dict[Key, torch.Tensor],
    *,
    apart: int,
    kept: tuple[str, ...],
    zero_point: bool = False,
    smoothing: float = 0.5,
) -> Linear:
    """A scale a channel and a row; `apart` channels of largest activation in a group of their own; `kept` in blocks of 32."""
    packed = {}
    for key, w in weights.items():
        if key[1] in kept:
            packed[key] = in_blocks(w, 32)
            continue
        most = maxima[key]
        moved = most**smoothing / w.abs().amax(0).clamp(min=1e-5) ** (1 - smoothing)
        large = torch.zeros_like(most, dtype=torch.bool)
        large[most.argsort(descending=True)[:apart]] = True
        packed[key] = (moved, large, by_row(w * moved * large, False), by_row(w * moved * ~large, False))

    def linear(x: torch.Tensor, key: Key) -> torch.Tensor:
        if key[1] in kept:
            return F.linear(rows_in_blocks(x, 32), packed[key])
        moved, large, few, rest = packed[key]
        y = x / moved
        product = F.linear(by_row(y * ~large, zero_point), rest)
        return product if apart == 0 else product + F.linear(by_row(y * large, zero_point), few)

    return linear


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--conversations", type=int, default=16)
    args = parser.parse_args()
    base = load_base(args.gguf, dtype=torch.float32)
    weights = matrices(base)
    parts = sorted(args.data.glob("part-*.npz"))
    if not parts:
        raise SystemExit(f"{args.data} has no part-*.npz: write them with data.py")
    tokens = np.load(parts[-1])["tokens"][: args.conversations].astype(np.int64)[:, :256]
    maxima = calibrate(base, weights, torch.from_numpy(tokens))
    texts = [torch.tensor([ids]) for ids in json.loads(PARITY.read_text())["texts"]]
    truth = [forward(base, t, lambda x, key: F.linear(x, weights[key])).log_softmax(-1)[0] for t in texts]
    middle = ("down", "head")
    schemes: dict[str, Callable[[], Linear]] = {
        "blocks of 32 (what ships)": lambda: blocks_scheme(weights, 32),
        "blocks of 64": lambda: blocks_scheme(weights, 64),
        "blocks of 128": lambda: blocks_scheme(weights, 128),
        "integers": lambda: integer_scheme(weights, maxima, apart=0, kept=()),
        "integers, 32 channels apart": lambda: integer_scheme(weights, maxima, apart=32, kept=()),
        "the same, down and head in blocks": lambda: integer_scheme(weights, maxima, apart=32, kept=middle),
        "64 channels apart": lambda: integer_scheme(weights, maxima, apart=64, kept=middle),
        "64, smoothing 0.4": lambda: integer_scheme(weights, maxima, apart=64, kept=middle, smoothing=0.4),
        "64, zero points": lambda: integer_scheme(weights, maxima, apart=64, kept=middle, zero_point=True),
    }
    print(f"{'':36}{'top choice':>12}{'mean KL':>10}")
    for name, make in schemes.items():
        linear = make()
        equal = divergence = rows = 0.0
        for t, log_p in zip(texts, truth):
            log_q = forward(base, t, linear).log_softmax(-1)[0]
            equal += (log_q.argmax(-1) == log_p.argmax(-1)).sum().item()
            divergence += (log_p.exp() * (log_p - log_q)).sum().item()
            rows += len(log_p)
        print(f"{name:36}{100 * equal / rows:10.2f} %{divergence / rows:10.4f}", flush=True)


if __name__ == "__main__":
    main()
