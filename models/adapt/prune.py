"""A smaller adapter of a trained one: a lower rank, fewer adapted projections. Training goes on from it with `--start`.

    python prune.py --base MODEL.gguf --adapter adapter.safetensors --data conversations.npz --rank 32 --without down 6-8 --out smaller.safetensors

The rank is cut by singular values of B·A, which gives the nearest matrices of that rank. `--without` takes projections
(in all layers), layers (all their projections), or both (`5.down`, `6-8.qkv`). `--weigh` prints what each projection and each
three layers are worth: the held-out measure without them. Single matrices say little: they stand in for each other.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from adapter import PROJECTIONS, Adapter, CanvasPass, read_metadata
from base import load_base
from corpus import read, split
from measure import HeldOut


def truncated(adapter: Adapter, rank: int) -> Adapter:
    """ValueError where the rank would grow."""
    if rank > adapter.rank:
        raise ValueError(f"the adapter's rank is {adapter.rank}")
    tensors = {k: v.detach().clone() for k, v in adapter.tensors.items()}
    for layer, projection in adapter.adapted:
        name = f"layers.{layer}.{projection}"
        left, right = torch.linalg.qr(tensors[name + ".B"]), torch.linalg.qr(tensors[name + ".A"].T)
        u, s, vh = torch.linalg.svd(left.R @ right.R.T)
        even = s[:rank].sqrt()
        tensors[name + ".A"], tensors[name + ".B"] = even[:, None] * (vh[:rank] @ right.Q.T), (left.Q @ u[:, :rank]) * even
    return Adapter(tensors, adapter.shape)


def without(adapter: Adapter, projections: list[tuple[int, str]]) -> Adapter:
    """The same tensors less the factors of these (layer, projection)s. ValueError where none would be left."""
    gone = tuple(f"layers.{i}.{p}.{side}" for i, p in projections for side in "AB")
    return Adapter({k: v for k, v in adapter.tensors.items() if k not in gone}, adapter.shape)


def chosen(adapter: Adapter, what: str) -> list[tuple[int, str]]:
    """`down`, `7`, `6-8` or `6-8.down` → (layer, projection)s. ValueError where nothing adapted fits."""
    layers, _, projection = what.partition(".") if what[:1].isdigit() else ("", "", what)
    first, _, last = layers.partition("-")
    found = [(i, p) for i, p in adapter.adapted if projection in ("", p) and (first == "" or int(first) <= i <= int(last or first))]
    if not found:
        raise ValueError(f"the adapter has no factors for {what}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut an adapter's rank and leave out projections.")
    parser.add_argument("--base", type=Path, required=True, help="GGUF of the base model")
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--without", nargs="*", default=[], metavar="WHAT", help="projections, layers, or LAYERS.PROJECTION")
    parser.add_argument("--weigh", action="store_true", help="measure each projection and each three layers first")
    parser.add_argument("--held-out", type=int, default=24, help="conversations kept out of training")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    base = load_base(args.base)
    canvas, held = CanvasPass(base), HeldOut(base, split(read(args.data), args.held_out)[1])

    def say(what: str, adapter: Adapter) -> None:
        print(json.dumps({what: held.measure(canvas, adapter)}), flush=True)

    adapter = Adapter.load(args.adapter, base)
    say("before", adapter)
    if args.rank < adapter.rank:
        adapter = truncated(adapter, args.rank)
        say(f"rank {args.rank}", adapter)
    groups = [*PROJECTIONS, *(f"{i}-{i + 2}" for i in range(0, base.shape.layers, 3))]
    for group in groups if args.weigh else []:
        say(f"without {group}", without(adapter, chosen(adapter, group)))
    for what in args.without:
        adapter = without(adapter, chosen(adapter, what))
    if args.without:
        say(f"without {' '.join(args.without)}", adapter)
    adapter.save(args.out, read_metadata(args.adapter) | {"rank": str(adapter.rank)})


if __name__ == "__main__":
    main()
