"""The adapter of a pack as the trainer's own file, to train on from it: `train.py --start`, `prune.py --adapter`.

    python unpack.py ../smollm2-135m-instruct --out adapter.safetensors
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

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
