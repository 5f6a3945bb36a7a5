"""Writes test/fixtures/text/sentencepiece.json: a small tokenizer in the form of Gemma's, and the ids it gives for the lines of lines.json."""
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from samples import CODE, PROSE

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "text"
SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<|turn>", "<turn|>"]
ADDED = ["\n\n", "\n\n\n", "\u2581\u2581", "\u2581\u2581\u2581\u2581", "<table>", "</table>", "<unused0>", "<unused1>"]


def main() -> None:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    words = [w for text in [*PROSE, *CODE] for line in text.split("\n") for w in line.replace(" ", " \u2581").split(" ")]
    # trained on words, so that merges are words' parts; encoding merges over the whole text
    trainer = trainers.BpeTrainer(vocab_size=2600, special_tokens=[*SPECIAL, *(f"<0x{b:02X}>" for b in range(256))], limit_alphabet=400, show_progress=False)
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    learner.train_from_iterator(words, trainer)
    learned = json.loads(learner.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in learned["merges"]]
    vocab = dict(learned["vocab"])
    # pieces across words, as SentencePiece learns them too
    for left, right in [(".", "\u2581"), (",", "\u2581"), ("\n", "\n"), ("\u2581", "\u2581"), ("\u2581\u2581", "\u2581\u2581"), ("e", "\u2581the")]:
        for part in (left, right, left + right):
            vocab.setdefault(part, len(vocab))
        merges.append((left, right))
    tokenizer.model = models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    tokenizer.add_tokens([AddedToken(a, normalized=False) for a in ADDED])

    lines = json.loads((OUT / "lines.json").read_text())
    bare = Tokenizer.from_str(tokenizer.to_str())
    data = json.loads(bare.to_str())
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["special"]]
    bare = Tokenizer.from_str(json.dumps(data))
    rng = random.Random(11)
    plain = [bare.encode(text, add_special_tokens=False).ids for text, _ in lines["plain"]]
    with_specials = []
    for text, _ in lines["plain"][::17]:
        whole = f"<bos><|turn>user\n{text}<turn|>\n<|turn>model\n"
        with_specials.append([whole, tokenizer.encode(whole, add_special_tokens=False).ids])
    decoded = []
    for row in rng.sample(plain, 200):
        decoded.append([row, tokenizer.decode(row, skip_special_tokens=False)])
    for text, ids in with_specials[:20]:
        decoded.append([ids, text])
    (OUT / "sentencepiece.json").write_text(json.dumps({"tokenizer": json.loads(tokenizer.to_str()), "plain": plain, "withSpecials": with_specials, "decoded": decoded}, ensure_ascii=False, separators=(",", ":")) + "\n")


main()
