"""The diffusion adapter: what canvas rows add to the frozen base, and the canvas pass.

Canvas rows alone carry it: y = W·x + B·(A·x) on packed qkv, o, packed gate-up and down, offsets added to
the RMSNorm gains, and one embedding for every masked slot. Context rows use none of it, so their results
are exactly the base's. Prediction is shifted: the row at position i predicts token i+1.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file

from base import Base, Shape, rms_norm, rotate, split_qkv, swiglu
from blocks import Window

PROJECTIONS = ("qkv", "o", "gate_up", "down")


def projection_sizes(s: Shape) -> dict[str, tuple[int, int]]:
    """[out, in] of each adapted projection."""
    return {
        "qkv": (s.qkv, s.hidden),
        "o": (s.hidden, s.heads * s.head_dim),
        "gate_up": (2 * s.ff, s.hidden),
        "down": (s.hidden, s.ff),
    }


class Adapter:
    """Float32 master weights by name; the names are those of the exported file. A layer's projection that has no
    factors among them is the base's own on canvas rows too."""

    def __init__(self, tensors: dict[str, torch.Tensor], shape: Shape):
        self.shape = shape
        self.tensors = tensors
        self.adapted = tuple((i, p) for i in range(shape.layers) for p in PROJECTIONS if f"layers.{i}.{p}.A" in tensors)
        if not self.adapted:
            raise ValueError("no projection is adapted: there is no layers.N.*.A")
        self.rank = tensors["layers.{}.{}.A".format(*self.adapted[0])].shape[0]

    @classmethod
    def fresh(cls, base: Base, rank: int, seed: int, projections: Sequence[str] = PROJECTIONS) -> Adapter:
        """An adapter that changes nothing yet: B is zero, the mask embedding is the mean of all words."""
        generator = torch.Generator().manual_seed(seed)
        s = base.shape
        tensors = {
            "mask_embedding": base.embedding.float().mean(0).cpu(),
            "final_norm_offset": torch.zeros(s.hidden),
        }
        for i in range(s.layers):
            for name in projections:
                out, inner = projection_sizes(s)[name]
                a = torch.randn(rank, inner, generator=generator) / inner**0.5
                tensors[f"layers.{i}.{name}.A"] = a
                tensors[f"layers.{i}.{name}.B"] = torch.zeros(out, rank)
            for norm in ("norm1_offset", "norm2_offset"):
                tensors[f"layers.{i}.{norm}"] = torch.zeros(s.hidden)
        return cls({k: v.to(base.device) for k, v in sorted(tensors.items())}, s)

    @classmethod
    def load(cls, path: Path, base: Base) -> Adapter:
        """Reads safetensors of any float type. ValueError names the first tensor that doesn't fit the base."""
        with safe_open(str(path), "pt") as file:
            tensors = {k: file.get_tensor(k).float().to(base.device) for k in sorted(file.keys())}
        read = cls(tensors, base.shape)
        expected = cls.fresh(base, read.rank, 0).tensors
        factors = {f"layers.{i}.{p}.{side}" for i, p in read.adapted for side in "AB"}
        expected = {k: v for k, v in expected.items() if k in factors or not k.endswith((".A", ".B"))}
        for name, tensor in expected.items():
            if name not in tensors or tensors[name].shape != tensor.shape:
                raise ValueError(f"{path.name} doesn't fit this base: {name} should be {list(tensor.shape)}")
        return read

    def save(self, path: Path, metadata: dict[str, str]) -> None:
        """Writes fp16 safetensors; a reader sees either the old file or the whole new one."""
        part = path.with_name(path.name + ".part")
        half = {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in self.tensors.items()}
        save_file(half, str(part), metadata)
        part.chmod(0o644)  # the writer makes it private; a pack is for everyone
        os.replace(part, path)

    def parameters(self) -> list[torch.Tensor]:
        return list(self.tensors.values())

    def conditioned(self) -> Adapter:
        """With a place for a hint in masked slots, unused at first: [hidden] factors, one for each number of it."""
        tensors = {"condition": torch.zeros_like(self.tensors["mask_embedding"])} | self.tensors
        return Adapter(tensors, self.shape)

    def train(self) -> Adapter:
        for t in self.tensors.values():
            t.requires_grad_(True)
        return self


def read_metadata(path: Path) -> dict[str, str]:
    with safe_open(str(path), "pt") as file:
        return file.metadata() or {}


def write_json(path: Path, value: object) -> None:
    """Atomic, for files that others poll."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1) + "\n")
    os.replace(part, path)


def adapted(x: torch.Tensor, w: torch.Tensor, factors: tuple[torch.Tensor, torch.Tensor] | None) -> torch.Tensor:
    y = F.linear(x, w)
    return y if factors is None else y + F.linear(F.linear(x, factors[0]), factors[1])


def canvas_layer(x, cos, sin, past_k, past_v, views, base_weights, adapter_weights, s: Shape):
    """One layer over canvas rows. x: float32 [N, R, hidden]; views: see CanvasPass.views."""
    w_qkv, w_o, w_gate_up, w_down, g1, g2 = base_weights
    qkv, o, gate_up, down, offset1, offset2 = adapter_weights
    n = x.shape[0]
    h = rms_norm(x, g1 + offset1, s.eps)
    q, k, v = split_qkv(adapted(h, w_qkv, qkv), s)
    q, k = rotate(q, cos, sin), rotate(k, cos, sin)
    copies = n // past_k.shape[0]
    parts = []
    for rows, clean, own, bias in views:
        keys = torch.cat([past_k[:, :, :clean].repeat(copies, 1, 1, 1), k[:, :, own]], 2)
        values = torch.cat([past_v[:, :, :clean].repeat(copies, 1, 1, 1), v[:, :, own]], 2)
        # Query groups fold into the sequence, so keys and values are not repeated for each head.
        folded = q[:, :, rows].reshape(n, s.kv_heads, -1, s.head_dim)
        a = F.scaled_dot_product_attention(folded, keys, values, attn_mask=bias)
        parts.append(a.reshape(n, s.heads, -1, s.head_dim).transpose(1, 2).flatten(2))
    a = torch.cat(parts, 1)
    x = x + adapted(a, w_o, o)
    h = rms_norm(x, g2 + offset2, s.eps)
    return x + adapted(swiglu(adapted(h, w_gate_up, gate_up)), w_down, down)


class CanvasPass:
    """The pass over canvas rows, with gradient where the adapter's tensors want one."""

    def __init__(self, base: Base, compiled: bool = False):
        self.base = base
        self.layer = torch.compile(canvas_layer, dynamic=False) if compiled else canvas_layer

    def views(self, windows: list[Window], copies: int) -> list[tuple]:
        """Windows as the layers use them: (rows, clean, own, additive bias [N, 1, groups·rows, keys])."""
        views = []
        for w in windows:
            seen = torch.from_numpy(w.visible).to(self.base.device)
            bias = torch.zeros(seen.shape, dtype=torch.bfloat16, device=seen.device).masked_fill_(~seen, float("-inf"))
            views.append((w.rows, w.clean, w.own, bias.repeat(copies, self.base.shape.groups, 1)[:, None]))
        return views

    def __call__(
        self, adapter: Adapter, cache, tokens, masked, positions, windows: list[Window], hint: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Last hidden state after the final norm, [N, R, hidden] in bfloat16.

        cache: per layer (k, v), each [M, kv_heads, L, d] where N is a multiple of M (copy c of sequence s is
        entry c·M + s); tokens, positions: [N, R] int64; masked: [N, R] bool, where the slot shows the mask;
        windows: of the M sequences; all copies share them; hint: float32 [N, R, hidden], what an adapter with a
        `condition` adds, weighed by it, to the mask embedding of a masked slot.
        """
        base, s, t = self.base, self.base.shape, adapter.tensors
        n = tokens.shape[0]
        low = {k: (v if "norm" in k else v.to(torch.bfloat16)) for k, v in t.items()}
        x = F.embedding(tokens, base.embedding).float()
        grain = t["mask_embedding"] if hint is None else t["mask_embedding"] + t["condition"] * hint
        x = torch.where(masked[..., None], grain, x)
        cos, sin = base.cos[positions][:, None], base.sin[positions][:, None]
        views = self.views(windows, n // cache[0][0].shape[0])
        for i, (layer, (k, v)) in enumerate(zip(base.layers, cache, strict=True)):
            p = f"layers.{i}."
            x = self.layer(
                x,
                cos,
                sin,
                k,
                v,
                views,
                (layer.qkv, layer.o, layer.gate_up, layer.down, layer.norm1, layer.norm2),
                tuple((low[p + f"{name}.A"], low[p + f"{name}.B"]) if p + f"{name}.A" in low else None for name in PROJECTIONS)
                + (low[p + "norm1_offset"], low[p + "norm2_offset"]),
                s,
            )
        return rms_norm(x, base.final_norm + t["final_norm_offset"], s.eps)
