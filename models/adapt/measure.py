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
from objective import CHUNK, hints, teacher

SLOTS = 8
DRAFTS = 3  # j = 2, 3, 4
SURE = 0.7


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
                    "clean": hidden,
                    "text": text[rows + 1],
                    "ids": ids.unflatten(0, (len(starts), -1)),
                    "probabilities": probabilities.unflatten(0, (len(starts), -1)),
                }
            )

    @torch.no_grad()
    def measure(
        self, canvas: CanvasPass, adapter: Adapter, shown: int = 0, wait: Callable[[], None] = lambda: None, twice: bool = False
    ) -> dict:
        """Shares over all places, with the first `shown` slots of each block revealed and the rest masked.

        text_jK: the draft equals the text. base_jK: it equals the base's argmax there. loss: mean cross-entropy
        of the drafts against the base's top 32. run: mean number of leading drafts that equal the base's argmax.
        sure: share of drafts whose own probability is 0.7 or more (Fast's threshold); sure_right: of those, the share that
        equals the base's argmax.
        twice: masked slots are given what a first pass expected in them.
        """
        text, says, losses, chances = [], [], [], []
        for item in self.items:
            wait()
            places = len(item["text"])
            masked = (torch.arange(SLOTS, device=self.base.device) >= shown).repeat(places)[None]
            canvases = (item["cache"], item["tokens"], masked, item["positions"], item["windows"])
            hidden = canvas(adapter, *canvases)
            if twice:
                first = (torch.arange(SLOTS, device=self.base.device) == 0).repeat(places)[None]
                hint = hints(self.base, item["clean"], hidden, masked, item["positions"], first)
                hidden = canvas(adapter, *canvases, hint)
            rows = hidden[0].unflatten(0, (places, SLOTS))[:, :DRAFTS]
            drafts, loss, chance = self.judge(rows, item["ids"][:, 1:], item["probabilities"][:, 1:])
            chances.append(chance)
            text.append(drafts == item["text"][:, 1:])
            says.append(drafts == item["ids"][:, 1:, 0])
            losses.append(loss)
        t, b = torch.cat(text).float(), torch.cat(says).float()
        result = {f"text_j{j + 2}": t[:, j].mean().item() for j in range(DRAFTS)}
        result |= {f"base_j{j + 2}": b[:, j].mean().item() for j in range(DRAFTS)}
        result["run"] = b.cumprod(1).sum(1).mean().item()
        result["loss"] = torch.cat(losses).mean().item()
        sure = torch.cat(chances) >= SURE
        result["sure"] = sure.float().mean().item()
        result["sure_right"] = b[sure].mean().item() if bool(sure.any()) else 0.0
        return {k: round(v, 4) for k, v in result.items()} | {"places": len(t)}

    @torch.no_grad()
    def revision(self, canvas: CanvasPass, adapter: Adapter) -> dict:
        """Of three revealed slots the third shows the text's token, or the base's second choice: how often the row before
        it says the text's token. kept: where that stands there; corrected: where the wrong one does. Over the places where
        the text is the base's first choice."""
        result = {}
        for name, show in (("kept", False), ("corrected", True)):
            right = []
            for item in self.items:
                places, text = len(item["text"]), item["text"][:, 2]
                choices = item["ids"][:, 2]
                tokens = item["tokens"].clone()
                if show:
                    tokens[0, 2::SLOTS] = choices[:, 1]
                masked = (torch.arange(SLOTS, device=self.base.device) >= 3).repeat(places)[None]
                hidden = canvas(adapter, item["cache"], tokens, masked, item["positions"], item["windows"])
                said, _, _ = self.judge(hidden[0].unflatten(0, (places, SLOTS))[:, 1:2], item["ids"][:, 2:3], item["probabilities"][:, 2:3])
                right.append((said[:, 0] == text)[choices[:, 0] == text])
            result[name] = round(torch.cat(right).float().mean().item(), 4)
        return result

    def judge(self, rows, ids, probabilities) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Likeliest words, cross-entropies and the words' probabilities of rows [P, n, hidden], a few rows of the head at a time."""
        drafts, losses, chances = [], [], []
        n = rows.shape[1]
        # Two-dimensional rows: a batched product would copy the whole head for every place.
        parts = (rows.flatten(0, 1).split(CHUNK), ids.flatten(0, 1).split(CHUNK), probabilities.flatten(0, 1).split(CHUNK))
        for r, i, p in zip(*parts, strict=True):
            logits = F.linear(r, self.base.embedding).float()
            best, lse = logits.max(-1), logits.logsumexp(-1)
            drafts.append(best.indices)
            losses.append(lse - (logits.gather(-1, i) * p).sum(-1))
            chances.append((best.values - lse).exp())
        return torch.cat(drafts).unflatten(0, (-1, n)), torch.cat(losses), torch.cat(chances).unflatten(0, (-1, n))

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
        "revision": held.revision(canvas, adapter),
    }
    if "condition" in adapter.tensors:
        result["twice"] = held.measure(canvas, adapter, twice=True)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
