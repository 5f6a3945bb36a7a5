"""Writes test/fixtures/text/: lines and chat prompts with the ids the reference tokenizer and jinja2 give."""
import json
import random
import unicodedata
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment

import gguf_source
from samples import CODE, PROSE, SPECIAL_TYPED, TRICKY

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "text"
SPECIAL_END, SPECIAL_START = "<|im_end|>", "<|im_start|>"


def assigned() -> list[str]:
    kept = []
    for point in [*range(0x20, 0x3000), *range(0x3000, 0x3400), *range(0x4E00, 0x9FFF, 7), *range(0xAC00, 0xD7A3, 11), *range(0xA000, 0xABFF), *range(0xF900, 0x10000), *range(0x10000, 0x12000), *range(0x1D400, 0x1D800), *range(0x1F000, 0x1FA00), *range(0x20000, 0x2A000, 97), *range(0xE0100, 0xE01F0, 9), *range(0xF0000, 0xF0040)]:
        if unicodedata.category(chr(point)) not in ("Cn", "Cs"):
            kept.append(chr(point))
    return kept


def lines(rng: random.Random) -> list[str]:
    out: list[str] = [*TRICKY, *SPECIAL_TYPED]
    for text in PROSE:
        out.append(text)
        out.append(" " + text + "\n")
        out.append(text.upper())
        out.append("".join(c + rng.choice(["", "", " ", "\u0301", "\u200d"]) for c in text)[:80])
    for code in CODE:
        out.append(code)
        out.extend(part for part in code.split("\n") if part)
        out.append(code.replace("    ", "\t"))
        out.append(code.replace("\n", "\r\n"))
    words = " ".join(PROSE).split()
    snippets = [w for c in CODE for w in c.split()]
    for _ in range(450):
        out.append(" ".join(rng.choice(words) for _ in range(rng.randint(2, 14))))
    for _ in range(250):
        out.append("".join(rng.choice(snippets) + rng.choice(["", " ", "  ", "\n", "\t", "\n    "]) for _ in range(rng.randint(2, 10))))
    for _ in range(220):
        form = rng.choice(["{}", "{:,}", "{:.3f}", "{:e}", "-{}", "{}%", "${}", "1/{}", "x{}y", "{}\u00b2", "{:x}", "0x{:X}", "{:b}"])
        value: float | int = rng.randint(0, 10 ** rng.randint(1, 14))
        out.append(form.format(value) + rng.choice(["", " ", "\n", ".", " km"]))
    blanks = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\u200b", "\ufeff", "\v", "\f", "\u1680", "\u202f"]
    for _ in range(250):
        out.append("".join(rng.choice([rng.choice(blanks) * rng.randint(1, 5), rng.choice(words), rng.choice("0123456789.,;:!?'\"()")]) for _ in range(rng.randint(1, 8))))
    for _ in range(120):
        out.append("".join(chr(rng.choice([*range(0, 32), 127, *range(128, 160)])) if rng.random() < 0.3 else rng.choice("abc de'sf\n") for _ in range(rng.randint(1, 24))))
    points = assigned()
    for _ in range(500):
        out.append("".join(rng.choice(points) for _ in range(rng.randint(1, 14))))
    for _ in range(300):
        base = rng.randrange(len(points))
        out.append("".join(points[min(len(points) - 1, base + rng.randint(0, 60))] + rng.choice(["", "", " "]) for _ in range(rng.randint(2, 16))))
    for _ in range(120):
        special = rng.choice(SPECIAL_TYPED)
        out.append(rng.choice(words) + rng.choice(["", " ", "\n"]) + special + rng.choice(["", " ", "<", "|>"]) + rng.choice(words))
    emoji = [p for p in points if unicodedata.category(p) == "So" and ord(p) > 0x2600]
    for _ in range(120):
        out.append("".join(rng.choice(emoji) + rng.choice(["", "\ufe0f", "\u200d", "\U0001f3fd", " "]) for _ in range(rng.randint(1, 6))))
    for length in (200, 500, 1500):
        out.append("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length)))
        out.append(rng.choice(["a", "ab", "=", "-", "ha", "\u00e9", "\u6f22"]) * length)
    unique = dict.fromkeys(out)
    return list(unique)


def conversations(rng: random.Random, plain: list[str]) -> list[list[dict[str, str]]]:
    out: list[list[dict[str, str]]] = []
    edges = ["", " ", "\n", "\n\n", "  \n", "\t", "\u00a0"]
    for index in range(220):
        messages: list[dict[str, str]] = []
        if rng.random() < 0.4:
            messages.append({"role": "system", "content": rng.choice(["You are terse.", "", "Answer in French.\n", " x"])})
        for turn in range(rng.randint(1, 3)):
            pool = SPECIAL_TYPED if index % 5 == 0 else plain
            messages.append({"role": "user", "content": rng.choice(edges) + rng.choice(pool)[:300] + rng.choice(edges)})
            messages.append({"role": "assistant", "content": rng.choice(edges) + rng.choice(plain)[:300] + rng.choice(edges)})
        out.append(messages[:-1] if rng.random() < 0.8 else messages)
    return out


def prompt_ids(made, environment, template: str, messages: list[dict[str, str]], generation: bool) -> list[int]:
    """What a person typed is fenced with private-use marks, so that only the template's own special tokens are read as such."""
    marks = [("\U000f8000", "\U000f8001")]
    fenced = [{"role": m["role"], "content": marks[0][0] + m["content"] + marks[0][1]} for m in messages]
    rendered = environment.from_string(template).render(messages=fenced, add_generation_prompt=generation)
    runs: list[str | int] = [""]

    def add(text: str) -> None:
        assert isinstance(runs[-1], str)
        runs[-1] += text

    for n, part in enumerate(rendered.split(marks[0][0])):
        outside = part
        if n > 0:
            inside, outside = part.split(marks[0][1])
            add(inside)
        while outside:
            found = [(outside.find(s), s) for s in (SPECIAL_START, SPECIAL_END) if s in outside]
            if not found:
                add(outside)
                break
            at, special = min(found)
            add(outside[:at])
            runs += [made.token_to_id(special), ""]
            outside = outside[at + len(special) :]
    ids: list[int] = []
    for run in runs:
        ids += [run] if isinstance(run, int) else gguf_source.encode_plain(made, run)
    unfenced = environment.from_string(template).render(messages=messages, add_generation_prompt=generation)
    if not any(s in m["content"] for m in messages for s in SPECIAL_TYPED if s.startswith("<")):
        assert ids == made.encode(unfenced, add_special_tokens=False).ids
    return ids


def main() -> None:
    path = gguf_source.arguments(__doc__ or "").gguf
    rng = random.Random(20261123)
    made = gguf_source.tokenizer(path)
    OUT.mkdir(parents=True, exist_ok=True)
    plain = lines(rng)
    dump = [[text, gguf_source.encode_plain(made, text)] for text in plain]
    decoded = []
    for _ in range(150):
        ids = [rng.randrange(len(field_tokens(path))) for _ in range(rng.randint(1, 20))]
        decoded.append([made.decode(ids, skip_special_tokens=False), ids])
    with_specials = [[f"{SPECIAL_START}user\n{t[:60]}{SPECIAL_END}\n<jupyter_code>{t[:20]}", None] for t in rng.sample(plain, 60)]
    for row in with_specials:
        row[1] = made.encode(row[0], add_special_tokens=False).ids
    (OUT / "lines.json").write_text(json.dumps({"plain": dump, "withSpecials": with_specials, "decoded": decoded}, ensure_ascii=True, separators=(",", ":")))
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = gguf_source.field(path, "tokenizer.chat_template")
    chats = []
    for messages in conversations(rng, plain):
        generation = rng.random() < 0.8
        chats.append({"messages": messages, "generation": generation, "ids": prompt_ids(made, environment, template, messages, generation)})
    (OUT / "prompts.json").write_text(json.dumps({"template": template, "prompts": chats}, ensure_ascii=True, separators=(",", ":")))
    print(len(dump), "lines", len(chats), "prompts")


def field_tokens(path: str) -> list[str]:
    return gguf_source.field(path, "tokenizer.ggml.tokens")


if __name__ == "__main__":
    main()
