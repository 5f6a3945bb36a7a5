"""Writes test/fixtures/text/gguf-scores.json: a small SentencePiece vocabulary as GGUF files hold one (pieces, scores, kinds), and
the ids that the sentencepiece package gives for lines of lines.json, with a space before the text and without one; between special
tokens those of the tokenizers package."""
import io
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path = [p for p in sys.path if Path(p or ".").resolve() != HERE]  # a file here has the package's name
import sentencepiece as spm  # noqa: E402
from sentencepiece import sentencepiece_model_pb2 as pb  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers  # noqa: E402

sys.path.append(str(HERE))
from samples import CODE, PROSE  # noqa: E402

OUT = HERE.parent / "fixtures" / "text"
SPACE = "\u2581"
CONTROLS = ["<|user|>", "<|end|>", "<|assistant|>"]


def trained() -> pb.ModelProto:
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter([line for text in [*PROSE, *CODE] for line in text.split("\n") if line.strip()]),
        model_writer=model, model_type="bpe", vocab_size=1100, character_coverage=0.98, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
        allow_whitespace_only_pieces=True, control_symbols=CONTROLS, hard_vocab_limit=False, minloglevel=2,
    )
    proto = pb.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto


def merges_of(pieces: list[str], scores: list[float], kinds: list[int]) -> list[tuple[str, str]]:
    """As the conversion scripts of transformers rank them."""
    ids = {piece: i for i, piece in enumerate(pieces)}
    found = []
    for piece, score, kind in zip(pieces, scores, kinds):
        if kind not in (1, 4, 5):
            continue
        local = [(piece[:n], piece[n:], score) for n in range(1, len(piece)) if piece[:n] in ids and piece[n:] in ids]
        found.extend(sorted(local, key=lambda pair: (ids[pair[0]], ids[pair[1]])))
    found.sort(key=lambda one: (one[2], len(one[0]), len(one[1])), reverse=True)
    return [(left, right) for left, right, _ in found]


def main() -> None:
    proto = trained()
    pieces = [p.piece for p in proto.pieces]
    scores = [p.score for p in proto.pieces]
    kinds = [p.type for p in proto.pieces]
    texts = [text for text, _ in json.loads((OUT / "lines.json").read_text())["plain"]]

    def ids(prefix: bool, lines: list[str]) -> list[list[int]]:
        proto.normalizer_spec.add_dummy_prefix = prefix
        processor = spm.SentencePieceProcessor(model_proto=proto.SerializeToString())
        return [processor.encode(line) for line in lines]

    whole = Tokenizer(models.BPE(vocab={p: i for i, p in enumerate(pieces)}, merges=merges_of(pieces, scores, kinds), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    whole.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
    whole.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    plain = ids(True, texts)
    other = [(text, a, b) for text, a in zip(texts, plain) if (b := whole.encode(text, add_special_tokens=False).ids) != a]
    print(f"{len(texts)} lines; the two packages differ on {len(other)}: {other[:2]}")
    whole.add_special_tokens([AddedToken(p, special=True, normalized=False) for p, k in zip(pieces, kinds) if k in (2, 3)])
    with_specials = []
    for text in texts[::23]:
        chat = f"<s><|user|>\n{text}<|end|> \n<|assistant|>"
        with_specials.append([chat, whole.encode(chat, add_special_tokens=False).ids])
    data = {
        "pieces": pieces, "scores": scores, "kinds": kinds, "plain": plain,
        "unprefixed": ids(False, texts[::9]), "withSpecials": with_specials,
        "decoded": [[row, whole.decode(row, skip_special_tokens=False)] for row in plain[::31]],
    }
    (OUT / "gguf-scores.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")


main()
