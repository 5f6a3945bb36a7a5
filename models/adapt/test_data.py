"""Run with plain python: `python test_data.py [model.gguf]`. With a GGUF the tokenizer and a small part are tried too."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from base import END_OF_TURN, load_base
from blocks import ANSWER
from corpus import read
from data import datasheet, fault, make_part
from generate import QUESTION, Sampling, Script, choose, converse, likeliest
from test_adapt import tiny_base
from text import ASSISTANT, SYSTEM, USER, load_tokenizer

SCRIPT = Script([1, 20, 21], [30, 1, 31], [30, 1, 32], frozenset({40}))


def test_likeliest_is_topk():
    logits = torch.randn(5, 128 * 90, generator=torch.Generator().manual_seed(1))
    logits[0, 256:384] += 9  # many of the largest in one chunk
    values, ids = likeliest(logits, 64)
    expected = logits.topk(64)
    assert torch.equal(values, expected.values) and torch.equal(ids, expected.indices)


def test_choose_follows_temperature_top_p_and_penalty():
    n = 20000
    logits = torch.tensor([2.0, 1.5, 1.0, 0.0, -1.0] + [-30.0] * 59)
    uniform = (torch.arange(n) + 0.5) / n
    ones = torch.ones(n)
    got = choose(logits.repeat(n, 1), 0.7 * ones, 0.9 * ones, 1.3 * ones, torch.tensor([[1, 4, 4]]).repeat(n, 1), uniform, 8)
    # An independent reckoning, word by word: words 1 and 4 were said before.
    said = np.array([2.0, 1.5 / 1.3, 1.0, 0.0, -1.3])
    p = np.exp(said / 0.7) / np.exp(said / 0.7).sum()
    order = np.argsort(-p)
    keep = [w for i, w in enumerate(order) if p[order[:i]].sum() < 0.9]
    expected = np.array([p[w] if w in keep else 0 for w in range(5)])
    found = np.bincount(got.numpy(), minlength=64)[:5] / n
    assert np.allclose(found, expected / expected.sum(), atol=1e-3), (found, expected)


def test_conversations_are_what_the_base_says():
    """Almost no temperature: every free token is the clean pass's argmax; forced ones follow the template."""
    base = tiny_base(4)
    cold = Sampling(question=(1e-4, 1.0), answer=(1e-4, 1.0), penalty=1.0, candidates=8, question_limit=10)
    tokens, roles = converse(base, SCRIPT, [[50, 51], [52], []], [False] * 3, 96, cold, 1)
    assert tokens[:, :3].tolist() == [[1, 20, 21]] * 3 and tokens[0, 3:5].tolist() == [50, 51]
    _, hidden = base.clean(torch.from_numpy(tokens))
    logits = F.linear(hidden, base.embedding).float()
    off = 0
    for row, opening in enumerate((2, 1, 0)):
        for at in range(3 + opening, 96):
            if roles[row, at] == 0:
                continue
            run = at - np.flatnonzero(np.append(0, np.diff(roles[row, : at + 1].astype(int))) != 0).max()
            if roles[row, at] == QUESTION and run >= 10:
                assert tokens[row, at] == END_OF_TURN, "a long question is ended"
                continue
            best = logits[row, at - 1].max() - logits[row, at - 1, tokens[row, at]]
            off += bool(best > 0.05)  # bfloat16 sums differ in their last bits
    assert off == 0
    ends = [(r, i) for r, i in zip(*np.nonzero((tokens == END_OF_TURN) & (roles != 0)), strict=True) if i < 92]
    for row, at in ends:
        piece = SCRIPT.to_answer if roles[row, at] == QUESTION else SCRIPT.to_question
        assert tokens[row, at + 1 : at + 4].tolist() == piece and not roles[row, at + 1 : at + 4].any()
        assert roles[row, at + 4] == (ANSWER if roles[row, at] == QUESTION else QUESTION)
    assert ends


def conversation(*turns: tuple[int, list[int]]) -> tuple[np.ndarray, np.ndarray]:
    tokens, roles = [1, 20], [0, 0]
    for role, words in turns:
        tokens += [*words, 30]
        roles += [role] * len(words) + [0]
    return np.array(tokens), np.array(roles, np.uint8)


def test_filters_name_the_fault():
    q = (QUESTION, [50, 51, END_OF_TURN])
    long = list(range(100, 140))

    def of(*turns, code=False):
        return fault(*conversation(*turns), code, frozenset({40}))

    assert of(q, (ANSWER, [*long, END_OF_TURN])) is None
    assert of(q, (ANSWER, [*long, END_OF_TURN]), q, (ANSWER, long[::-1])) is None
    assert of(q, (ANSWER, long)) is None, "an answer may be cut by the length"
    assert of(q, (ANSWER, [100, 101, END_OF_TURN])) == "short"
    assert of(q, (ANSWER, [*long, 16, END_OF_TURN])) == "special"
    assert of((QUESTION, [END_OF_TURN]), (ANSWER, [*long, END_OF_TURN])) == "empty"
    assert of(q, (ANSWER, [*long, END_OF_TURN]), q, (ANSWER, [END_OF_TURN])) == "empty"
    assert of(q, (ANSWER, [40, *long, END_OF_TURN])) == "fence"
    assert of(q, (ANSWER, [*range(100, 106)] * 9 + [END_OF_TURN])) == "repeats"
    assert of(q, (ANSWER, [*long, *long[:20], END_OF_TURN])) == "repeats"
    assert of(q, (ANSWER, [*long, *long[:20], END_OF_TURN]), code=True) is None


def with_a_model(gguf: Path) -> None:
    tokenizer = load_tokenizer(gguf)
    text = SYSTEM + USER + "Add 1234 and 5.6, naïve café 😀\n\n  def f(x):\n" + ASSISTANT
    ids = tokenizer.encode(text).ids
    assert ids[0] == 1 and tokenizer.decode(ids, skip_special_tokens=False) == text
    assert [tokenizer.decode([i]) for i in tokenizer.encode("1234").ids] == list("1234")
    base = load_base(gguf)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seen: set[str] = set()
        arrays, counts = make_part(base, tokenizer, 0, 16, 160, Sampling(), 1, seen)
        np.savez_compressed(folder / "part-00000.npz", **arrays)
        (folder / "part-00000.json").write_text(json.dumps(counts))
        sheet = datasheet(folder, {})
        assert sheet["made"] == 16 and sheet["kept"] == len(arrays["tokens"]) == len(seen)
        assert len(read([folder / "part-00000.npz"])) == sheet["kept"]
        print(sheet["by_kind"])
        for row in arrays["tokens"][:3]:
            print("-----\n" + tokenizer.decode(row.tolist(), skip_special_tokens=False)[len(SYSTEM) :])


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, test in list(globals().items()):
        if name.startswith("test_") and callable(test):
            test()
            print("ok", name)
    if len(sys.argv) > 1:
        with_a_model(Path(sys.argv[1]))
        print("ok with a model")
