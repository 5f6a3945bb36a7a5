"""Further slots for a pack's drafter: what it expects beyond the tokens that it drafts, shown but never verified.

    python lookahead.py --base MODEL.gguf --pack ../smollm2-135m-instruct --data "DATA/part-*.npz" --run RUN --minutes 30

Only the further slots' mask rows are learned. The drafter stays as it is, and its own slots do not see further ones, so
its drafts keep their bits. A further slot's distribution is its own: it knows neither the tokens between nor their
followers, as a masked slot of a canvas. In RUN: lookahead.safetensors (float32, the averaged rows), curve.jsonl,
record.json and checkpoint.pt; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import glob
import json
import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from adapter import write_json
from base import Base, load_base
from blocks import PAD
from corpus import Conversation, read, split
from drafter import Drafter
from joint import drafter_batch, run_drafter, word_loss
from objective import teacher
from unpack import unpack_drafter


def widened(drafter: Drafter, slots: int) -> Drafter:
    """The same drafter with `slots` slots: further mask rows begin as its last one."""
    masks = drafter.tensors["masks"]
    more = slots - drafter.sizes.slots
    tensors = drafter.tensors | {"masks": torch.cat([masks, masks[-1:].expand(more, -1)])}
    return Drafter(tensors, drafter.words, replace(drafter.sizes, slots=slots), drafter.base)


def hide_further(bias: torch.Tensor, anchors: int, slots: int, own: int) -> torch.Tensor:
    """bias: additive [S, 1, A·slots, L + A·slots] of `drafter_batch`. A block's first `own` slots see none after them."""
    row = torch.arange(anchors * slots) % slots
    hidden = (row[:, None] < own) & (row[None, :] >= own)
    context = bias.shape[-1] - anchors * slots
    bias[..., context:].masked_fill_(hidden, float("-inf"))
    return bias


@dataclass(frozen=True)
class Read:
    """Conversations that the base has read once, for every later step: tokens and roles [N, L], what the drafter reads of
    each row, bfloat16 [N, L, len(taps)·hidden], and the teacher's likeliest next tokens with their shares [N, L, 32]."""

    tokens: torch.Tensor
    roles: torch.Tensor
    taps: torch.Tensor
    ids: torch.Tensor
    shares: torch.Tensor

    @classmethod
    def of(cls, base: Base, taps: tuple[int, ...], conversations: list[Conversation], width: int) -> Read:
        long = [c for c in conversations if len(c.tokens) >= width]
        tokens = torch.from_numpy(np.stack([c.tokens[:width] for c in long]))
        tokens = tokens.masked_fill(tokens == PAD, 0)
        roles = torch.from_numpy(np.stack([c.roles[:width] for c in long]))
        parts = []
        for some in tokens.split(8):
            _, clean, read = base.tapped(some, taps)
            ids, p = teacher(base, clean.flatten(0, 1))
            parts.append((torch.cat(read, -1), ids.view(*some.shape, -1).int(), p.view(*some.shape, -1)))
        return cls(tokens, roles, *(torch.cat(part) for part in zip(*parts, strict=True)))

    def some(self, index) -> Read:
        return Read(self.tokens[index], self.roles[index], self.taps[index], self.ids[index], self.shares[index])


def batch(drafter: Drafter, read: Read, anchors: int, own: int, random: torch.Generator):
    """Blocks at random answer positions. Returns hidden [M, hidden] of the further slots that count, their order in
    the block [M], the teacher's places in the drafter's words with their shares [M, 32], and the text's tokens [M]."""
    at, counts, bias = drafter_batch(read.roles, anchors, drafter.sizes, random)
    hidden = run_drafter(drafter, [read.taps], read.tokens, at, hide_further(bias, anchors, drafter.sizes.slots, own))
    wanted = counts & (torch.arange(drafter.sizes.slots) >= own)
    sequence, block, order = wanted.nonzero(as_tuple=True)
    position = at[sequence, block] + order
    places = drafter.place[read.ids[sequence, position].long()]
    p = read.shares[sequence, position] * (places >= 0)
    p = p / p.sum(-1, keepdim=True).clamp_min(1e-6)
    return hidden[wanted], order, places.clamp_min(0), p, read.tokens[sequence, position + 1]


@torch.no_grad()
def measure(drafter: Drafter, held: Read, own: int) -> dict:
    """How often the likeliest word of slot K is the text's (jK), and what the sum of those chances expected (eK);
    `sure`: the share of further slots with 0.25 or more, and how many of those are right."""
    random = torch.Generator().manual_seed(7)
    hits: list[list[torch.Tensor]] = [[], [], []]
    for part in torch.arange(len(held.tokens)).split(4):
        hidden, order, _, _, truth = batch(drafter, held.some(part), 24, own, random)
        p, place = drafter.logits(hidden).softmax(-1).max(-1)
        for kept, new in zip(hits, (order, p, drafter.words[place] == truth), strict=True):
            kept.append(new)
    order, p, right = (torch.cat(h) for h in hits)
    out = {}
    for k in range(own, drafter.sizes.slots):
        here = order == k
        out[f"j{k + 1}"] = round(right[here].float().mean().item(), 4)
        out[f"e{k + 1}"] = round(p[here].mean().item(), 4)
    sure = p >= 0.25
    return out | {"sure": round(sure.float().mean().item(), 4), "sure_right": round(right[sure].float().mean().item(), 4), "places": len(p)}


def main() -> None:
    p = argparse.ArgumentParser(description="Train the further slots of a pack's drafter.")
    p.add_argument("--base", type=Path, required=True, help="GGUF of the base model")
    p.add_argument("--pack", type=Path, required=True, help="folder of the pack whose drafter it is")
    p.add_argument("--data", nargs="+", required=True, help="files of data.py")
    p.add_argument("--run", type=Path, required=True)
    p.add_argument("--slots", type=int, default=16, help="of a block, those that are drafted included")
    p.add_argument("--minutes", type=float, default=30.0)
    p.add_argument("--sequences", type=int, default=6)
    p.add_argument("--width", type=int, default=288, help="tokens of a conversation that are read")
    p.add_argument("--anchors", type=int, default=24, help="blocks a conversation")
    p.add_argument("--rate", type=float, default=2e-2)
    p.add_argument("--held-out", type=int, default=24)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    args.run.mkdir(parents=True, exist_ok=True)
    base = load_base(args.base)
    packed = unpack_drafter(args.pack, base)
    own = packed.sizes.slots
    drafter = widened(packed, args.slots)
    further = drafter.tensors["masks"][own - 1 :].clone().requires_grad_(True)
    first = drafter.tensors["masks"][: own - 1]
    average = further.detach().clone()
    optimizer = torch.optim.AdamW([further], lr=args.rate, betas=(0.9, 0.98), weight_decay=0.0)
    training, held = split(read([Path(f) for pattern in args.data for f in sorted(glob.glob(pattern))]), args.held_out)
    known = Read.of(base, packed.sizes.taps, training, args.width)
    measured = Read.of(base, packed.sizes.taps, held, args.width)
    random = torch.Generator().manual_seed(args.seed)
    step, seconds, curve = 0, 0.0, []
    kept = args.run / "checkpoint.pt"
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        step, seconds, curve = state["step"], state["seconds"], state["curve"]
        average = state["average"]
        optimizer.load_state_dict(state["optimizer"])
        random.set_state(state["random"])
        with torch.no_grad():
            further.copy_(state["further"])

    def log(entry: dict) -> None:
        print(json.dumps(entry), flush=True)
        with (args.run / "curve.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def save() -> None:
        drafter.tensors["masks"] = torch.cat([first, average])
        entry = {"step": step, "minutes": round(seconds / 60, 1), **measure(drafter, measured, own)}
        curve.append(entry)
        log(entry)
        save_file({"lookahead": average.contiguous()}, str(args.run / "lookahead.safetensors"), {"base": args.base.name})
        settings = {k: str(v.name if isinstance(v, Path) else v) for k, v in vars(args).items() if k != "data"}
        write_json(args.run / "record.json", {"conversations": len(training), "held_out": len(held), "steps": step, "measures": curve, "settings": settings})
        state = {"step": step, "seconds": seconds, "curve": curve, "average": average, "further": further.detach()}
        torch.save(state | {"optimizer": optimizer.state_dict(), "random": random.get_state()}, kept.with_suffix(".part"))
        os.replace(kept.with_suffix(".part"), kept)

    if step == 0:
        save()
    saved = seconds
    while seconds < 60 * args.minutes:
        began = time.monotonic()
        done = min(1.0, seconds / 60 / args.minutes)
        for group in optimizer.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / 20) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * done)))
        drafter.tensors["masks"] = torch.cat([first, further])
        chosen = torch.randperm(len(known.tokens), generator=random)[: args.sequences]
        hidden, _, places, shares, _ = batch(drafter, known.some(chosen), args.anchors, own, random)
        loss = word_loss(drafter.logits(hidden), places, shares, torch.full((len(hidden),), 1 / len(hidden)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        with torch.no_grad():
            average.lerp_(further, 1 - min(0.98, 1 - 1 / (step / 5 + 1)))
        seconds += time.monotonic() - began
        if step % 10 == 0:
            log({"step": step, "loss": round(loss.item(), 4), "rate": round(optimizer.param_groups[0]["lr"], 6)})
        if seconds - saved > 240:
            save()
            saved = seconds
    save()


if __name__ == "__main__":
    main()
