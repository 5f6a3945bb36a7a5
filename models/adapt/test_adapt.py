"""Run with plain python: `python test_adapt.py`. A tiny random base stands in for the real one."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import joint
import lookahead
import prune
import train
import trials
from adapter import Adapter, CanvasPass
from base import Base, Layer, Shape, half_split
from blocks import ANSWER, Noise, draw, masks, tile, windows
from corpus import Conversation, distinct_trigrams, epoch_batches, read, split
from drafter import Drafter, DrafterShape
from measure import HeldOut
from objective import SoftCrossEntropy, hints, loss, make_batch, mistaken, teacher
from unpack import unpack

TINY = Shape(layers=2, hidden=32, heads=4, kv_heads=2, head_dim=8, ff=48, vocab=64, rope_theta=1e4, eps=1e-5, context=512)


def tiny_base(seed: int = 0) -> Base:
    g = torch.Generator().manual_seed(seed)

    def matrix(rows: int, columns: int) -> torch.Tensor:
        return (torch.randn(rows, columns, generator=g) / columns**0.5).to(torch.bfloat16)

    s = TINY
    layers = [
        Layer(matrix(s.qkv, 32), matrix(32, 32), matrix(2 * s.ff, 32), matrix(32, s.ff), torch.ones(32), torch.ones(32))
        for _ in range(s.layers)
    ]
    return Base(s, matrix(s.vocab, 32), layers, torch.ones(32))


def tiny_corpus(count: int, length: int = 128) -> list[Conversation]:
    rng = np.random.default_rng(3)
    roles = np.zeros(length, np.uint8)
    roles[20:60] = roles[80:120] = ANSWER
    return [Conversation(rng.integers(20, 64, length), roles, f"{i:04x}") for i in range(count)]


@contextmanager
def tiny_training() -> Iterator[str]:
    """train.py over the tiny base and nine conversations; the name of a folder for its runs."""
    corpus = tiny_corpus(9)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(train, "load_base", lambda *_: tiny_base()),
        mock.patch.object(train, "read", lambda *_: corpus),
    ):
        yield folder


def trained_adapter(base: Base) -> Adapter:
    """An adapter whose every tensor matters."""
    adapter = Adapter.fresh(base, 4, 1)
    g = torch.Generator().manual_seed(5)
    for v in adapter.tensors.values():
        v.add_(0.1 * torch.randn(v.shape, generator=g))
    return adapter


def run_block(base, adapter, tokens, start, masked):
    """Hidden rows of one block after a known context."""
    size = len(masked)
    positions, block = np.arange(start, start + size), np.zeros(size, np.int64)
    cache, clean = base.clean(tokens[None])
    seen = windows(positions[None], block[None], len(tokens))
    at = torch.from_numpy(positions)[None]
    return CanvasPass(base)(adapter, cache, tokens[at], masked[None], at, seen)[0], clean[0]


def test_a_row_sees_its_context_and_its_block_and_nothing_hidden():
    base = tiny_base()
    adapter = trained_adapter(base)
    tokens = torch.from_numpy(tiny_corpus(1)[0].tokens)
    masked = torch.tensor([True, False, True, True])
    before, _ = run_block(base, adapter, tokens, 30, masked)
    for place, seen in ((29, True), (0, True), (30, False), (31, True), (32, False), (34, False), (100, False)):
        other = tokens.clone()
        other[place] = (other[place] + 7) % 64
        after, _ = run_block(base, adapter, other, 30, masked)
        assert torch.equal(before, after) != seen, place
        if place == 31:
            assert not torch.equal(before[0], after[0]), "an earlier row of the block sees a later revealed slot"


def test_a_fresh_adapter_on_a_revealed_slot_is_the_base():
    base = tiny_base()
    tokens = torch.from_numpy(tiny_corpus(1)[0].tokens)
    row, clean = run_block(base, Adapter.fresh(base, 4, 1), tokens, 30, torch.tensor([False]))
    assert torch.allclose(row[0].float(), clean[30].float(), atol=0.03)


def test_copies_of_a_pair_hide_every_slot_once():
    rng = np.random.default_rng(0)
    whole = 0
    for _ in range(400):
        first, second = masks(8, Noise(), rng)
        if first.all() and second.any():
            whole += 1
            assert not second[0] and second[-1] and (np.diff(second.astype(int)) >= 0).all()
        else:
            assert (first ^ second).all()
    assert 100 < whole < 190


def test_infilling_hides_one_run_between_shown_ends():
    rng = np.random.default_rng(0)
    for _ in range(200):
        first, second = masks(32, Noise(full=0.0, hole=1.0), rng)
        assert (first ^ second).all() and not first[0] and not first[-1]
        assert np.count_nonzero(np.diff(first.astype(int))) == 2 and first.sum() >= 2


def test_wanted_rows_predict_hidden_tokens_of_the_answer():
    c = tiny_corpus(1)[0]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        d = draw(c.roles, 96, Noise(), rng)
        for copy in (0, 1):
            for row in np.flatnonzero(d.weight[copy]):
                assert c.roles[d.positions[row] + 1] == ANSWER
                same = np.flatnonzero(d.block == d.block[row])
                if row == same[-1]:
                    assert d.masked[copy, same].all(), "past its end a block predicts only when wholly masked"
                else:
                    assert d.masked[copy, row + 1]
    starts = {n for seed in range(200) for n, _, _ in tile(c.roles, Noise(), np.random.default_rng(seed))}
    assert set(range(20, 56)) <= starts, "blocks begin anywhere in an answer, its first token included"


def test_a_wrong_token_stands_in_a_revealed_slot_and_is_to_be_corrected():
    base, corpus = tiny_base(), tiny_corpus(2)
    assert not make_batch(corpus, Noise(), np.random.default_rng(1), base.device).wrong.any()
    batch = make_batch(corpus, Noise(full=0.2, wrong=0.4), np.random.default_rng(1), base.device)
    assert batch.wrong.sum() > 10 and not (batch.wrong & batch.masked).any()
    cache, clean = base.clean(batch.clean)
    shown = mistaken(base, clean, batch)
    assert torch.equal(shown != batch.tokens, batch.wrong)
    copy, row = (batch.wrong & ~batch.first).nonzero(as_tuple=True)
    assert (batch.weight[copy, row - 1] == 1).all(), "the row before a wrong token learns what should stand there"
    # each is one of the base's likeliest after the text before it
    likely = (clean[copy % 2, batch.positions[copy, row] - 1] @ base.embedding.T).topk(8, -1).indices
    assert (likely == shown[copy, row, None]).any(-1).all()


def test_a_hint_is_what_the_row_before_expects_and_changes_nothing_until_it_is_weighed():
    base = tiny_base()
    batch = make_batch(tiny_corpus(2), Noise(), np.random.default_rng(4), base.device)
    cache, clean = base.clean(batch.clean)
    rows = (cache, batch.tokens, batch.masked, batch.positions, batch.windows)
    adapter = trained_adapter(base).conditioned()
    canvas = CanvasPass(base)
    before = canvas(adapter, *rows)
    hint = hints(base, clean, before, batch.masked, batch.positions, batch.first)
    assert not hint[~batch.masked].any()
    ids, p = teacher(base, torch.stack([clean[0, batch.positions[0, 0] - 1], before[0, 0]]))
    expected = torch.einsum("wk,wkh->wh", p, base.embedding[ids].float())
    for slot in (0, 1):
        if batch.masked[0, slot]:
            assert torch.allclose(hint[0, slot], expected[0 if batch.first[0, slot] else 1], atol=1e-5), slot
    assert torch.equal(canvas(adapter, *rows, hint), before)
    adapter.tensors["condition"].fill_(0.5)
    assert not torch.equal(canvas(adapter, *rows, hint), before)
    loss(base, canvas, adapter.train(), batch, 0.5, twice=True)[0].backward()
    assert adapter.tensors["condition"].grad.abs().sum() > 0


def test_sharpened_targets_are_surer():
    base = tiny_base()
    hidden = torch.randn(6, 32, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    (ids, plain), (same, sharp) = teacher(base, hidden, 8), teacher(base, hidden, 8, temperature=0.5)
    assert torch.equal(ids, same) and (sharp[:, 0] > plain[:, 0]).all()
    assert torch.allclose(sharp, plain**2 / (plain**2).sum(-1, keepdim=True), atol=1e-5)


def test_a_packed_adapter_is_the_trainers_again():
    base = tiny_base()
    adapter = Adapter.fresh(base, 32, 1, ("o",))
    g = torch.Generator().manual_seed(3)
    packed, offsets = {"mask_embedding": adapter.tensors["mask_embedding"]}, torch.randn(5, 32, generator=g)
    for name in [k for k in adapter.tensors if k.endswith((".A", ".B"))]:
        values = torch.randint(0, 256, adapter.tensors[name].shape, generator=g)
        scales = torch.rand(len(values), values.shape[1] // 32, generator=g)
        packed |= {f"adapter.{name}.weight": values.to(torch.uint8), f"adapter.{name}.scales": scales}
        adapter.tensors[name] = (values.float() - 128) * scales.repeat_interleave(32, 1)
    packed["adapter.gains"] = torch.stack([torch.ones(160), 1 + offsets.flatten()])
    for i, name in enumerate(["layers.0.norm1_offset", "layers.0.norm2_offset", "layers.1.norm1_offset", "layers.1.norm2_offset", "final_norm_offset"]):
        adapter.tensors[name] = offsets[i]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adapter.safetensors"
        save_file(packed, str(path))
        tensors = unpack(path)
        assert tensors.keys() == adapter.tensors.keys()
        for k, v in adapter.tensors.items():
            assert torch.allclose(tensors[k], v, atol=1e-5), k
        save_file(tensors, str(path))
        assert Adapter.load(path, base).adapted == adapter.adapted


def test_a_trial_is_run_once_and_told():
    with tiny_training() as folder, mock.patch("builtins.print") as said:
        start = Path(folder) / "start.safetensors"
        trained_adapter(tiny_base()).save(start, {})
        argv = ["trials.py", "--base", "b", "--data", "d", "--start", str(start), "--out", folder, "--steps", "2"]
        chosen = ["--only", "as shipped", "wrong tokens 0.15", "self-conditioning"]
        with mock.patch("sys.argv", [*argv, *chosen]), mock.patch.object(train, "arguments", with_few_held_out(train.arguments)):
            trials.main()
            files = sorted(Path(folder).glob("*/record.json"))
            times = [f.stat().st_mtime_ns for f in files]
            trials.main()
            assert len(files) == 3 and [f.stat().st_mtime_ns for f in files] == times
        lines = said.call_args_list[-1].args[0].splitlines()
        assert [line.split(" | ")[0].strip("| ") for line in lines] == ["start", "as shipped", "wrong tokens 0.15", "self-conditioning"]
        assert "kept" in lines[2] and "corrected" in lines[2] and "twice" in lines[3]


def with_few_held_out(arguments):
    def made(argv):
        return arguments([*argv, "--held-out", "3", "--threads", "1", "--lengths", "4", "--shares", "1"])

    return made


def test_soft_cross_entropy_has_autograds_gradient():
    g = torch.Generator().manual_seed(2)
    head = torch.randn(64, 32, generator=g)
    hidden = torch.randn(300, 32, generator=g, requires_grad=True)
    ids = torch.stack([torch.randperm(64, generator=g)[:5] for _ in range(300)])
    p = torch.rand(300, 5, generator=g).softmax(-1)
    w = torch.rand(300, generator=g)
    value = 3 * SoftCrossEntropy.apply(hidden, head, ids, p, w)
    value.backward()
    mine, hidden.grad = hidden.grad, None
    plain = 3 * (w * -((hidden @ head.T).log_softmax(-1).gather(1, ids) * p).sum(-1)).sum()
    plain.backward()
    assert torch.allclose(value, plain, rtol=1e-4) and torch.allclose(mine, hidden.grad, atol=1e-4)


def test_every_tensor_gets_a_gradient():
    base = tiny_base()
    adapter = trained_adapter(base).train()
    batch = make_batch(tiny_corpus(2), Noise(), np.random.default_rng(1), base.device)
    loss(base, CanvasPass(base), adapter, batch, 0.5)[0].backward()
    for name, v in adapter.tensors.items():
        assert v.grad is not None and v.grad.abs().sum() > 0, name


def test_windows_change_no_result():
    base = tiny_base()
    adapter = trained_adapter(base)
    for window in (24, 40):
        whole, cut = (make_batch(tiny_corpus(2), Noise(), np.random.default_rng(4), base.device, w) for w in (0, window))
        assert len(whole.windows) == 1 and len(cut.windows) > 2 and torch.equal(whole.weight, cut.weight)
        cache, _ = base.clean(whole.clean)
        a, b = (CanvasPass(base)(adapter, cache, x.tokens, x.masked, x.positions, x.windows) for x in (whole, cut))
        used = whole.weight > 0
        assert torch.allclose(a[used].float(), b[used].float(), atol=0.06)


def test_half_split_undoes_the_ggufs_order():
    w = np.arange(2 * 8 * 3, dtype=np.float32).reshape(16, 3)
    interleaved = w.reshape(2, 2, 4, 3).swapaxes(1, 2).reshape(16, 3)
    assert np.array_equal(half_split(interleaved, 2), w)


def test_corpus_filters_repeats_and_splits_for_good():
    assert distinct_trigrams(np.tile(np.arange(4), 20)) < 0.1 < distinct_trigrams(np.arange(50)) == 1.0
    many = tiny_corpus(50)
    training, held = split(many, 10)
    assert len(held) == 10 and not {c.key for c in training} & {c.key for c in held}
    assert [c.key for c in split(many[::-1], 10)[1]] == [c.key for c in held]
    assert epoch_batches(training, 2, 1, 0) == epoch_batches(training, 2, 1, 0) != epoch_batches(training, 2, 1, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.npz"
        tokens = np.full((3, 160), 65535, np.uint16)
        tokens[:, :128] = np.stack([many[0].tokens, many[0].tokens, np.tile(np.arange(8), 16)])
        np.savez(path, tokens=tokens, roles=np.pad(np.stack([many[0].roles] * 3), ((0, 0), (0, 32))))
        kept = read([path])
        assert len(kept) == 1 and np.array_equal(kept[0].tokens, many[0].tokens)


def settings(folder: Path, steps: int) -> argparse.Namespace:
    argv = ["train.py", "--base", "x", "--data", "x", "--run", str(folder), "--steps", str(steps), "--rank", "4"]
    with mock.patch("sys.argv", [*argv, "--held-out", "2", "--threads", "1"]):
        return train.arguments()


def test_a_resumed_run_equals_one_that_never_stopped():
    with tiny_training() as folder:
        def steps(run: train.Run, count: int) -> list[float]:
            return [run.train_step()["loss"] for _ in range(count)]

        whole = train.Run(settings(Path(folder) / "a", 8))
        expected = steps(whole, 8)
        (Path(folder) / "b").mkdir()
        first = train.Run(settings(Path(folder) / "b", 8))
        got = steps(first, 5)
        first.checkpoint()
        second = train.Run(settings(Path(folder) / "b", 8))
        got += steps(second, 3)
        assert got == expected
        for k, v in whole.adapter.tensors.items():
            assert torch.equal(v, second.adapter.tensors[k]), k
            assert torch.equal(whole.average[k], second.average[k]), k


def joint_settings(folder: Path, steps: int, *more: str) -> argparse.Namespace:
    argv = ["joint.py", "--run", str(folder), "--data", str(folder.parent / "data.pt"), "--steps", str(steps), "--device", "cpu", "--no-compile"]
    small = ["--rank", "4", "--words", "40", "--layers", "1", "--slots", "3", "--taps", "1", "2", "--sequences", "2", "--anchors", "6", "--workers", "0"]
    with mock.patch("sys.argv", [*argv, *small, *more]):
        return joint.arguments()


def joint_data(folder: Path) -> None:
    data = tiny_corpus(24)
    tokens = torch.from_numpy(np.stack([c.tokens for c in data]).astype(np.int32))
    torch.save({"tokens": tokens, "roles": torch.from_numpy(np.stack([c.roles for c in data]))}, folder / "data.pt")


def test_a_resumed_joint_run_equals_one_that_never_stopped():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        joint_data(folder)
        whole = joint.run(joint_settings(folder / "a", 7, "--infilling", "0.5"), tiny_base(), None)
        cut = joint_settings(folder / "b", 7, "--infilling", "0.5")
        steps = iter(range(7))

        def stopped(self, *drawn):
            if next(steps) == 4:
                raise KeyboardInterrupt
            return train_step(self, *drawn)

        train_step = joint.Joint.train_step
        with mock.patch.object(joint.Joint, "train_step", stopped):
            cut.checkpoint_minutes = 0.0  # after every step
            try:
                joint.run(cut, tiny_base(), None)
                raise AssertionError("it was not stopped")
            except KeyboardInterrupt:
                pass
        resumed = joint.run(joint_settings(folder / "b", 7, "--infilling", "0.5"), tiny_base(), None)
        assert resumed.step == whole.step == 7 and resumed.seen == whole.seen
        for of in ("adapter", "drafter"):
            for k, v in whole.models[of].tensors.items():
                assert torch.equal(v, resumed.models[of].tensors[k]), k
                assert torch.equal(whole.averages[of][k], resumed.averages[of][k]), k
        told = [json.loads(line) for line in (folder / "b" / "curve.jsonl").read_text().splitlines()]
        made = [e["step"] for e in told if "draft" in e]
        assert made == sorted(set(made)), "a step stands twice in the curve"
        for file in ("adapter.safetensors", "drafter.safetensors", "record.json", "datasheet.json", "curve.png"):
            assert (folder / "b" / file).stat().st_size > 0, file


def test_a_joint_runs_infilling_share_changes_its_canvases():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assert joint.noise_of(joint_settings(folder, 1)) == Noise(full=0.35)
        noise = joint.noise_of(joint_settings(folder, 1, "--infilling", "0.5"))
        assert noise.hole == 0.5 and 32 in noise.lengths and abs(sum(noise.shares) - 1) < 1e-9


def test_further_slots_leave_the_drafters_own_as_they_are():
    base = tiny_base()
    few = Drafter.fresh(base, torch.arange(20, 60), DrafterShape(layers=2, taps=(1, 2), slots=3, window=16, followers=8), seed=1)
    tokens = torch.from_numpy(np.stack([c.tokens for c in tiny_corpus(2)]))
    roles = torch.from_numpy(np.stack([c.roles for c in tiny_corpus(2)]))
    _, _, taps = base.tapped(tokens, few.sizes.taps)

    def hidden(drafter: Drafter) -> torch.Tensor:
        random = torch.Generator().manual_seed(5)
        at, _, bias = joint.drafter_batch(roles, 4, replace(drafter.sizes, slots=7), random)
        k = drafter.sizes.slots
        if k == 3:
            context = bias.shape[-1] - bias.shape[-2]
            row = torch.arange(28)[torch.arange(28) % 7 < 3]
            bias = bias[:, :, row][..., torch.cat([torch.arange(context), context + row])]
        else:
            bias = lookahead.hide_further(bias, 4, k, 3)
        return joint.run_drafter(drafter, taps, tokens, at, bias)[:, :, :3]

    assert torch.allclose(hidden(few), hidden(lookahead.widened(few, 7)), atol=1e-2)


def test_a_worse_measure_keeps_the_best_export():
    good, bad = {"loss": 4.0}, {"loss": 4.1}
    with tiny_training() as folder:
        run = train.Run(settings(Path(folder), 8))
        run.measures = [{"step": 0, "all_masked": good, "first_shown": good}]
        run.export(run.measures[-1])
        kept = (Path(folder) / "adapter.safetensors").read_bytes()
        run.train_step()
        run.measures.append({"step": 1, "all_masked": bad, "first_shown": good})
        run.export(run.measures[-1])
        assert (Path(folder) / "adapter.safetensors").read_bytes() == kept
        loaded = Adapter.load(Path(folder) / "adapter.safetensors", tiny_base())
        assert loaded.rank == 4


def test_held_out_drafts_of_the_base_itself_agree_when_all_is_shown():
    """With every slot shown and no look ahead possible at j2, a fresh adapter's draft is nearly the base's."""
    base = tiny_base()
    held = HeldOut(base, tiny_corpus(3))
    result = held.measure(CanvasPass(base), Adapter.fresh(base, 4, 1), shown=0)
    assert result["places"] == sum(len(i["text"]) for i in held.items) > 10
    losses = [(i["probabilities"] >= 0).all().item() for i in held.items]
    assert all(losses) and 0 <= result["text_j2"] <= 1
    # The teacher's label for draft j2 at n is the base's own word after the true token n.
    item = held.items[0]
    cache, hidden = base.clean(torch.from_numpy(tiny_corpus(3)[0].tokens[None]))
    n = int(item["positions"][0, 0])
    assert item["ids"][0, 1, 0] == F.linear(hidden[0, n], base.embedding).argmax()
    assert item["text"][0, 1] == tiny_corpus(3)[0].tokens[n + 1]


def canvas_rows(base: Base, adapter: Adapter) -> torch.Tensor:
    return run_block(base, adapter, torch.arange(20, 60), 30, torch.tensor([False, True, True]))[0]


def test_an_adapter_cut_to_the_rank_that_it_has_says_the_same():
    base = tiny_base()
    adapter = trained_adapter(base)
    # of rank 2 in truth, held in factors of rank 4
    for layer, projection in adapter.adapted:
        adapter.tensors[f"layers.{layer}.{projection}.A"][2:] = adapter.tensors[f"layers.{layer}.{projection}.A"][:2]
    smaller = prune.truncated(adapter, 2)
    assert smaller.rank == 2 and smaller.adapted == adapter.adapted
    assert torch.allclose(canvas_rows(base, smaller), canvas_rows(base, adapter), atol=0.05)
    assert not torch.allclose(canvas_rows(base, prune.truncated(adapter, 1)), canvas_rows(base, adapter), atol=0.05)


def test_projections_left_out_are_the_bases_own():
    base = tiny_base()
    adapter = trained_adapter(base)
    smaller = prune.without(adapter, [(0, "o"), (1, "down")])
    assert set(adapter.adapted) - set(smaller.adapted) == {(0, "o"), (1, "down")}
    for name in ("layers.0.o.B", "layers.1.down.B"):
        adapter.tensors[name].zero_()
    assert torch.equal(canvas_rows(base, smaller), canvas_rows(base, adapter))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "smaller.safetensors"
        smaller.save(path, {})
        assert Adapter.load(path, base).adapted == smaller.adapted


def test_what_is_left_out_is_named_by_projection_layers_or_both():
    adapter = trained_adapter(tiny_base())
    layers = adapter.shape.layers
    assert prune.chosen(adapter, "down") == [(i, "down") for i in range(layers)]
    assert prune.chosen(adapter, "1") == [(1, p) for p in ("qkv", "o", "gate_up", "down")]
    assert prune.chosen(adapter, "0-1.o") == [(0, "o"), (1, "o")]
    for nothing in ("up", "99"):
        try:
            prune.chosen(adapter, nothing)
        except ValueError as error:
            assert nothing in str(error)
        else:
            raise AssertionError(f"{nothing} was found")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name)
