"""The adapter and the drafter of a pack in the trainer's own form, to train on from them: `train.py --start`,
`prune.py --adapter`, `lookahead.py --pack`.

    python unpack.py ../smollm2-135m-instruct --out adapter.safetensors
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from base import Base
from drafter import Drafter, DrafterShape

BLOCK = 32  # numbers of a row that share a scale
CENTRE = 128


def unpack(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a packed adapter under the trainer's names, float32. KeyError names one that is missing."""
    with safe_open(str(path), "pt") as file:
        packed = {name: file.get_tensor(name) for name in file.keys()}
    out = {"mask_embedding": packed["mask_embedding"].float().flatten()}
    for name, values in packed.items():
        if name.startswith("adapter.") and name.endswith(".weight"):
            scales = packed[name.removesuffix("weight") + "scales"].float()
            numbers = (values.float() - CENTRE).unflatten(1, (-1, BLOCK)) * scales.reshape(len(values), -1, 1)
            out[name.removeprefix("adapter.").removesuffix(".weight")] = numbers.flatten(1)
    # gains of context rows, then of canvas rows; in each norm1 and norm2 of every layer, then the final one
    context, canvas = packed["adapter.gains"].float()
    offsets = (canvas - context).unflatten(0, (-1, len(out["mask_embedding"])))
    for i in range(len(offsets) // 2):
        out[f"layers.{i}.norm1_offset"], out[f"layers.{i}.norm2_offset"] = offsets[2 * i], offsets[2 * i + 1]
    out["final_norm_offset"] = offsets[-1]
    return {k: v.contiguous() for k, v in out.items()}


def unpack_drafter(pack: Path, base: Base) -> Drafter:
    """The drafter of a pack's folder, its matrices as their 8-bit blocks say, float32. KeyError: the pack has none."""
    about = json.loads((pack / "manifest.json").read_text())["drafter"]
    sizes = DrafterShape(**{name: about[name] for name in ("layers", "slots", "window", "followers")}, taps=tuple(about["taps"]))
    out: dict[str, torch.Tensor] = {}
    with safe_open(str(pack / about["file"]), "pt") as file:
        packed = {name.removeprefix("drafter."): file.get_tensor(name) for name in file.keys()}
    words = packed.pop("words").long()
    for name, values in packed.items():
        if name.endswith(".weight") and not name.startswith(("head", "context_kv")):
            scales = packed[name.removesuffix("weight") + "scales"].float()
            out[name.removesuffix(".weight")] = ((values.float() - CENTRE).unflatten(1, (-1, BLOCK)) * scales.reshape(len(values), -1, 1)).flatten(1)
        elif not name.endswith((".weight", ".scales", ".zeros")):
            out[name] = values.float()
    return Drafter({k: v.contiguous() for k, v in sorted(out.items())}, words, sizes, base)


def main() -> None:
    parser = argparse.ArgumentParser(description="Turn a pack's adapter into the trainer's file.")
    parser.add_argument("pack", type=Path, help="folder of the pack")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    training = json.loads((args.pack / "manifest.json").read_text())["adapter"].get("training", {})
    tensors = unpack(args.pack / "adapter.safetensors")
    save_file(tensors, str(args.out), {k: str(v) for k, v in training.items() if not isinstance(v, (dict, list))})


if __name__ == "__main__":
    main()
