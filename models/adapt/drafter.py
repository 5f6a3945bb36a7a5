"""The drafter: a shallow block denoiser on the base's hidden states, which drafts several tokens at once.

It reads what the base thought while it verified (the residual stream after a few layers, "taps"), the last known
token, whose row the base has not made yet, and masked slots. One pass gives every slot's words. A small table of
followers then makes neighbouring drafts fit each other. The base's causal head verifies; nothing here changes a reply.

    tap rows      … p-2   p-1 │ anchor p   mask   mask   mask      a block of 4 slots
    row drafts                │    p+1      p+2    p+3    p+4

Prediction is shifted as everywhere: the row at position i drafts token i+1.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file

from base import Base, Shape, rms_norm, rotate, split_qkv, swiglu


@dataclass(frozen=True)
class DrafterShape:
    """Sizes: `taps` count the layers whose output is read (30: after the last layer, before the final norm);
    `slots`: rows of a block, the anchor's included; `window`: context rows seen; `followers`: rank of that table."""

    layers: int = 2
    taps: tuple[int, ...] = (10, 20, 30)
    slots: int = 6
    window: int = 128
    followers: int = 64


class Drafter:
    """Float32 master weights by name (the names of the exported file) and the vocabulary it can draft."""

    def __init__(self, tensors: dict[str, torch.Tensor], words: torch.Tensor, sizes: DrafterShape, base: Base):
        self.tensors = tensors
        self.words = words.to(base.device)
        self.sizes = sizes
        self.base = base
        self.place = torch.full((base.shape.vocab,), -1, dtype=torch.int64, device=base.device)
        self.place[self.words] = torch.arange(len(words), device=base.device)
        self.head = base.embedding[self.words]

    @classmethod
    def fresh(cls, base: Base, words: torch.Tensor, sizes: DrafterShape, seed: int) -> Drafter:
        generator = torch.Generator().manual_seed(seed)
        s = base.shape

        def matrix(out: int, inner: int, gain: float = 1.0) -> torch.Tensor:
            return torch.randn(out, inner, generator=generator) * (gain / inner**0.5)

        t = {
            "fc": matrix(s.hidden, s.hidden * len(sizes.taps)),
            "fuse": matrix(s.hidden, s.hidden, 0.5),
            "context_norm": torch.ones(s.hidden),
            "final_norm": torch.ones(s.hidden),
            "masks": base.embedding.float().mean(0).cpu() + 0.02 * torch.randn(sizes.slots - 1, s.hidden, generator=generator),
            "gate": matrix(sizes.followers, s.hidden, 0.5),
            "follow_previous": 0.5 * torch.randn(len(words), sizes.followers, generator=generator),
            "follow_next": torch.zeros(len(words), sizes.followers),
        }
        for i in range(sizes.layers):
            p = f"layers.{i}."
            t[p + "qkv"] = matrix(s.qkv, s.hidden)
            t[p + "o"] = matrix(s.hidden, s.hidden, 0.3)
            t[p + "gate_up"] = matrix(2 * s.ff, s.hidden)
            t[p + "down"] = matrix(s.hidden, s.ff, 0.3)
            t[p + "norm1"], t[p + "norm2"] = torch.ones(s.hidden), torch.ones(s.hidden)
        return cls({k: v.to(base.device) for k, v in sorted(t.items())}, words, sizes, base)

    @classmethod
    def load(cls, path: Path, base: Base) -> Drafter:
        with safe_open(str(path), "pt") as file:
            tensors = {k: file.get_tensor(k) for k in sorted(file.keys())}
            sizes = json.loads(file.metadata()["sizes"])
        words = tensors.pop("words").long()
        sizes["taps"] = tuple(sizes["taps"])
        return cls({k: v.float().to(base.device) for k, v in tensors.items()}, words, DrafterShape(**sizes), base)

    def save(self, path: Path, tensors: dict[str, torch.Tensor] | None = None, metadata: dict[str, str] | None = None) -> None:
        """fp16 safetensors, `words` as int32; a reader sees either the old file or the whole new one."""
        part = path.with_name(path.name + ".part")
        half = {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in (tensors or self.tensors).items()}
        half["words"] = self.words.to("cpu", torch.int32)
        save_file(half, str(part), {"sizes": json.dumps(asdict(self.sizes))} | (metadata or {}))
        part.chmod(0o644)
        os.replace(part, path)

    def train(self) -> Drafter:
        for v in self.tensors.values():
            v.requires_grad_(True)
        return self

    def context(self, taps: torch.Tensor) -> torch.Tensor:
        """taps: [..., len(taps)·hidden], each tap's residual stream in order. Returns context rows [..., hidden]."""
        s, t = self.base.shape, self.tensors
        each = taps.float().unflatten(-1, (len(self.sizes.taps), s.hidden))
        each = each * torch.rsqrt(each.square().mean(-1, keepdim=True) + s.eps)
        return rms_norm(F.linear(each.flatten(-2).bfloat16(), t["fc"].bfloat16()).float(), t["context_norm"], s.eps)

    def __call__(self, context, context_positions, anchors, last, positions, bias) -> torch.Tensor:
        """Last hidden states after the final norm, [N, A·slots, hidden], of A blocks a sequence.

        context: [N, C, hidden] from `context`; context_positions: [C]; anchors: [N, A] ids of the last known tokens;
        last: [N, A] index of the context row before each anchor; positions: [N, A·slots];
        bias: additive [N, 1, A·slots, C + A·slots]: a row sees its window of context rows, and its own block both ways.
        """
        s, t, k = self.base.shape, self.tensors, self.sizes.slots
        low = {n: v.bfloat16() for n, v in t.items() if v.ndim == 2 and not n.startswith("follow")}
        n, a = anchors.shape
        first = F.embedding(anchors, self.base.embedding).float()[:, :, None]
        x = torch.cat([first, t["masks"].expand(n, a, k - 1, s.hidden)], 2)
        before = context.gather(1, last[..., None].expand(-1, -1, s.hidden))
        x = (x + F.linear(before, low["fuse"])[:, :, None].float()).flatten(1, 2)
        cos, sin = self.base.cos[positions][:, None], self.base.sin[positions][:, None]
        context_cos, context_sin = self.base.cos[context_positions], self.base.sin[context_positions]
        kv = (s.heads * s.head_dim, 2 * s.kv_heads * s.head_dim)
        for i in range(self.sizes.layers):
            p = f"layers.{i}."
            q, own_k, own_v = split_qkv(F.linear(rms_norm(x, t[p + "norm1"], s.eps), low[p + "qkv"]), s)
            q, own_k = rotate(q, cos, sin), rotate(own_k, cos, sin)
            past = F.linear(context, low[p + "qkv"][kv[0] :]).unflatten(-1, (2 * s.kv_heads, s.head_dim)).transpose(1, 2)
            past_k, past_v = past[:, : s.kv_heads], past[:, s.kv_heads :]
            past_k = rotate(past_k, context_cos, context_sin)
            keys = torch.cat([past_k, own_k], 2).repeat_interleave(s.groups, 1)
            values = torch.cat([past_v, own_v], 2).repeat_interleave(s.groups, 1)
            out = F.scaled_dot_product_attention(q, keys, values, attn_mask=bias)
            x = x + F.linear(out.transpose(1, 2).flatten(2), low[p + "o"])
            x = x + F.linear(swiglu(F.linear(rms_norm(x, t[p + "norm2"], s.eps), low[p + "gate_up"])), low[p + "down"])
        return rms_norm(x, t["final_norm"], s.eps)

    def logits(self, hidden: torch.Tensor, previous: torch.Tensor | None = None) -> torch.Tensor:
        """[M, hidden] to float32 [M, words]. previous: [M] ids of the token before the drafted one, of the vocabulary;
        where it is given, its followers count: + silu(U[previous] + G·h) · Vᵀ. Tokens that cannot be drafted add none."""
        plain = (hidden @ self.head.T).float()
        return plain if previous is None else plain + self.followers(hidden, previous)

    def followers(self, hidden: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        t = self.tensors
        at = self.place[previous]
        gate = F.silu(t["follow_previous"][at.clamp_min(0)] + F.linear(hidden, t["gate"].bfloat16()).float())
        gate = gate * (at >= 0)[:, None]
        return (gate.bfloat16() @ t["follow_next"].bfloat16().T).float()

    @torch.no_grad()
    def draft(self, taps: torch.Tensor, anchor: int) -> list[int]:
        """Greedy drafts of one block after the rows of `taps` [C, len(taps)·hidden] at positions 0…C-1: slots ids."""
        c, k = len(taps), self.sizes.slots
        context = self.context(taps[None])
        start = max(0, c - self.sizes.window)
        bias = torch.zeros(1, 1, k, c + k, dtype=torch.bfloat16)
        bias[..., :start] = float("-inf")
        one = torch.tensor([[anchor]])
        h = self(context, torch.arange(c), one, torch.tensor([[c - 1]]), torch.arange(c, c + k)[None], bias)[0]
        out: list[int] = []
        for i in range(k):
            previous = torch.tensor([out[-1]]) if out else None
            out.append(int(self.words[self.logits(h[i : i + 1], previous).argmax()]))
        return out
