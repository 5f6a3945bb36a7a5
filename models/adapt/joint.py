"""Data, canvas adapter and drafter in one go on one GPU, within a given time.

    python joint.py --base MODEL.gguf --run RUN --data-minutes 4 --minutes 14

The base writes conversations (crowd.py); then each step's clean pass serves both: the adapter's two noised copies
(objective.py says what they learn) and the drafter's blocks at random answer positions. In RUN: adapter.safetensors,
drafter.safetensors (averaged weights), curve.jsonl, curve.png, record.json, datasheet.json; data.pt and checkpoint.pt,
from which the same command goes on where it was stopped, with the same draws.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import crowd
from adapter import PROJECTIONS, Adapter, CanvasPass, write_json
from base import Base, Layer, Shape, clean_layer, load_base
from blocks import ANSWER, Noise, draw, starts
from drafter import Drafter, DrafterShape
from kinds import KINDS
import objective
from objective import SoftCrossEntropy, teacher
from plot import plot, trim

SHARED: dict[str, np.ndarray] = {}


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description="Make data and train adapter and drafter together on a GPU.")
    p.add_argument("--base", type=Path, help="GGUF of the base model; without it random weights, to try the machine")
    p.add_argument("--tokenizer", type=Path, help="tokenizer.json, when there is no GGUF")
    p.add_argument("--run", type=Path, required=True)
    p.add_argument("--data", type=Path, help="data.pt of another run, instead of making it")
    p.add_argument("--data-minutes", type=float, default=4.0)
    p.add_argument("--data-batches", type=int, default=1000)
    p.add_argument("--crowd", type=int, default=4096, help="conversations at once")
    p.add_argument("--width", type=int, default=512)
    p.add_argument("--minutes", type=float, default=14.0, help="of training, by the clock, without measures")
    p.add_argument("--steps", type=int, help="length in steps instead: a run that repeats exactly")
    p.add_argument("--checkpoint-minutes", type=float, default=2.0, help="between measures, exports and checkpoints")
    p.add_argument("--sequences", type=int, default=48, help="conversations a step")
    p.add_argument("--anchors", type=int, default=80, help="drafter blocks a conversation")
    p.add_argument("--words", type=int, default=12288, help="vocabulary of the drafter")
    p.add_argument("--layers", type=int, default=3, help="of the drafter")
    p.add_argument("--rank", type=int, default=64, help="of the adapter")
    p.add_argument("--projections", nargs="+", default=list(PROJECTIONS), choices=PROJECTIONS, help="that the adapter updates")
    p.add_argument("--adapter-every", type=int, default=2, help="steps of the drafter for one of the adapter")
    p.add_argument("--slots", type=int, default=5, help="of a drafter block")
    p.add_argument("--adapter-rate", type=float, default=1e-3)
    p.add_argument("--drafter-rate", type=float, default=2.5e-3)
    p.add_argument("--alignment", type=float, default=0.5)
    p.add_argument("--full", type=float, default=0.35)
    p.add_argument("--infilling", type=float, default=0.0, help="share of blocks of 16 and 32 with one hidden run between shown ends")
    p.add_argument("--taps", type=int, nargs="+", default=[10, 20, 30], help="layers whose output the drafter reads")
    p.add_argument("--workers", type=int, default=12)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--device", default="cuda")
    p.add_argument("--no-compile", action="store_true")
    return p.parse_args()


def random_base(device: str) -> Base:
    """SmolLM2-135M's sizes with random weights."""
    s = Shape(30, 576, 9, 3, 64, 1536, 49152, 100000.0, 1e-5, 8192)

    def m(out: int, inner: int) -> torch.Tensor:
        return (torch.randn(out, inner, device=device) * (0.7 / inner**0.5)).bfloat16()

    layers = [
        Layer(m(s.qkv, s.hidden), m(s.hidden, s.hidden), m(2 * s.ff, s.hidden), m(s.hidden, s.ff),
              torch.ones(s.hidden, device=device), torch.ones(s.hidden, device=device))
        for _ in range(s.layers)
    ]  # fmt: skip
    return Base(s, m(s.vocab, s.hidden), layers, torch.ones(s.hidden, device=device))


def draw_step(args: tuple[int, int, int]):
    """In a worker: the canvases of one step. Returns indices and stacked arrays."""
    seed, step, sequences = args
    rng = np.random.default_rng([seed, 11, step])
    chosen = rng.integers(0, len(SHARED["roles"]), size=sequences)
    roles = [SHARED["roles"][i] for i in chosen]
    rows = len(roles[0]) * 3 // 4
    drawn = [draw(r, rows, SHARED["noise"], rng) for r in roles]
    return chosen, {
        "positions": np.stack([d.positions for d in drawn]).astype(np.int16),
        "block": np.stack([d.block for d in drawn]).astype(np.int16),
        "start": np.stack([starts(d.positions, d.block) for d in drawn]).astype(np.int16),
        "masked": np.stack([d.masked[c] for c in (0, 1) for d in drawn]),
        "weight": np.stack([d.weight[c] for c in (0, 1) for d in drawn]),
    }


def canvas_bias(positions, block, start, length: int, groups: int) -> torch.Tensor:
    """[2S, 1, groups·R, L + R]: what blocks.visible says, for both copies, on the device."""
    rows = positions.shape[1]
    at = torch.arange(length, device=positions.device)
    clean = at < start[..., None]
    own = (block[..., :, None] == block[..., None, :]) & (block[..., :, None] >= 0)
    own |= torch.eye(rows, dtype=torch.bool, device=positions.device)
    seen = torch.cat([clean, own], -1)
    bias = torch.zeros(seen.shape, dtype=torch.bfloat16, device=seen.device).masked_fill_(~seen, float("-inf"))
    return bias.repeat(2, groups, 1)[:, None]


class Canvas:
    """The canvas pass with one mask over all rows: static shapes."""

    def __init__(self, base: Base, compiled: bool):
        self.whole = CanvasPass(base, compiled)

    def __call__(self, adapter, cache, tokens, masked, positions, bias, length):
        rows = tokens.shape[1]
        self.whole.views = lambda *_: [(slice(0, rows), length, slice(0, rows), bias)]
        return self.whole(adapter, cache, tokens, masked, positions, [])


def drafter_batch(roles: torch.Tensor, anchors: int, sizes: DrafterShape, random: torch.Generator):
    """Blocks at random answer positions. Returns positions of anchors [S, A], which slots count [S, A, slots], and the
    additive bias [S, 1, A·slots, L + A·slots]."""
    s, length = roles.shape
    k, device = sizes.slots, roles.device
    answer = roles == ANSWER
    eligible = torch.zeros_like(answer)
    eligible[:, 1 : length - k - 1] = answer[:, 2 : length - k]
    some = eligible.any(1, keepdim=True)
    eligible = eligible | ~some & (torch.arange(length, device=device) == 1)
    at = torch.multinomial(eligible.float(), anchors, replacement=True, generator=random)
    slots = at[..., None] + 1 + torch.arange(k, device=device)
    counts = answer.gather(1, slots.flatten(1)).view_as(slots).cumprod(-1).bool() & some[..., None]
    window = torch.where(
        torch.rand(s, anchors, device=device, generator=random) < 0.7,
        sizes.window,
        torch.randint(4, sizes.window + 1, (s, anchors), device=device, generator=random),
    )
    places = torch.arange(length, device=device)
    context = (places < at[..., None]) & (places >= (at - window)[..., None])
    own = torch.eye(anchors, dtype=torch.bool, device=device).repeat_interleave(k, 0).repeat_interleave(k, 1)
    seen = torch.cat([context.repeat_interleave(k, 1), own.expand(s, -1, -1)], -1)
    bias = torch.zeros(seen.shape, dtype=torch.bfloat16, device=device).masked_fill_(~seen, float("-inf"))
    return at, counts, bias[:, None]


def run_drafter(drafter: Drafter, taps, tokens, at, bias) -> torch.Tensor:
    k = drafter.sizes.slots
    positions = (at[..., None] + torch.arange(k, device=at.device)).flatten(1)
    places = torch.arange(tokens.shape[1], device=at.device)
    return drafter(drafter.context(torch.cat(taps, -1)), places, tokens.gather(1, at), at - 1, positions, bias).unflatten(1, at.shape[1:] + (k,))


def word_loss(logits, ids, p, weight):
    """Weighted sum of cross-entropies; ids, p: [M, k] places in the logits and target shares."""
    return ((logits.logsumexp(-1) - (logits.gather(1, ids) * p).sum(-1)) * weight).sum()


DECAY = 0.85


def drafter_loss(drafter: Drafter, hidden, tokens, at, counts, ids, probabilities, chunk: int = 8192):
    """Mean over the slots that count, with the followers and (less) without. ids, probabilities: the teacher's, [S, L, 32]."""
    s, length = tokens.shape
    k = drafter.sizes.slots
    slot = torch.arange(k, device=at.device)
    here = (torch.arange(s, device=at.device)[:, None, None] * length + at[..., None] + slot)[counts]
    order = slot.expand_as(counts)[counts]
    h = hidden[counts]
    places = drafter.place[ids.flatten(0, 1)[here]]
    p = (probabilities.flatten(0, 1)[here].log() / 0.6).softmax(-1) * (places >= 0)
    mass = p.sum(-1, keepdim=True)
    p = p / mass.clamp_min(1e-6)
    weight = DECAY**order * (mass[:, 0] > 0.05)
    weight = weight / weight.sum()
    previous = tokens.flatten()[here]
    # the anchor's own row knows its token: its followers add nothing
    previous = torch.where(order > 0, previous, 0)
    places = places.clamp_min(0)
    total = torch.zeros((), device=h.device)
    for i in range(0, len(h), chunk):
        c = slice(i, i + chunk)
        plain = drafter.logits(h[c])
        follow = drafter.followers(h[c], previous[c]) * (order[c] > 0)[:, None]
        total = total + word_loss(plain + follow, places[c], p[c], weight[c])
        total = total + 0.2 * word_loss(plain, places[c], p[c], weight[c])
    return total / 1.2


@torch.no_grad()
def measure(base: Base, layer, drafter: Drafter, tokens, roles) -> dict:
    """Drafts against the text itself, as Exact meets it: chained greedy drafts after random anchors.

    jK: the K-th draft is right; runK: mean number of leading right drafts among K (+ 1 = tokens a forward)."""
    random = torch.Generator(device=base.device).manual_seed(7)
    right = []
    for t, r in zip(tokens.split(16), roles.split(16), strict=True):
        _, _, taps = base.tapped(t, drafter.sizes.taps, layer)
        at, counts, bias = drafter_batch(r, 64, drafter.sizes, random)
        hidden = run_drafter(drafter, taps, t, at, bias)
        previous = None
        hits = []
        for i in range(drafter.sizes.slots):
            pick = drafter.words[drafter.logits(hidden[:, :, i].flatten(0, 1), previous).argmax(-1)]
            truth = t.gather(1, at + 1 + i).flatten()
            hits.append(torch.where(counts[:, :, i].flatten(), pick == truth, False))
            previous = pick
        full = counts.all(-1).flatten()
        right.append(torch.stack(hits, 1)[full])
    hit = torch.cat(right).float()
    out = {f"j{i + 1}": hit[:, i].mean().item() for i in range(hit.shape[1])}
    for k in range(2, hit.shape[1] + 1):
        out[f"run{k}"] = hit[:, :k].cumprod(1).sum(1).mean().item()
    return {k: round(v, 4) for k, v in out.items()} | {"places": len(hit)}


class Joint:
    """All state of a run; `state_dict` and `restore` carry everything that later steps depend on.

    tokens, roles: [conversations, width]; held: the same of those kept out of training; words: what the drafter may draft.
    """

    COUNTERS = ("step", "seen", "seconds", "measures")

    def __init__(self, args: argparse.Namespace, base: Base, tokens, roles, held, words: torch.Tensor):
        cuda, compiled = base.device.type == "cuda", not args.no_compile
        self.args, self.base, self.tokens, self.roles, self.held = args, base, tokens, roles, held
        self.noise = noise_of(args)
        self.sizes = DrafterShape(layers=args.layers, slots=args.slots, taps=tuple(args.taps))
        self.drafter = Drafter.fresh(base, words, self.sizes, args.seed).train()
        self.adapter = Adapter.fresh(base, args.rank, args.seed, args.projections).train()
        self.canvas = Canvas(base, compiled)
        self.layer = torch.compile(clean_layer, dynamic=False) if compiled else clean_layer
        named = self.drafter.tensors.items()
        matrices = [v for k, v in named if v.ndim == 2 and not k.startswith(("follow", "masks"))]
        others = [v for k, v in named if v.ndim != 2 or k.startswith(("follow", "masks"))]
        adam = {"betas": (0.9, 0.98), "weight_decay": 0.0, "fused": cuda}
        muon = {"weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}
        self.optimizers = [
            (torch.optim.AdamW(self.adapter.parameters(), lr=args.adapter_rate, **adam), args.adapter_rate),
            (torch.optim.Muon(matrices, lr=args.drafter_rate, **muon), args.drafter_rate),
            (torch.optim.AdamW(others, lr=2 * args.drafter_rate, **adam), 2 * args.drafter_rate),
        ]
        self.models = {"adapter": self.adapter, "drafter": self.drafter}
        self.averages = {n: {k: v.detach().clone() for k, v in m.tensors.items()} for n, m in self.models.items()}
        self.random = torch.Generator(device=base.device).manual_seed(args.seed)
        self.step, self.seen, self.seconds = 0, 0, 0.0
        self.measures: list[dict] = []
        if (args.run / "checkpoint.pt").exists():
            self.restore(torch.load(args.run / "checkpoint.pt", map_location=base.device, weights_only=True))

    def state_dict(self) -> dict:
        return {k: getattr(self, k) for k in self.COUNTERS} | {
            "models": {n: {k: v.detach() for k, v in m.tensors.items()} for n, m in self.models.items()},
            "averages": self.averages,
            "optimizers": [o.state_dict() for o, _ in self.optimizers],
            "random": self.random.get_state(),
        }

    def restore(self, state: dict) -> None:
        for k in self.COUNTERS:
            setattr(self, k, state[k])
        with torch.no_grad():
            for n, m in self.models.items():
                for k, v in m.tensors.items():
                    v.copy_(state["models"][n][k])
        self.averages = state["averages"]
        for (optimizer, _), saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.random.set_state(state["random"].cpu())

    def checkpoint(self) -> None:
        part = self.args.run / "checkpoint.pt.part"
        torch.save(self.state_dict(), part)
        os.replace(part, self.args.run / "checkpoint.pt")

    def progress(self) -> float:
        """Of the schedule: 0 at its start, 1 at its end."""
        return self.step / self.args.steps if self.args.steps else self.seconds / 60 / self.args.minutes

    def train_step(self, chosen: np.ndarray, drawn: dict[str, np.ndarray]) -> dict:
        """One step over what `draw_step` drew for it."""
        args, base, device = self.args, self.base, self.base.device
        scale = min(1.0, (self.step + 1) / 60) * (0.04 + 0.96 * 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress()))))
        index = torch.from_numpy(chosen).to(device)
        clean, role = self.tokens[index].long(), self.roles[index]
        s, length = clean.shape
        cache, hidden_clean, taps = base.tapped(clean, self.sizes.taps, self.layer)
        ids, probabilities = teacher(base, hidden_clean.flatten(0, 1))
        entry = {}
        adapts = self.step % args.adapter_every == 0  # not every step: it is the dear one
        if adapts:
            at = {k: torch.from_numpy(v).to(device, non_blocking=True) for k, v in drawn.items()}
            positions = at["positions"].long()
            bias = canvas_bias(positions, at["block"].long(), at["start"].long(), length, base.shape.groups)
            shown = clean.gather(1, positions).repeat(2, 1)
            hidden = self.canvas(self.adapter, cache, shown, at["masked"], positions.repeat(2, 1), bias, length)
            copy, row = at["weight"].nonzero(as_tuple=True)
            weight = at["weight"][copy, row]
            weight = weight / weight.sum()
            key = (copy % s) * length + positions[copy % s, row]
            wanted = hidden[copy, row]
            ce = SoftCrossEntropy.apply(wanted, base.embedding, ids[key], probabilities[key], weight)
            target = hidden_clean.flatten(0, 1)[key]
            apart = ((1 - F.cosine_similarity(wanted.float(), target.float(), dim=-1)) * weight).sum()
            (ce + args.alignment * apart).backward()
            entry = {"ce": ce.detach(), "apart": apart.detach()}
        anchor, which, drafter_bias = drafter_batch(role, args.anchors, self.sizes, self.random)
        drafted = run_drafter(self.drafter, taps, clean, anchor, drafter_bias)
        draft = drafter_loss(self.drafter, drafted, clean, anchor, which, ids.view(s, length, -1), probabilities.view(s, length, -1))
        draft.backward()
        torch.nn.utils.clip_grad_norm_(self.adapter.parameters(), 1.0)
        torch.nn.utils.clip_grad_norm_(list(self.drafter.tensors.values()), 1.0)
        for optimizer, rate in self.optimizers[0 if adapts else 1 :]:
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.seen += s * length
        decay = min(0.995, 1 - 1 / (self.step / 10 + 1))
        with torch.no_grad():
            for n, m in self.models.items():
                torch._foreach_lerp_(list(self.averages[n].values()), [v.detach() for v in m.tensors.values()], 1 - decay)
        return {"step": self.step, "tokens": self.seen, "rate": round(scale, 4), **entry, "draft": draft.detach()}

    def averaged(self) -> tuple[Adapter, Drafter]:
        return Adapter(self.averages["adapter"], self.base.shape), Drafter(self.averages["drafter"], self.drafter.words, self.sizes, self.base)

    def measure(self) -> dict:
        result = {"step": self.step, "tokens": self.seen, **measure(self.base, self.layer, self.averaged()[1], *self.held)}
        self.measures.append(result)
        return result

    def export(self, datasheet: dict) -> None:
        args = self.args
        adapter, drafter = self.averaged()
        meta = {"base": args.base.name if args.base else "random", "tokens_seen": str(self.seen)}
        own = {"rank": str(args.rank), "tokens_seen": str(-(-self.step // args.adapter_every) * args.sequences * self.tokens.shape[1])}
        adapter.save(args.run / "adapter.safetensors", meta | own)
        drafter.save(args.run / "drafter.safetensors", metadata=meta)
        settings = {k: str(v.name if isinstance(v, Path) else v) for k, v in vars(args).items()}
        record = {"tokens_seen": self.seen, "steps": self.step, "data": datasheet, "measures": self.measures, "settings": settings, "noise": vars(self.noise)}
        write_json(args.run / "record.json", record)


def noise_of(args: argparse.Namespace) -> Noise:
    """With --infilling, blocks of 32 too, in which (as in those of 16) a hidden run with both its ends shown is frequent."""
    if args.infilling == 0:
        return Noise(full=args.full)
    return Noise(lengths=(4, 8, 16, 32), shares=(0.35, 0.35, 0.15, 0.15), full=args.full, hole=args.infilling)


def find_data(args: argparse.Namespace, base: Base, tokenizer, log) -> tuple[torch.Tensor, torch.Tensor]:
    """tokens and roles [conversations, width]: those given, else those an interrupted run made, else new ones."""
    kept = args.data or args.run / "data.pt"
    if kept.exists():
        loaded = torch.load(kept, weights_only=True)
        return loaded["tokens"], loaded["roles"]
    tokens, roles = crowd.make(base, tokenizer, KINDS, args.data_batches, args.crowd, args.width, args.seed, args.data_minutes * 60, log)
    torch.save({"tokens": tokens, "roles": roles}, args.run / "data.pt.part")
    os.replace(args.run / "data.pt.part", args.run / "data.pt")
    return tokens, roles


def run(args: argparse.Namespace, base: Base, tokenizer) -> Joint:
    """The whole run, from where its folder stands; returns it at its end."""
    args.run.mkdir(parents=True, exist_ok=True)
    device, cuda = base.device, base.device.type == "cuda"
    began = time.monotonic()
    curve = args.run / "curve.jsonl"

    def log(entry) -> None:
        entry = {"t": round(time.monotonic() - began, 1), **(entry if isinstance(entry, dict) else {"say": entry})}
        print(json.dumps(entry), flush=True)
        with curve.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    tokens, roles = find_data(args, base, tokenizer, log)
    gc.collect()
    if cuda:
        torch.cuda.empty_cache()
    order = torch.randperm(len(tokens), generator=torch.Generator().manual_seed(args.seed))
    held = order[: min(64, len(order) // 8)]
    train = order[len(held) :]
    counts = torch.bincount(tokens[train].long()[roles[train] == ANSWER], minlength=base.shape.vocab)
    words = counts.topk(args.words).indices.sort().values
    sides = torch.bincount(roles[train].long().flatten(), minlength=3).tolist()
    datasheet = {"what": "Conversations written wholly by the base model, questions and answers; no outside text.",
                 "conversations": len(train), "held_out": len(held), "width": tokens.shape[1],
                 "tokens": dict(zip(("template", "answer", "question"), sides, strict=True)),
                 "word_coverage": round((counts[words].sum() / counts.sum()).item(), 5)}  # fmt: skip
    write_json(args.run / "datasheet.json", datasheet)
    objective.CHUNK = 8192 if cuda else objective.CHUNK
    joint = Joint(args, base, tokens[train].to(device), roles[train].to(device), (tokens[held].long().to(device), roles[held].to(device)), words)
    SHARED.update(roles=roles[train].numpy(), noise=joint.noise)
    trim(curve, joint.step)
    log(datasheet | {"resumed_at": joint.step} if joint.step else datasheet)
    pool = multiprocessing.get_context("fork").Pool(args.workers) if args.workers else None
    places = ((args.seed, i, args.sequences) for i in range(joint.step, 10**6))
    steps = pool.imap(draw_step, places, chunksize=1) if pool else map(draw_step, places)

    def finish_measure() -> None:
        log({"measure": True, **joint.measure()})
        joint.export(datasheet)
        joint.checkpoint()
        plot(curve, args.run / "curve.png")

    measured = joint.seconds
    logged = -math.inf
    entry: dict = {}
    while joint.progress() < 1:
        before = time.monotonic()
        entry |= joint.train_step(*next(steps))
        last = joint.progress() >= 1 or joint.seconds - logged > 10 or joint.step in (1, 2, 3, 10)
        if last:
            said = {k: round(v.item(), 4) if isinstance(v, torch.Tensor) else v for k, v in entry.items()}
            log(said | {"seconds": round(joint.seconds, 1), "memory_gb": round(torch.cuda.max_memory_allocated() / 1e9, 1) if cuda else 0})
            logged = joint.seconds
        joint.seconds += time.monotonic() - before
        if joint.seconds - measured > 60 * args.checkpoint_minutes:
            finish_measure()
            measured = joint.seconds
    if not joint.measures or joint.measures[-1]["step"] != joint.step:
        finish_measure()
    if pool:
        pool.terminate()
    return joint


def main() -> None:
    args = arguments()
    torch._dynamo.config.recompile_limit = 64
    if args.base:
        from text import load_tokenizer

        base, tokenizer = load_base(args.base, args.device), load_tokenizer(args.base)
    else:
        from tokenizers import Tokenizer

        base, tokenizer = random_base(args.device), Tokenizer.from_file(str(args.tokenizer))
    run(args, base, tokenizer)


if __name__ == "__main__":
    main()
