"""Draws a run's curve: the training loss, and the held-out drafts' agreement with the base."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def plot(curve: Path, image: Path, smooth: float = 0.95) -> None:
    entries = [json.loads(line) for line in curve.read_text().splitlines()]
    steps = [e for e in entries if "measure" not in e]
    measures = [e for e in entries if "measure" in e]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    value, line = None, []
    for e in steps:
        value = e["ce"] if value is None else smooth * value + (1 - smooth) * e["ce"]
        line.append(value)
    left.plot([e["tokens"] for e in steps], [e["ce"] for e in steps], ".", alpha=0.25)
    left.plot([e["tokens"] for e in steps], line)
    left.set(xlabel="clean tokens", ylabel="cross-entropy", title="Training")
    for kind, style in (("all_masked", "-"), ("first_shown", "--")):
        for j, colour in ((2, "C0"), (3, "C1"), (4, "C2")):
            points = [(e["tokens"], e[kind][f"base_j{j}"]) for e in measures]
            right.plot(*zip(*points, strict=True), style, marker=".", color=colour, label=f"j={j}, {kind.replace('_', ' ')}")
    right.set(xlabel="clean tokens", ylabel="equals the base's argmax", title="Held out")
    right.legend(fontsize=8)
    figure.savefig(image, dpi=110)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a run's curve.")
    parser.add_argument("curve", type=Path)
    parser.add_argument("image", type=Path)
    args = parser.parse_args()
    plot(args.curve, args.image)


if __name__ == "__main__":
    main()
