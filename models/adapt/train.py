"""Trains the diffusion adapter. Stops and resumes anywhere; a run's folder holds all that it needs and says.

In the run's folder: checkpoint.pt (resume), curve.jsonl and curve.png, adapter.safetensors (the best average
of the weights so far, fp16) and record.json. While a file named PAUSE lies there, the trainer sleeps.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch

from adapter import PROJECTIONS, Adapter, CanvasPass, read_metadata, write_json
from base import load_base
from blocks import Noise
from corpus import epoch_batches, read, split
from export import export
from measure import HeldOut
from objective import loss, make_batch
from plot import plot, trim


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    p = argparse.ArgumentParser(description="Train the diffusion adapter on stored conversations.")
    p.add_argument("--base", type=Path, required=True, help="GGUF of the base model")
    p.add_argument("--data", type=Path, nargs="+", required=True, help=".npz files of conversations")
    p.add_argument("--run", type=Path, required=True, help="the run's folder; resumes when it holds a checkpoint")
    p.add_argument("--start", type=Path, help="adapter to go on from; without it a fresh one")
    p.add_argument("--rank", type=int, default=64, help="of a fresh adapter")
    p.add_argument("--projections", nargs="+", default=list(PROJECTIONS), choices=PROJECTIONS, help="of a fresh adapter")
    length = p.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int, help="length of the schedule in steps: a run that repeats exactly")
    length.add_argument("--minutes", type=float, help="length of the schedule by the clock, without pauses and measures")
    p.add_argument("--hold-minutes", type=float, default=0.0, help="go on at the floor rate after the schedule")
    p.add_argument("--sequences", type=int, default=2, help="conversations a step")
    p.add_argument("--rate", type=float, default=8e-4, help="peak learning rate")
    p.add_argument("--rate-floor", type=float, default=0.1, help="of the peak, at the schedule's end")
    p.add_argument("--warmup", type=int, default=10, help="steps")
    p.add_argument("--average", type=float, default=0.97, help="decay of the averaged weights, which are exported")
    p.add_argument("--alignment", type=float, default=0.5, help="weight of the last hidden state's cosine distance")
    p.add_argument("--lengths", type=int, nargs="+", default=[4, 8, 16], help="block lengths, 32 at most")
    p.add_argument("--shares", type=float, nargs="+", default=[0.4, 0.45, 0.15], help="of each block length")
    p.add_argument("--full", type=float, default=0.35, help="share of blocks wholly masked at first")
    p.add_argument("--hole", type=float, default=0.0, help="share of long blocks trained on infilling")
    p.add_argument("--wrong", type=float, default=0.0, help="share of revealed slots that show a wrong token, to be corrected")
    p.add_argument("--sharpen", type=float, default=1.0, help="temperature of the base's distribution in the schedule's last fifth")
    p.add_argument("--self-conditioning", type=float, default=0.0, help="share of steps that give masked slots what a first pass expected")
    p.add_argument("--held-out", type=int, default=24, help="conversations kept out of training")
    p.add_argument("--export-minutes", type=float, default=10.0, help="between measures and exports")
    p.add_argument("--checkpoint-minutes", type=float, default=4.0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--compile", action="store_true", help="torch.compile the canvas layer (pays on a GPU)")
    args = p.parse_args(argv)
    if len(args.lengths) != len(args.shares) or abs(sum(args.shares) - 1) > 1e-6 or max(args.lengths) > 32:
        p.error("--lengths and --shares go together; shares sum to 1 and no block is longer than 32")
    return args


LATE = 0.8  # of the schedule: confidence is sharpened from here on


class Run:
    """All state of a run; `state_dict` and `restore` carry everything that later steps depend on."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        self.pause_file = args.run / "PAUSE"
        self.base = load_base(args.base, args.device)
        data, held = split(read(args.data), args.held_out)
        if len(data) < args.sequences:
            raise SystemExit(f"only {len(data)} conversations pass the filter: give more data or a smaller --held-out")
        self.data = data
        self.noise = Noise(tuple(args.lengths), tuple(args.shares), args.full, args.hole, args.wrong)
        self.canvas = CanvasPass(self.base, args.compile)
        adapter = Adapter.load(args.start, self.base) if args.start else Adapter.fresh(self.base, args.rank, args.seed, args.projections)
        self.adapter = (adapter.conditioned() if args.self_conditioning > 0 else adapter).train()
        self.average = {k: v.detach().clone() for k, v in self.adapter.tensors.items()}
        self.optimizer = torch.optim.AdamW(
            self.adapter.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True
        )
        self.step = 0
        self.epoch = 0
        self.cursor = 0
        self.tokens = 0
        self.seconds = 0.0
        self.earlier = int(read_metadata(args.start).get("tokens_seen", 0)) if args.start else 0
        self.measures: list[dict] = []
        self.best = -math.inf
        self.batches = epoch_batches(self.data, args.sequences, args.seed, 0)
        if (args.run / "checkpoint.pt").exists():
            self.restore(torch.load(args.run / "checkpoint.pt", map_location=args.device, weights_only=True))
        self.held_out = held
        self.held: HeldOut | None = None

    COUNTERS = ("step", "epoch", "cursor", "tokens", "seconds", "earlier", "measures", "best")

    def state_dict(self) -> dict:
        return {k: getattr(self, k) for k in self.COUNTERS} | {
            "adapter": {k: v.detach() for k, v in self.adapter.tensors.items()},
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "data": [c.key for c in self.data],
        }

    def restore(self, state: dict) -> None:
        if state["data"] != [c.key for c in self.data]:
            # Other data than before: the epoch's order no longer fits, so a new epoch begins.
            state["epoch"], state["cursor"] = state["epoch"] + 1, 0
        for k in self.COUNTERS:
            setattr(self, k, state[k])
        with torch.no_grad():
            for k, v in self.adapter.tensors.items():
                v.copy_(state["adapter"][k])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.batches = epoch_batches(self.data, self.args.sequences, self.args.seed, self.epoch)

    def checkpoint(self) -> None:
        part = self.args.run / "checkpoint.pt.part"
        torch.save(self.state_dict(), part)
        os.replace(part, self.args.run / "checkpoint.pt")

    def wait(self) -> None:
        while self.pause_file.exists():
            time.sleep(1)

    def progress(self) -> float:
        """Of the schedule: 0 at its start, 1 at its end, more while holding."""
        if self.args.steps:
            return self.step / self.args.steps
        return self.seconds / 60 / self.args.minutes

    def rate(self) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress())))
        rate = self.args.rate * (self.args.rate_floor + (1 - self.args.rate_floor) * cosine)
        return rate * min(1.0, (self.step + 1) / self.args.warmup)

    def finished(self) -> bool:
        if self.args.steps:
            return self.step >= self.args.steps
        return self.seconds / 60 >= self.args.minutes + self.args.hold_minutes

    def train_step(self) -> dict:
        """One step. What it draws depends on seed, epoch, cursor and step alone."""
        if self.cursor >= len(self.batches):
            self.epoch, self.cursor = self.epoch + 1, 0
            self.batches = epoch_batches(self.data, self.args.sequences, self.args.seed, self.epoch)
        items = [self.data[i] for i in self.batches[self.cursor]]
        rng = np.random.default_rng([self.args.seed, 11, self.step])
        batch = make_batch(items, self.noise, rng, self.base.device, 0 if self.args.compile else 96)
        temperature = self.args.sharpen if self.progress() >= LATE else 1.0
        twice = self.args.self_conditioning > 0 and rng.random() < self.args.self_conditioning
        total, ce, apart = loss(self.base, self.canvas, self.adapter, batch, self.args.alignment, temperature, twice)
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.adapter.parameters(), 1.0)
        rate = self.rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        # The average starts at the start's weights and forgets them at its own pace.
        with torch.no_grad():
            for k, v in self.adapter.tensors.items():
                self.average[k].lerp_(v, 1 - self.args.average)
        self.step += 1
        self.cursor += 1
        self.tokens += sum(len(c.tokens) for c in items)
        return {
            "step": self.step,
            "tokens": self.tokens,
            "loss": round(total.item(), 4),
            "ce": round(ce.item(), 4),
            "apart": round(apart.item(), 4),
            "norm": round(norm.item(), 3),
            "rate": round(rate, 7),
        }

    def measure(self) -> dict:
        if self.held is None:
            self.held = HeldOut(self.base, self.held_out, self.wait)
        averaged = Adapter(self.average, self.base.shape)
        result = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": round(self.seconds),
            "ceiling": self.held.ceiling(),
            "all_masked": self.held.measure(self.canvas, averaged, 0, self.wait),
            "first_shown": self.held.measure(self.canvas, averaged, 1, self.wait),
        }
        if self.args.wrong > 0:
            result["revision"] = self.held.revision(self.canvas, averaged)
        if self.args.self_conditioning > 0:
            result["twice"] = self.held.measure(self.canvas, averaged, 0, self.wait, twice=True)
        self.measures.append(result)
        return result

    def export(self, result: dict) -> None:
        """Writes the averaged weights unless the held-out measure was better before."""
        score = -result["all_masked"]["loss"] - result["first_shown"]["loss"]  # shares of right drafts are noisier
        better = score >= self.best
        if better:
            self.best = score
        settings = {k: str(v.name if isinstance(v, Path) else v) for k, v in vars(self.args).items() if k not in ("run", "data")}
        export(
            self.args.run,
            Adapter(self.average, self.base.shape) if better else None,
            tokens={"this_run": self.tokens, "start": self.earlier},
            data={
                "files": [p.name for p in self.args.data],
                "conversations": len(self.data),
                "held_out": self.args.held_out,
                "epoch": self.epoch,
            },
            settings=settings | {"noise": vars(self.noise)},
            measures=self.measures,
        )


def log(path: Path, entry: dict) -> None:
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    torch.set_num_threads(args.threads)
    args.run.mkdir(parents=True, exist_ok=True)
    run = Run(args)
    curve = args.run / "curve.jsonl"
    trim(curve, run.step)

    def measure_and_export() -> None:
        result = run.measure()
        log(curve, {"measure": True, **result})
        run.export(result)
        plot(curve, args.run / "curve.png")
        run.checkpoint()

    if not run.measures:
        measure_and_export()
    exported = saved = run.seconds
    while not run.finished():
        run.wait()
        began = time.monotonic()
        entry = run.train_step()
        took = time.monotonic() - began
        run.seconds += took
        log(curve, entry | {"took": round(took, 2), "seconds": round(run.seconds)})
        if run.seconds - exported >= args.export_minutes * 60:
            measure_and_export()
            exported = saved = run.seconds
        elif run.seconds - saved >= args.checkpoint_minutes * 60:
            run.checkpoint()
            saved = run.seconds
    if run.measures[-1]["step"] != run.step:
        measure_and_export()


if __name__ == "__main__":
    main()
