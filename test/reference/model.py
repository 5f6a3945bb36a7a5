"""SmolLM2 in PyTorch float32, written from the architecture: the independent side of the parity fixtures.

Run as a script it writes test/fixtures/parity/ (see the README there).
"""
import base64
import json
import math
import random
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind, quants
from safetensors.numpy import load_file

import gguf_source
from parity_texts import CHATS

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "parity"
MASK_TOKEN = 16
TOP = 64


def pack_q4_1(raw: np.ndarray) -> np.ndarray:
    """Q4_1 blocks as the pack holds them: scale d/16, values 16·q, zero point round(−16·m/d) in 0..255."""
    blocks = raw.reshape(-1, 20)
    d = blocks[:, 0:2].copy().view(np.float16).astype(np.float32)
    m = blocks[:, 2:4].copy().view(np.float16).astype(np.float32)
    low, high = blocks[:, 4:] & 15, blocks[:, 4:] >> 4
    q = np.concatenate([low, high], axis=1).astype(np.float32)
    flat = d[:, 0] == 0
    scale = d / 16
    zero = np.zeros_like(d)
    zero[~flat] = np.clip(np.floor(-16 * m[~flat].astype(np.float64) / d[~flat] + 0.5), 0, 255)
    values = scale * (16 * q - zero)
    # A block of one value: scale |m| and a difference of ±1 keep it exactly.
    values[flat] = np.broadcast_to(m, values.shape)[flat]
    return values.reshape(*raw.shape[:-1], -1)


class Weights:
    """The GGUF's matrices as float32, [out, in], q and k rows in half-split rope order. `pack`: see pack_q4_1."""

    def __init__(self, path: str, pack: bool) -> None:
        source = gguf_source.reader(path)
        get = lambda key: int(gguf_source.field(path, key))  # noqa: E731
        self.layers = get("llama.block_count")
        self.heads = get("llama.attention.head_count")
        self.kv_heads = get("llama.attention.head_count_kv")
        self.hidden = get("llama.embedding_length")
        self.head_dim = self.hidden // self.heads
        self.theta = float(gguf_source.field(path, "llama.rope.freq_base"))
        self.epsilon = float(gguf_source.field(path, "llama.attention.layer_norm_rms_epsilon"))
        self.tensors: dict[str, torch.Tensor] = {}
        for tensor in source.tensors:
            if pack and tensor.tensor_type == Kind.Q4_1:
                values = pack_q4_1(np.asarray(tensor.data))
            else:
                values = quants.dequantize(np.asarray(tensor.data), tensor.tensor_type)
            made = torch.from_numpy(np.array(values, dtype=np.float32))
            if tensor.name.endswith("attn_q.weight"):
                made = self.half_split(made, self.heads)
            if tensor.name.endswith("attn_k.weight"):
                made = self.half_split(made, self.kv_heads)
            self.tensors[tensor.name] = made

    @staticmethod
    def half_split(rows: torch.Tensor, heads: int) -> torch.Tensor:
        out, width = rows.shape
        return rows.reshape(heads, out // heads // 2, 2, width).transpose(1, 2).reshape(out, width).contiguous()


class Model:
    def __init__(self, weights: Weights, adapter: dict[str, torch.Tensor] | None = None) -> None:
        self.w = weights
        self.adapter = adapter

    def linear(self, x: torch.Tensor, names: list[str], adapted: str, canvas: torch.Tensor | None) -> torch.Tensor:
        y = torch.cat([x @ self.w.tensors[n].T for n in names], dim=-1)
        if canvas is not None and self.adapter is not None and adapted + ".A" in self.adapter:
            a, b = self.adapter[adapted + ".A"], self.adapter[adapted + ".B"]
            y = y + canvas * ((x @ a.T) @ b.T)
        return y

    def norm(self, x: torch.Tensor, name: str, offset: str, canvas: torch.Tensor | None) -> torch.Tensor:
        gain = self.w.tensors[name]
        if canvas is not None and self.adapter is not None:
            gain = gain + canvas * self.adapter[offset]
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.w.epsilon) * gain

    def rope(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """x: [batch, heads, rows, head_dim], positions: [batch, rows]."""
        half = self.w.head_dim // 2
        rates = self.w.theta ** (-torch.arange(half, dtype=torch.float64) / half)
        angle = positions[:, None, :, None].double() * rates
        cos, sin = angle.cos().float(), angle.sin().float()
        left, right = x[..., :half], x[..., half:]
        return torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1)

    @torch.inference_mode()
    def hidden(self, ids, positions, visible, canvas=None, masked=None, past=None):
        """ids, positions: [batch, rows]; visible: bool [batch, rows, past + rows]; canvas, masked: bool [batch, rows].

        Returns the final normed hidden states [batch, rows, hidden] and the keys and values of all layers.
        """
        w = self.w
        batch, rows = ids.shape
        x = w.tensors["token_embd.weight"][ids]
        flag = None if canvas is None else canvas.float()[..., None]
        if masked is not None and self.adapter is not None:
            x = torch.where(masked[..., None], self.adapter["mask_embedding"], x)
        bias = torch.where(visible, 0.0, -torch.inf)[:, None]
        kept = []
        for layer in range(w.layers):
            blk, ad = f"blk.{layer}.", f"layers.{layer}."
            h = self.norm(x, blk + "attn_norm.weight", ad + "norm1_offset", flag)
            qkv = self.linear(h, [blk + f"attn_{n}.weight" for n in "qkv"], ad + "qkv", flag)
            q, k, v = qkv.split([w.heads * w.head_dim, w.kv_heads * w.head_dim, w.kv_heads * w.head_dim], dim=-1)
            q, k, v = (t.reshape(batch, rows, -1, w.head_dim).transpose(1, 2) for t in (q, k, v))
            q, k = self.rope(q, positions), self.rope(k, positions)
            if past is not None:
                k, v = torch.cat([past[layer][0], k], 2), torch.cat([past[layer][1], v], 2)
            kept.append((k, v))
            groups = w.heads // w.kv_heads
            scores = q @ k.repeat_interleave(groups, 1).transpose(2, 3) / math.sqrt(w.head_dim) + bias
            mixed = scores.softmax(-1) @ v.repeat_interleave(groups, 1)
            mixed = mixed.transpose(1, 2).reshape(batch, rows, -1)
            x = x + self.linear(mixed, [blk + "attn_output.weight"], ad + "o", flag)
            h = self.norm(x, blk + "ffn_norm.weight", ad + "norm2_offset", flag)
            gate, up = self.linear(h, [blk + "ffn_gate.weight", blk + "ffn_up.weight"], ad + "gate_up", flag).chunk(2, -1)
            x = x + self.linear(torch.nn.functional.silu(gate) * up, [blk + "ffn_down.weight"], ad + "down", flag)
        return self.norm(x, "output_norm.weight", "final_norm_offset", flag), kept

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden @ self.w.tensors["token_embd.weight"].T


def causal(rows: int) -> torch.Tensor:
    return torch.ones(rows, rows, dtype=torch.bool).tril()[None]


def summary(logits: torch.Tensor) -> dict[str, object]:
    """logits: [rows, vocabulary] → top ids and logits, logsumexp and entropy (natural) of each row, packed."""
    top, ids = logits.topk(TOP, dim=-1)
    lse = logits.double().logsumexp(-1)
    log_p = logits.double() - lse[:, None]
    entropy = -(log_p.exp() * log_p).sum(-1)
    pack = lambda array, kind: base64.b64encode(np.ascontiguousarray(array.numpy().astype(kind)).tobytes()).decode()  # noqa: E731
    return {"rows": logits.shape[0], "topIds": pack(ids, "<u2"), "topLogits": pack(top, "<f4"), "lse": pack(lse, "<f4"), "entropy": pack(entropy, "<f4")}


def context_rows(model: Model, ids: list[int]) -> torch.Tensor:
    hidden, _ = model.hidden(torch.tensor([ids]), torch.arange(len(ids))[None], causal(len(ids)))
    return model.logits(hidden)[0]


def canvas_rows(model: Model, prefix: list[int], slots: list[int | None]) -> torch.Tensor:
    """Logits of the canvas rows [slots, vocabulary]; None is a masked slot."""
    n, k = len(prefix), len(slots)
    ids = torch.tensor([[*prefix, *(MASK_TOKEN if s is None else s for s in slots)]])
    canvas = torch.tensor([[False] * n + [True] * k])
    masked = torch.tensor([[False] * n + [s is None for s in slots]])
    visible = causal(n + k).clone()
    visible[:, n:, n:] = True
    hidden, _ = model.hidden(ids, torch.arange(n + k)[None], visible, canvas, masked)
    return model.logits(hidden[:, n:])[0]


def load_adapter(path: str) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array.astype(np.float32)) for name, array in load_file(path).items()}


def canvas_cases(rng: random.Random, texts: list[list[int]]) -> list[tuple[int, int, list[int | None]]]:
    """(text, prefix length, slots): the block's slots hold the text's tokens where revealed."""
    cases = []
    for index in range(10):
        text = rng.randrange(len(texts))
        length = (4, 8)[index % 2]
        start = rng.randint(len(texts[text]) // 2, len(texts[text]) - length)
        shown = (0.0, 0.0, 0.3, 0.6, 0.9)[index // 2]
        cases.append((text, start, [t if rng.random() < shown else None for t in texts[text][start : start + length]]))
    return cases


def main() -> None:
    given = gguf_source.arguments(__doc__ or "", adapter="adapter.safetensors of the pack")
    torch.set_num_threads(2)
    made = gguf_source.tokenizer(given.gguf)
    OUT.mkdir(parents=True, exist_ok=True)
    texts = [made.encode(text, add_special_tokens=False).ids for text in CHATS]
    written = {}
    for name, pack in (("gguf", False), ("pack", True)):
        weights = Weights(given.gguf, pack)
        written[name] = [summary(context_rows(Model(weights), ids)) for ids in texts]
        print(name, sum(len(t) for t in texts), "rows")
    model = Model(weights, load_adapter(given.adapter))
    cases = []
    for text, start, slots in canvas_cases(random.Random(20261123), texts):
        cases.append({"text": text, "prefix": start, "slots": slots, **summary(canvas_rows(model, texts[text][:start], slots))})
    (OUT / "context.json").write_text(json.dumps({"texts": texts, **written}, separators=(",", ":")))
    (OUT / "canvas.json").write_text(json.dumps({"maskToken": MASK_TOKEN, "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
