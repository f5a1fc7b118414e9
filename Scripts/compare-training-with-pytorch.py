#!/usr/bin/env python3
"""Takes turns with PyTorch on the same model, text, batch and threads in float32: tokens per second of whole training
steps, and their ratio.

    python3 -m pip install torch numpy
    swift build -c release
    python3 Scripts/compare-training-with-pytorch.py --text tinyshakespeare.txt

Models: small-gpt (nanoGPT's character recipe for CPUs: 4 layers, 4 heads, width 128, 12 rows of 64, 65 characters) and
llama-15m (6 layers, 6 heads, width 288, feed-forward 768, 8 rows of 256, embedding of 32,000 rows). The text is
tokenized once, by Apus; both sides train on those ids, on random crops, from random weights, at a constant rate. A step
is batch, forward, backward, clipping and AdamW; PyTorch is eager, with its fused attention and its fused AdamW. Each
round is a fresh process of either side, first the one, then the other; the first steps of each are left out, and a
round's figure is its median step.

Prints a table or, with --json, one object a model. Status 1 where a ratio is below --at-least (0: never).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = {
    "small-gpt": dict(kind="gpt", layers=4, heads=4, width=128, context=64, batch=12, vocabulary=0, steps=60),
    "llama-15m": dict(
        kind="llama", layers=6, heads=6, width=288, inner=768, context=256, batch=8, vocabulary=32000, steps=5
    ),
}
UNMEASURED = 2


# PyTorch's side, in a process of its own.


def gpt_block(width, heads):
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x, _):
            rows, length, _ = x.shape
            fused = self.mix(self.first(x)).view(rows, length, 3, heads, width // heads)
            q, k, v = fused.permute(2, 0, 3, 1, 4)
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(mixed.transpose(1, 2).reshape(rows, length, width))
            return x + self.down(nn.functional.gelu(self.up(self.second(x)), approximate="tanh"))

    return Block()


def llama_block(width, heads, inner):
    import torch
    from torch import nn

    def turn(x, angles):  # halves, as transformers has it
        low, high = x.chunk(2, -1)
        cosine, sine = angles
        return torch.cat((low * cosine - high * sine, high * cosine + low * sine), -1)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.RMSNorm(width, eps=1e-6), nn.RMSNorm(width, eps=1e-6)
            self.mix, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
            self.gate_up, self.down = nn.Linear(width, 2 * inner, bias=False), nn.Linear(inner, width, bias=False)

        def forward(self, x, angles):
            rows, length, _ = x.shape
            fused = self.mix(self.first(x)).view(rows, length, 3, heads, width // heads)
            q, k, v = fused.permute(2, 0, 3, 1, 4)
            mixed = nn.functional.scaled_dot_product_attention(turn(q, angles), turn(k, angles), v, is_causal=True)
            x = x + self.out(mixed.transpose(1, 2).reshape(rows, length, width))
            gate, up = self.gate_up(self.second(x)).chunk(2, -1)
            return x + self.down(nn.functional.silu(gate) * up)

    return Block()


def language_model(shape, vocabulary):
    import torch
    from torch import nn

    width, heads, length = shape["width"], shape["heads"], shape["context"]

    class LanguageModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(vocabulary, width)
            if shape["kind"] == "gpt":
                self.positions = nn.Embedding(length, width)
                self.blocks = nn.ModuleList(gpt_block(width, heads) for _ in range(shape["layers"]))
                self.norm, self.angles = nn.LayerNorm(width), None
            else:
                self.positions = None
                self.blocks = nn.ModuleList(llama_block(width, heads, shape["inner"]) for _ in range(shape["layers"]))
                half = width // heads // 2
                turns = torch.outer(torch.arange(length).float(), 10000.0 ** (-torch.arange(half) / half))
                self.norm, self.angles = nn.RMSNorm(width, eps=1e-6), (turns.cos(), turns.sin())
            for parameter in self.parameters():
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, std=0.02)

        def forward(self, ids, targets):
            x = self.tokens(ids)
            if self.positions is not None:
                x = x + self.positions.weight[: ids.shape[1]]
            for block in self.blocks:
                x = block(x, self.angles)
            logits = self.norm(x) @ self.tokens.weight.T
            return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    return LanguageModel()


def torch_round(shape, ids, vocabulary, threads):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = language_model(shape, vocabulary)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [dict(params=matrices, weight_decay=0.1), dict(params=vectors, weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), fused=True)
    text = torch.tensor(ids)
    length, seconds = shape["context"], []
    for _ in range(UNMEASURED + shape["steps"]):
        start = time.perf_counter()
        rows = torch.stack([text[i : i + length + 1] for i in torch.randint(len(text) - length, (shape["batch"],))])
        loss = model(rows[:, :-1], rows[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds.append(time.perf_counter() - start)
    parameters = sum(p.numel() for p in model.parameters())
    return dict(seconds=seconds[UNMEASURED:], parameters=parameters, loss=loss.item(), version=torch.__version__)


# Apus's side, and the comparison.


def settings(name, shape, extra):
    steps = UNMEASURED + shape["steps"]
    pairs = {
        "preset": name,
        "training.batch": shape["batch"],
        "training.micro_batch": 0,
        "training.steps": steps,
        "optimizer.warmup_steps": 0,
        "optimizer.schedule": "constant",
        "optimizer.learning_rate": 1e-3,
        "optimizer.beta2": 0.95,
        "data.documents": "text",
        "data.sampling": "crops",
        "data.cross_documents": "true",
        "model.vocabulary_size": shape["vocabulary"],
        "evaluation.every": 0,
        "evaluation.tokens": 64,
        "evaluation.sample_tokens": 0,
        "checkpoints.every": 0,
        **extra,
    }
    return [part for key, value in pairs.items() for part in ("--set", f"{key}={value}")]


def pretrain(options, name, shape, run, extra):
    command = [options.apus, "pretrain", "--output", str(run), "--threads", str(options.threads), "--format", "json"]
    done = subprocess.run(command + settings(name, shape, extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stderr.decode())
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return dict(
        seconds=[r["seconds"] for r in records[UNMEASURED:]],
        loss=records[-1]["loss"],
        parameters=json.loads(done.stdout)["parameters"],
    )


def compare(options, name, folder):
    shape = SHAPES[name]
    first = folder / f"{name}-text"
    trained = {} if name == "small-gpt" else {"tokenizer.vocabulary_size": 1024}
    pretrain(options, name, shape, first, {"data.text": options.text, **trained})
    encode = [options.apus, "tokenizer", "encode", "--tokenizer", str(first / "data"), options.text]
    ids = subprocess.run(encode, stdout=subprocess.PIPE, check=True).stdout.split()
    (folder / "ids.json").write_text(json.dumps([int(i) for i in ids]))
    vocabulary = shape["vocabulary"] or max(map(int, ids)) + 1
    request = json.dumps([name, str(folder / "ids.json"), vocabulary, options.threads])
    ours, theirs = [], []
    for number in range(options.rounds):
        ours.append(pretrain(options, name, shape, folder / f"{name}-{number}", {"data.shards": first / "data"}))
        done = subprocess.run([sys.executable, __file__, "--torch", request], stdout=subprocess.PIPE, check=True)
        theirs.append(json.loads(done.stdout))
        print(f"{name}, round {number + 1} of {options.rounds}", file=sys.stderr)
    tokens = shape["batch"] * shape["context"]
    rates = [[tokens / statistics.median(side["seconds"]) for side in sides] for sides in (ours, theirs)]
    return dict(
        model=name,
        threads=options.threads,
        rounds=options.rounds,
        parameters=[ours[0]["parameters"], theirs[0]["parameters"]],
        apus_tokens_per_second=rates[0],
        torch_tokens_per_second=rates[1],
        torch=theirs[0]["version"],
        last_loss=[ours[-1]["loss"], theirs[-1]["loss"]],
        ratios=[a / b for a, b in zip(*rates)],
        ratio=statistics.median(rates[0]) / statistics.median(rates[1]),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument(
        "--text", default=os.path.join(os.environ.get("APUS_DATA", "../shared/data"), "tinyshakespeare.txt")
    )
    parser.add_argument("--models", default=",".join(SHAPES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--at-least", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torch:
        name, path, vocabulary, threads = json.loads(options.torch)
        return print(
            json.dumps(torch_round(SHAPES[name], json.loads(pathlib.Path(path).read_text()), vocabulary, threads))
        )
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models.split(","):
            results.append(compare(options, name, pathlib.Path(folder)))
    for r in results:
        if options.json:
            print(json.dumps(r))
            continue
        ours, theirs = (statistics.median(r[f"{side}_tokens_per_second"]) for side in ("apus", "torch"))
        print(f"{r['model']}: apus {ours:.0f}, torch {r['torch']} {theirs:.0f} tokens/s; ratio {r['ratio']:.2f}")
        rounds = " ".join(f"{ratio:.2f}" for ratio in r["ratios"])
        print(f"  rounds {rounds}; {r['parameters'][0]} parameters here, {r['parameters'][1]} there; ", end="")
        print(f"last losses {r['last_loss'][0]:.3f} and {r['last_loss'][1]:.3f}")
    sys.exit(1 if any(r["ratio"] < options.at_least for r in results) else 0)


main()
