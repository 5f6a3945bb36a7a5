"""Expected drafts of a small drafter, computed by models/adapt/drafter.py in float32 → test/fixtures/drafter/.

The weights are multiples of a power of two within each block of 32, so that packing them as 8-bit blocks loses nothing.

    python test/reference/drafter.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models/adapt"))
# The trainer computes in bfloat16; the reference here is the same arithmetic without that rounding.
torch.bfloat16 = torch.float32
torch.Tensor.bfloat16 = torch.Tensor.float

from base import Base, Shape  # noqa: E402
from drafter import Drafter, DrafterShape  # noqa: E402

OUT = ROOT / "test/fixtures/drafter"
SHAPE = Shape(layers=3, hidden=64, heads=4, kv_heads=2, head_dim=16, ff=96, vocab=112, rope_theta=1e4, eps=1e-5, context=64)
SIZES = DrafterShape(layers=2, taps=(1, 3), slots=4, window=6, followers=32)
WORDS = [id for id in range(112) if id % 7 != 3]
ANCHORS = {5: 40, 9: 77, 11: 3}  # rows read so far → the token after them; one the drafter cannot draft itself


def blocks(x: torch.Tensor) -> torch.Tensor:
    """Rounded so that each block's largest magnitude is 127 steps of a power of two."""
    b = x.unflatten(-1, (-1, 32))
    peak = b.abs().amax(-1, keepdim=True)
    return ((b / peak * 127).round() * torch.exp2((peak / 127).log2().round())).flatten(-2)


def main() -> None:
    generator = torch.Generator().manual_seed(20261124)
    base = Base(SHAPE, blocks(torch.randn(SHAPE.vocab, SHAPE.hidden, generator=generator)), [], torch.ones(SHAPE.hidden))
    drafter = Drafter.fresh(base, torch.tensor(WORDS), SIZES, 7)
    t = drafter.tensors
    t["follow_next"] = torch.randn(t["follow_next"].shape, generator=generator) * 0.5
    for name, x in t.items():
        if name.endswith("norm") or ".norm" in name:
            t[name] = (1 + 0.3 * torch.randn(x.shape, generator=generator)).half().float()
        elif name == "masks":
            t[name] = torch.randn(x.shape, generator=generator).half().float()
        else:
            t[name] = blocks(x)
    OUT.mkdir(exist_ok=True)
    drafter.save(OUT / "drafter.safetensors", metadata={"seed": "7"})
    save_file({"embed": base.embedding}, str(OUT / "embed.safetensors"))
    (OUT / "embed.safetensors").chmod(0o644)
    taps = (torch.randn(max(ANCHORS), len(SIZES.taps) * SHAPE.hidden, generator=generator) * 64).round() / 16
    cases = []
    for rows, anchor in ANCHORS.items():
        context = drafter.context(taps[None, :rows])
        k = SIZES.slots
        bias = torch.zeros(1, 1, k, rows + k)
        bias[..., : max(0, rows - SIZES.window)] = float("-inf")
        h = drafter(context, torch.arange(rows), torch.tensor([[anchor]]), torch.tensor([[rows - 1]]), torch.arange(rows, rows + k)[None], bias)[0]
        drafts: list[int] = []
        logits = []
        for i in range(k):
            row = drafter.logits(h[i : i + 1], torch.tensor([drafts[-1]]) if drafts else None)[0]
            drafts.append(WORDS[int(row.argmax())])
            logits.append([round(x, 4) for x in row.tolist()])
        assert drafts == drafter.draft(taps[:rows], anchor)
        cases.append({"rows": rows, "anchor": anchor, "drafts": drafts, "logits": logits})
    (OUT / "expected.json").write_text(json.dumps({"words": WORDS, "taps": taps.tolist(), "cases": cases}) + "\n")


main()
