"""Draws a run's curve: the training loss, and the held-out drafts' agreement with the base."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def trim(path: Path, step: int) -> None:
    """Drops the curve's lines past a checkpoint: those steps will be made again."""
    if path.exists():
        lines = [line for line in path.read_text().splitlines() if json.loads(line).get("step", 0) <= step]
        path.write_text("".join(line + "\n" for line in lines))


def smoothed(values: list[float], keep: float) -> list[float]:
    line: list[float] = []
    for value in values:
        line.append(keep * line[-1] + (1 - keep) * value if line else value)
    return line


def held_out(entry: dict) -> list[tuple[str, str, str, float]]:
    """Label, colour, style and value of each line that a measure adds a point to: a canvas run's or a joint run's."""
    if "j1" in entry:
        slots = sorted(k for k in entry if k.startswith("j"))
        runs = max(k for k in entry if k.startswith("run"))
        lines = [(f"draft {k[1:]} is the text", f"C{i}", "-", entry[k]) for i, k in enumerate(slots)]
        return [*lines, (f"right drafts among {runs[3:]}", "black", "--", entry[runs])]
    return [
        (f"j={j}, {kind.replace('_', ' ')}", f"C{j - 2}", style, entry[kind][f"base_j{j}"])
        for kind, style in (("all_masked", "-"), ("first_shown", "--"))
        for j in (2, 3, 4)
    ]


def plot(curve: Path, image: Path, smooth: float = 0.95) -> None:
    entries = [json.loads(line) for line in curve.read_text().splitlines()]
    measures = [e for e in entries if "measure" in e]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for i, (key, label) in enumerate((("ce", "canvas"), ("draft", "drafter"))):
        steps = [e for e in entries if key in e and "measure" not in e]
        if not steps:
            continue
        tokens, values = [e["tokens"] for e in steps], [e[key] for e in steps]
        left.plot(tokens, values, ".", alpha=0.25, color=f"C{i}")
        left.plot(tokens, smoothed(values, smooth), color=f"C{i}", label=label)
        left.legend(fontsize=8)
    left.set(xlabel="clean tokens", ylabel="cross-entropy", title="Training")
    lines: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for e in measures:
        for label, colour, style, value in held_out(e):
            lines.setdefault((label, colour, style), []).append((e["tokens"], value))
    for (label, colour, style), points in lines.items():
        right.plot(*zip(*points, strict=True), style, marker=".", color=colour, label=label)
    right.set(xlabel="clean tokens", ylabel="share that agrees", title="Held out")
    if lines:
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
