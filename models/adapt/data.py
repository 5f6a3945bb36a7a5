"""Makes the training data: the base writes questions and answers, filters keep the good ones, a datasheet says what.

Parts are functions of their number and the seed: a run that stops goes on with the next part, and machines may
share the work by part numbers. Each part is an .npz as corpus.py reads it; datasheet.json sums up all parts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from adapter import write_json
from base import END_OF_TURN, MASK_TOKEN, load_base
from blocks import ANSWER, answer_spans
from corpus import distinct_trigrams
from generate import QUESTION, Sampling, Script, converse
from kinds import KINDS
from text import ASSISTANT, SYSTEM, USER, load_tokenizer

LEAST_ANSWER = 24  # tokens of answer in a conversation
LEAST_DISTINCT = 0.8
LEAST_DISTINCT_CODE = 0.5  # code repeats itself rightly


def script_of(tokenizer: Tokenizer) -> Script:
    def ids(text: str) -> list[int]:
        return tokenizer.encode(text, add_special_tokens=False).ids

    fences = frozenset(i for i in range(tokenizer.get_vocab_size()) if tokenizer.decode([i]).strip() == "```")
    return Script(ids(SYSTEM + USER), ids("\n" + ASSISTANT), ids("\n" + USER), fences)


def question_key(tokenizer: Tokenizer, tokens: np.ndarray, roles: np.ndarray) -> str:
    """Of the first question's words, whatever their case and spacing."""
    at = np.flatnonzero(roles == QUESTION)
    end = at[0] + int(np.argmax(np.append(roles[at[0] :], 0) != QUESTION)) if len(at) else 0
    words = tokenizer.decode(tokens[at[0] : end].tolist()).lower().split() if len(at) else []
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def fault(tokens: np.ndarray, roles: np.ndarray, code: bool, fences: frozenset[int]) -> str | None:
    """Why a conversation is not kept; None keeps it.

    short: hardly any answer · empty: a turn without words · special: a token that chat never has ·
    fence: an ended answer with an open code fence · repeats: few distinct trigrams. An answer either ends or is cut
    by the length; neither is a fault.
    """
    answers = tokens[roles == ANSWER]
    if len(answers) < LEAST_ANSWER:
        return "short"
    said = tokens[roles != 0]
    if ((said <= MASK_TOKEN) & (said != END_OF_TURN)).any():
        return "special"
    spans = answer_spans(roles)
    ended = [tokens[end - 1] == END_OF_TURN for _, end in spans]
    begins = np.flatnonzero((roles != 0) & (np.append(0, roles[:-1]) != roles))
    if (tokens[begins] == END_OF_TURN).any():
        return "empty"
    for (start, end), done in zip(spans, ended, strict=True):
        if done and sum(int(t) in fences for t in tokens[start:end]) % 2:
            return "fence"
    if distinct_trigrams(answers) <= (LEAST_DISTINCT_CODE if code else LEAST_DISTINCT):
        return "repeats"
    return None


def make_part(base, tokenizer: Tokenizer, number: int, rows: int, width: int, sampling: Sampling, seed: int, seen: set[str]):
    """One part: (arrays to store, counts of kept and faulty conversations by kind)."""
    script = script_of(tokenizer)
    rng = np.random.default_rng([seed, number])
    names = list(KINDS)
    shares = np.array([KINDS[k][1] for k in names])
    drawn = rng.choice(len(names), size=rows, p=shares / shares.sum())
    openings = []
    for kind in drawn:
        choices = KINDS[names[kind]][0]
        text = choices[int(rng.integers(len(choices)))]
        openings.append(tokenizer.encode(text, add_special_tokens=False).ids)
    code = [KINDS[names[k]][2] for k in drawn]
    tokens, roles = converse(base, script, openings, code, width, sampling, int(rng.integers(2**31)))
    counts: dict[str, dict[str, int]] = {}
    kept, keys = [], []
    for i, kind in enumerate(drawn):
        key = question_key(tokenizer, tokens[i], roles[i])
        why = fault(tokens[i], roles[i], code[i], script.fences) or ("duplicate" if key in seen else "kept")
        tally = counts.setdefault(names[kind], {})
        tally[why] = tally.get(why, 0) + 1
        if why == "kept":
            seen.add(key)
            kept.append(i)
            keys.append(key)
    arrays = {
        "tokens": tokens[kept].astype(np.uint16),
        "roles": roles[kept],
        "kinds": np.array([names[k] for k in drawn[kept]], dtype="U16"),
        "questions": np.array(keys, dtype="U16"),
    }
    return arrays, counts


def datasheet(folder: Path, settings: dict) -> dict:
    """What all parts hold together, from the parts themselves and their counts."""
    parts = sorted(folder.glob("part-*.npz"))
    totals: dict[str, dict[str, int]] = {}
    sides = np.zeros(3, np.int64)
    kept = ended = answers = 0
    for path in parts:
        for kind, tally in json.loads(path.with_suffix(".json").read_text()).items():
            for why, count in tally.items():
                totals.setdefault(kind, {})[why] = totals.setdefault(kind, {}).get(why, 0) + count
        with np.load(path) as file:
            tokens, roles = file["tokens"], file["roles"]
        kept += len(tokens)
        sides += np.bincount(roles.ravel(), minlength=3)
        for t, r in zip(tokens, roles, strict=True):
            for _, end in answer_spans(r):
                answers += 1
                ended += int(t[end - 1] == END_OF_TURN)
    made = sum(sum(t.values()) for t in totals.values())
    return {
        "what": "Conversations written wholly by the base model, questions and answers; no outside text.",
        "made": made,
        "kept": kept,
        "tokens": {"template": int(sides[0]), "answer": int(sides[1]), "question": int(sides[2])},
        "answers": answers,
        "answers_ended": ended,
        "by_kind": totals,
        "filters": {"least_answer": LEAST_ANSWER, "distinct_trigrams": LEAST_DISTINCT, "in_code": LEAST_DISTINCT_CODE},
        "parts": [p.name for p in parts],
        "settings": settings,
        "limits": "English, as a small model writes: facts in answers are often wrong. Made to teach how the base "
        "goes on, never what is true.",
    }


def main() -> None:
    p = argparse.ArgumentParser(description="Make conversations for training by self-distillation.")
    p.add_argument("--base", type=Path, required=True, help="GGUF of the base model")
    p.add_argument("--out", type=Path, required=True, help="folder of the parts; goes on after those it holds")
    p.add_argument("--parts", type=int, required=True, help="how many parts there shall be")
    p.add_argument("--first", type=int, default=0, help="number of the first part (to share work)")
    p.add_argument("--rows", type=int, default=256, help="conversations at once, made for a part")
    p.add_argument("--width", type=int, default=384, help="tokens a conversation")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    sampling = Sampling()
    base, tokenizer = load_base(args.base, args.device), load_tokenizer(args.base)
    settings = asdict(sampling) | {"rows": args.rows, "width": args.width, "seed": args.seed, "base": args.base.name}
    seen: set[str] = set()
    for path in sorted(args.out.glob("part-*.npz")):
        with np.load(path) as file:
            seen.update(file["questions"].tolist())
    for number in range(args.first, args.first + args.parts):
        path = args.out / f"part-{number:05d}.npz"
        if path.exists():
            continue
        began = time.monotonic()
        arrays, counts = make_part(base, tokenizer, number, args.rows, args.width, sampling, args.seed, seen)
        write_json(path.with_suffix(".json"), counts)
        with (args.out / "part.new").open("wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(args.out / "part.new", path)
        write_json(args.out / "datasheet.json", datasheet(args.out, settings))
        took = time.monotonic() - began
        print(f"{path.name}: kept {len(arrays['tokens'])} of {args.rows}, {args.rows * args.width / took:.0f} tokens/s", flush=True)


if __name__ == "__main__":
    main()
