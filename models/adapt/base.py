"""The frozen base model: SmolLM2's weights read from a GGUF file, and its clean, token-causal pass.

Everything here is functional: weights are plain tensors, no module owns state, so the same layer
code serves the clean pass (no gradient) and the canvas pass (adapter.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from gguf import GGUFReader
from gguf.quants import dequantize

MASK_TOKEN = 16  # a code-corpus special that never occurs in chat; its own embedding is not used
END_OF_TURN = 2


@dataclass(frozen=True)
class Shape:
    """Sizes of a SmolLM2-family model, as its GGUF states them."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ff: int
    vocab: int
    rope_theta: float
    eps: float
    context: int

    @property
    def qkv(self) -> int:
        """Rows of the packed projection: q, then k, then v."""
        return (self.heads + 2 * self.kv_heads) * self.head_dim

    @property
    def groups(self) -> int:
        return self.heads // self.kv_heads


@dataclass
class Layer:
    """One layer's frozen weights, [out, in]; q and k rows stand in half-split rope order."""

    qkv: torch.Tensor
    o: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor
    norm1: torch.Tensor
    norm2: torch.Tensor


class Base:
    """The frozen base. `embedding` [vocab, hidden] is also the vocabulary head (tied)."""

    def __init__(self, shape: Shape, embedding: torch.Tensor, layers: list[Layer], final_norm: torch.Tensor):
        self.shape = shape
        self.embedding = embedding
        self.layers = layers
        self.final_norm = final_norm
        half = torch.arange(0, shape.head_dim, 2, dtype=torch.float64) / shape.head_dim
        angle = torch.outer(torch.arange(shape.context, dtype=torch.float64), shape.rope_theta**-half)
        angle = torch.cat([angle, angle], dim=-1)
        self.cos = angle.cos().float().to(embedding.device)
        self.sin = angle.sin().float().to(embedding.device)

    @property
    def device(self) -> torch.device:
        return self.embedding.device

    def clean(self, tokens: torch.Tensor) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor]:
        """The causal pass with base weights alone.

        tokens: [S, L] int64. Returns each layer's rotated keys and values, both [S, kv_heads, L, head_dim],
        and the last hidden state after the final norm, [S, L, hidden], in the weights' dtype.
        """
        cache, hidden, _ = self.tapped(tokens, ())
        return cache, hidden

    @torch.no_grad()
    def tapped(self, tokens: torch.Tensor, taps: tuple[int, ...], layer=None):
        """As `clean`, and the residual stream in bfloat16 after so many layers as each tap says, a list of [S, L, hidden].
        layer: clean_layer, compiled perhaps."""
        s, layer = self.shape, layer or clean_layer
        cos, sin = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]]
        x = F.embedding(tokens, self.embedding).float()
        cache, kept = [], []
        for i, w in enumerate(self.layers):
            x, k, v = layer(x, cos, sin, w.qkv, w.o, w.gate_up, w.down, w.norm1, w.norm2, s)
            cache.append((k, v))
            if i + 1 in taps:
                kept.append(x.bfloat16())
        return cache, rms_norm(x, self.final_norm, s.eps), kept


def clean_layer(x, cos, sin, qkv, o, gate_up, down, norm1, norm2, s: Shape):
    """One layer of the causal pass over x, float32 [S, L, hidden]: the new x, and its rotated keys and its values."""
    q, k, v = split_qkv(F.linear(rms_norm(x, norm1, s.eps), qkv), s)
    q, k, v = rotate(q, cos, sin), rotate(k, cos, sin), v.contiguous()  # a view would keep the whole packed projection
    a = F.scaled_dot_product_attention(q, k.repeat_interleave(s.groups, 1), v.repeat_interleave(s.groups, 1), is_causal=True)
    x = x + F.linear(a.transpose(1, 2).flatten(2), o)
    return x + F.linear(swiglu(F.linear(rms_norm(x, norm2, s.eps), gate_up)), down), k, v


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """x: float32 residual stream [..., hidden]; weight: float32. The result is in bfloat16."""
    return (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * weight).to(torch.bfloat16)


def split_qkv(packed: torch.Tensor, s: Shape) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """[N, T, qkv] to q [N, heads, T, d], k and v [N, kv_heads, T, d]."""
    parts = packed.unflatten(-1, (s.heads + 2 * s.kv_heads, s.head_dim)).transpose(1, 2)
    return parts[:, : s.heads], parts[:, s.heads : s.heads + s.kv_heads], parts[:, s.heads + s.kv_heads :]


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Half-split rope on [N, heads, T, d]; cos and sin broadcast to [N, 1, T, d] in float32."""
    a, b = x.float().chunk(2, dim=-1)
    return (torch.cat([a, b], -1) * cos + torch.cat([-b, a], -1) * sin).to(x.dtype)


def swiglu(gate_up: torch.Tensor) -> torch.Tensor:
    """Gate rows stand before up rows."""
    gate, up = gate_up.chunk(2, dim=-1)
    return F.silu(gate) * up


def half_split(weight: np.ndarray, heads: int) -> np.ndarray:
    """Undoes the GGUF writer's row order for interleaved rope."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def load_base(path: Path, device: str = "cpu", dtype: torch.dtype = torch.bfloat16) -> Base:
    """Reads a llama-architecture GGUF (any quantisation) and dequantises it. ValueError names what doesn't fit."""
    reader = GGUFReader(str(path))

    def field(name: str):
        if name not in reader.fields:
            raise ValueError(f"{path.name} has no {name}: a GGUF of a SmolLM2 model is needed")
        return reader.fields[name].contents()

    if field("general.architecture") != "llama":
        raise ValueError(f"{path.name} is not of the llama architecture: a GGUF of a SmolLM2 model is needed")
    tensors = {t.name: t for t in reader.tensors}
    if "output.weight" in tensors:
        raise ValueError(f"{path.name} has its own output head; only tied embeddings are supported")

    def weight(name: str) -> np.ndarray:
        t = tensors[name]
        return dequantize(t.data, t.tensor_type).astype(np.float32, copy=False)

    def matrix(*parts: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(np.concatenate(parts))).to(device=device, dtype=dtype)

    def gain(name: str) -> torch.Tensor:
        return torch.from_numpy(weight(name).copy()).to(device)

    embedding = weight("token_embd.weight")
    heads, kv_heads = int(field("llama.attention.head_count")), int(field("llama.attention.head_count_kv"))
    shape = Shape(
        layers=int(field("llama.block_count")),
        hidden=embedding.shape[1],
        heads=heads,
        kv_heads=kv_heads,
        head_dim=embedding.shape[1] // heads,
        ff=int(field("llama.feed_forward_length")),
        vocab=embedding.shape[0],
        rope_theta=float(field("llama.rope.freq_base")),
        eps=float(field("llama.attention.layer_norm_rms_epsilon")),
        context=int(field("llama.context_length")),
    )
    layers = []
    for i in range(shape.layers):
        b = f"blk.{i}."
        layers.append(
            Layer(
                qkv=matrix(
                    half_split(weight(b + "attn_q.weight"), heads),
                    half_split(weight(b + "attn_k.weight"), kv_heads),
                    weight(b + "attn_v.weight"),
                ),
                o=matrix(weight(b + "attn_output.weight")),
                gate_up=matrix(weight(b + "ffn_gate.weight"), weight(b + "ffn_up.weight")),
                down=matrix(weight(b + "ffn_down.weight")),
                norm1=gain(b + "attn_norm.weight"),
                norm2=gain(b + "ffn_norm.weight"),
            )
        )
    return Base(shape, matrix(embedding), layers, gain("output_norm.weight"))
