"""What one setting changes: short runs from the same adapter over the same conversations, all else equal.

    python trials.py --base MODEL.gguf --data conversations.npz --start adapter.safetensors --out TRIALS --steps 100

Each trial is a run of train.py in a folder of its own; a finished one is not run again. Prints a table of the held-out
measures of the last (averaged) weights. So short a run tells what helps at once, not what helps in the end.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import train

TRIALS: dict[str, list[str]] = {
    "as shipped": [],
    "other draws": ["--seed", "2"],
    "no alignment": ["--alignment", "0"],
    "alignment 2": ["--alignment", "2"],
    "full masks 0.1": ["--full", "0.1"],
    "full masks 0.7": ["--full", "0.7"],
    "sharpened to 0.5": ["--sharpen", "0.5"],
    "wrong tokens 0.15": ["--wrong", "0.15"],
    "self-conditioning": ["--self-conditioning", "0.5"],
}
COLUMNS = ("run", "loss", "sure", "sure_right")


def row(name: str, measure: dict) -> str:
    masked = measure["all_masked"]
    cells = [name, *(f"{masked[c]:.3f}" for c in COLUMNS), f"{measure['first_shown']['run']:.3f}"]
    more = [f"{k} {v:.3f}" for k, v in measure.get("revision", {}).items()]
    if "twice" in measure:
        more += [f"twice: run {measure['twice']['run']:.3f}, loss {measure['twice']['loss']:.3f}"]
    return "| " + " | ".join([*cells, ", ".join(more)]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare settings of the trainer by short runs.")
    parser.add_argument("--base", required=True, help="GGUF of the base model")
    parser.add_argument("--data", nargs="+", required=True, help=".npz files of conversations")
    parser.add_argument("--start", required=True, help="adapter that every trial starts from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rate", default="3e-4", help="peak learning rate")
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    args = parser.parse_args()
    common = ["--base", args.base, "--data", *args.data, "--start", args.start, "--steps", str(args.steps), "--rate", args.rate]
    common += ["--export-minutes", "1e9", "--average", "0.95"]
    lines = []
    for name in args.only:
        run = args.out / name.replace(" ", "-")
        record = run / "record.json"
        if not record.exists() or json.loads(record.read_text())["curve"][-1]["step"] < args.steps:
            train.main([*common, "--run", str(run), *TRIALS[name]])
        curve = json.loads(record.read_text())["curve"]
        if not lines:
            lines.append(row("start", curve[0]))
        lines.append(row(name, curve[-1]))
        print(lines[-1], flush=True)
    print("\n| trial | " + " | ".join(COLUMNS) + " | run, first shown | |\n|" + "---|" * 7)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
