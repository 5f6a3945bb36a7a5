"""Held-out measure: how often drafts agree, with the canvas laid out as the app lays it out.

A block of 8 slots follows the last known token at n-1. "jK" is the draft for the K-th token after the last
known one: j1 comes from the context row, so it is the base's own; the canvas row at n+K-2 gives jK.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from adapter import Adapter, CanvasPass
from base import Base, load_base
from blocks import answer_spans, windows
from corpus import Conversation, read, split
from objective import CHUNK, teacher

SLOTS = 8
DRAFTS = 3  # j = 2, 3, 4


class HeldOut:
    """Prepared once: canvases at fixed places, the base's keys and values, and what the base would say."""

    def __init__(self, base: Base, conversations: list[Conversation], wait: Callable[[], None] = lambda: None):
        self.base = base
        self.items = []
        for index, c in enumerate(conversations):
            wait()
            rng = np.random.default_rng([2027, index])
            starts = [
                n
                for start, end in answer_spans(c.roles)
                for n in range(start + int(rng.integers(0, SLOTS)), min(end, len(c.tokens) - SLOTS) - DRAFTS, SLOTS)
            ]
            if not starts:
                continue
            positions = np.concatenate([np.arange(n, n + SLOTS) for n in starts])
            block = np.repeat(np.arange(len(starts)), SLOTS)
            cache, hidden = base.clean(torch.from_numpy(c.tokens[None]).to(base.device))
            at = torch.tensor(starts, device=base.device)
            # Row n-1 says token n, then rows n.. say the tokens that the drafts stand for.
            rows = at[:, None] + torch.arange(-1, DRAFTS, device=base.device)
            ids, probabilities = teacher(base, hidden[0][rows].flatten(0, 1))
            text = torch.from_numpy(c.tokens).to(base.device)
            self.items.append(
                {
                    "cache": cache,
                    "tokens": text[torch.from_numpy(positions).to(base.device)][None],
                    "positions": torch.from_numpy(positions).to(base.device)[None],
                    "windows": windows(positions[None], block[None], len(c.tokens)),
                    "text": text[rows + 1],
                    "ids": ids.unflatten(0, (len(starts), -1)),
                    "probabilities": probabilities.unflatten(0, (len(starts), -1)),
                }
            )

    @torch.no_grad()
    def measure(self, canvas: CanvasPass, adapter: Adapter, shown: int = 0, wait: Callable[[], None] = lambda: None) -> dict:
        """Shares over all places, with the first `shown` slots of each block revealed and the rest masked.

        text_jK: the draft equals the text. base_jK: it equals the base's argmax there. loss: mean cross-entropy
        of the drafts against the base's top 32. run: mean number of leading drafts that equal the base's argmax.
        """
        text, says, losses = [], [], []
        for item in self.items:
            wait()
            places = len(item["text"])
            masked = (torch.arange(SLOTS, device=self.base.device) >= shown).repeat(places)[None]
            hidden = canvas(adapter, item["cache"], item["tokens"], masked, item["positions"], item["windows"])
            rows = hidden[0].unflatten(0, (places, SLOTS))[:, :DRAFTS]
            drafts, loss = self.judge(rows, item["ids"][:, 1:], item["probabilities"][:, 1:])
            text.append(drafts == item["text"][:, 1:])
            says.append(drafts == item["ids"][:, 1:, 0])
            losses.append(loss)
        t, b = torch.cat(text).float(), torch.cat(says).float()
        result = {f"text_j{j + 2}": t[:, j].mean().item() for j in range(DRAFTS)}
        result |= {f"base_j{j + 2}": b[:, j].mean().item() for j in range(DRAFTS)}
        result["run"] = b.cumprod(1).sum(1).mean().item()
        result["loss"] = torch.cat(losses).mean().item()
        return {k: round(v, 4) for k, v in result.items()} | {"places": len(t)}

    def judge(self, rows, ids, probabilities) -> tuple[torch.Tensor, torch.Tensor]:
        """Likeliest words and cross-entropies of rows [P, DRAFTS, hidden], a few rows of the head at a time."""
        drafts, losses = [], []
        # Two-dimensional rows: a batched product would copy the whole head for every place.
        parts = (rows.flatten(0, 1).split(CHUNK), ids.flatten(0, 1).split(CHUNK), probabilities.flatten(0, 1).split(CHUNK))
        for r, i, p in zip(*parts, strict=True):
            logits = F.linear(r, self.base.embedding).float()
            drafts.append(logits.argmax(-1))
            losses.append(logits.logsumexp(-1) - (logits.gather(-1, i) * p).sum(-1))
        return torch.cat(drafts).unflatten(0, (-1, DRAFTS)), torch.cat(losses)

    def ceiling(self) -> float:
        """How often the base's own next token equals the text: no draft can equal a sampled text more often."""
        hits = torch.cat([i["ids"][:, 0, 0] == i["text"][:, 0] for i in self.items])
        return round(hits.float().mean().item(), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure an adapter on held-out conversations.")
    parser.add_argument("--base", type=Path, required=True, help="GGUF of the base model")
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    base = load_base(args.base)
    held = HeldOut(base, split(read(args.data), args.held_out)[1])
    adapter, canvas = Adapter.load(args.adapter, base), CanvasPass(base)
    result = {
        "ceiling": held.ceiling(),
        "all_masked": held.measure(canvas, adapter),
        "first_shown": held.measure(canvas, adapter, shown=1),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
