"""A smaller adapter of a trained one: a lower rank, fewer adapted projections. Training goes on from it with `--start`.

    python prune.py --base MODEL.gguf --adapter adapter.safetensors --data conversations.npz --rank 32 --keep 0.6 --out smaller.safetensors

The rank is cut by singular values of B·A, which gives the nearest matrices of that rank. Then each layer's projections
are left out one by one on held-out answers; those whose loss grows least without them go. Each step's measures are printed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from adapter import Adapter, CanvasPass, read_metadata
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


def importance(adapter: Adapter, canvas: CanvasPass, held: HeldOut) -> dict[tuple[int, str], float]:
    """By (layer, projection): how much the loss on wholly masked blocks grows without it, in nats."""
    whole = held.measure(canvas, adapter)["loss"]
    return {each: held.measure(canvas, without(adapter, [each]))["loss"] - whole for each in adapter.adapted}


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut an adapter's rank and leave out projections.")
    parser.add_argument("--base", type=Path, required=True, help="GGUF of the base model")
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--keep", type=float, default=1.0, help="share of the adapted projections")
    parser.add_argument("--held-out", type=int, default=24, help="conversations kept out of training")
    parser.add_argument("--weighed", type=int, default=8, help="of those, the ones by which projections are chosen")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    base = load_base(args.base)
    conversations = split(read(args.data), args.held_out)[1]
    canvas, held, few = CanvasPass(base), HeldOut(base, conversations), HeldOut(base, conversations[: args.weighed])

    def say(what: str, value: object) -> None:
        print(json.dumps({what: value}), flush=True)

    adapter = Adapter.load(args.adapter, base)
    say("before", held.measure(canvas, adapter))
    adapter = truncated(adapter, args.rank)
    say(f"rank {args.rank}", held.measure(canvas, adapter))
    leave = len(adapter.adapted) - round(args.keep * len(adapter.adapted))
    if leave > 0:
        grows = importance(adapter, canvas, few)
        say("nats without", {f"{i} {p}": round(v, 4) for (i, p), v in grows.items()})
        adapter = without(adapter, sorted(grows, key=grows.__getitem__)[:leave])
        say(f"{len(adapter.adapted)} projections", held.measure(canvas, adapter))
    adapter.save(args.out, read_metadata(args.adapter) | {"rank": str(adapter.rank)})


if __name__ == "__main__":
    main()
