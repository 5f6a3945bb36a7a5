"""Greedy replies of the model to many questions: what the loop guard is tuned on. Writes JSON lines {question, ids}."""
import json

import numpy as np
import torch

import gguf_source
from model import Model, Weights

LIMIT = 360


def questions(made, path: str, wanted: int) -> list[str]:
    data = np.load(path)["tokens"]
    found: list[str] = []
    for row in data[:: max(1, len(data) // wanted)]:
        text = made.decode([int(t) for t in row if t != 65535], skip_special_tokens=False)
        found.append(text.split("<|im_start|>user\n", 1)[1].split("<|im_end|>", 1)[0])
    return list(dict.fromkeys(q for q in found if 5 < len(q) < 400))[:wanted]


@torch.inference_mode()
def reply(model: Model, prompts: list[list[int]], end: int) -> list[list[int]]:
    width = max(map(len, prompts))
    pad = torch.tensor([width - len(p) for p in prompts])
    ids = torch.tensor([[0] * (width - len(p)) + p for p in prompts])
    live = torch.arange(width)[None] >= pad[:, None]
    square = torch.ones(width, width, dtype=torch.bool).tril()[None] & live[:, None, :]
    square |= torch.eye(width, dtype=torch.bool)[None]
    hidden, past = model.hidden(ids, (torch.arange(width)[None] - pad[:, None]).clamp(min=0), square)
    replies: list[list[int]] = [[] for _ in prompts]
    open_rows = set(range(len(prompts)))
    for step in range(LIMIT):
        best = model.logits(hidden[:, -1]).argmax(-1)
        for row in list(open_rows):
            token = int(best[row])
            if token == end:
                open_rows.discard(row)
            else:
                replies[row].append(token)
        if not open_rows:
            break
        live = torch.cat([live, torch.ones(len(prompts), 1, dtype=torch.bool)], 1)
        hidden, past = model.hidden(best[:, None], (width + step - pad)[:, None], live[:, None, :], past=past)
    return replies


def main() -> None:
    given = gguf_source.arguments(__doc__ or "", conversations="npz with tokens", out="file to write")
    torch.set_num_threads(2)
    made = gguf_source.tokenizer(given.gguf)
    asked = questions(made, given.conversations, 128)
    model = Model(Weights(given.gguf, True))
    end = made.token_to_id("<|im_end|>")
    with open(given.out, "w") as file:
        for at in range(0, len(asked), 32):
            some = asked[at : at + 32]
            prompts = [
                made.encode(f"<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\n", add_special_tokens=False).ids
                for q in some
            ]
            for question, ids in zip(some, reply(model, prompts, end)):
                file.write(json.dumps({"question": question, "ids": ids, "text": made.decode(ids)}) + "\n")
            file.flush()


if __name__ == "__main__":
    main()
