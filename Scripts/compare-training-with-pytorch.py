#!/usr/bin/env python3
"""Takes turns with PyTorch on the same model, text, batch and threads in float32: tokens per second of whole training
steps, their ratio, and the most memory that both processes had by the end of their last steps.

    python3 -m pip install torch numpy  # the build for CPUs: the other's libraries count in its memory
    swift build -c release
    python3 Scripts/compare-training-with-pytorch.py --text tinyshakespeare.txt

Models:
    small-gpt      nanoGPT's character recipe for CPUs: 4 layers, 4 heads, width 128, 12 rows of 64, 65 characters
    baby-gpt       nanoGPT's character recipe: 6 layers, 6 heads, width 384, 8 rows of 256, 65 characters
    llama-15m      6 layers, 6 heads, width 288, feed-forward 768, 8 rows of 256, embedding of 32,000 rows
    bert-22m       masked training: 6 layers, 6 heads, width 384, 16 rows of 128, embedding of 30,522 rows
    gpt2-124m-64   GPT-2 small, 4 rows of 64; gpt2-124m-256: 4 rows of 256

The text is tokenized once, by Apus; both sides train on those ids, on random crops, from random weights, at a constant
rate, without dropout. A step is batch, forward, backward, clipping and AdamW; PyTorch is eager, with its fused
attention and its fused AdamW. Each round is a fresh process of either side, first the one, then the other; the first
steps of each are left out, and a round's figure is its median step. Operations are counted as 6 for each token and
weight (without position embeddings, a tied head once) plus 12 × layers × width × context for each token, and set
against the multiply-add peak that Apus measures in each round. In masked training Apus projects only the masked tokens
to the vocabulary, and only these operations are counted for it; PyTorch projects all, as transformers does.

Prints a table or, with --json, one object a model. Status 1 where a ratio is below --at-least (0: never).
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

GPT2 = dict(kind="gpt", preset="gpt2-124m", layers=12, heads=12, width=768, batch=4, vocabulary=50257)
SHAPES = {
    "small-gpt": dict(kind="gpt", layers=4, heads=4, width=128, context=64, batch=12, vocabulary=0, steps=60),
    "baby-gpt": dict(kind="gpt", layers=6, heads=6, width=384, context=256, batch=8, vocabulary=0, steps=6),
    "llama-15m": dict(
        kind="llama", layers=6, heads=6, width=288, inner=768, context=256, batch=8, vocabulary=32000, steps=5
    ),
    "bert-22m": dict(
        kind="bert", preset="bert-tiny", layers=6, heads=6, width=384, context=128, batch=16, vocabulary=30522, steps=5
    ),
    "gpt2-124m-64": dict(GPT2, context=64, steps=5),
    "gpt2-124m-256": dict(GPT2, context=256, steps=3),
}
UNMEASURED = 2


# PyTorch's side, in a process of its own.


def gpt_block(width, heads):
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


def bert_block(width, heads):
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
            self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x, _):
            rows, length, _ = x.shape
            q, k, v = self.mix(x).view(rows, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            mixed = nn.functional.scaled_dot_product_attention(q, k, v)
            x = self.first(x + self.out(mixed.transpose(1, 2).reshape(rows, length, width)))
            return self.second(x + self.down(nn.functional.gelu(self.up(x))))

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
            self.transform, self.angles = None, None
            if shape["kind"] == "gpt":
                self.positions = nn.Embedding(length, width)
                self.blocks = nn.ModuleList(gpt_block(width, heads) for _ in range(shape["layers"]))
                self.norm = nn.LayerNorm(width)
            elif shape["kind"] == "bert":
                self.positions, self.types = nn.Embedding(length, width), nn.Parameter(torch.zeros(2, width))
                self.blocks = nn.ModuleList(bert_block(width, heads) for _ in range(shape["layers"]))
                self.norm, self.last = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
                self.transform, self.bias = nn.Linear(width, width), nn.Parameter(torch.zeros(vocabulary))
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
            if self.transform is not None:
                x = self.norm(x + self.types[0])
            for block in self.blocks:
                x = block(x, self.angles)
            if self.transform is None:
                logits = self.norm(x) @ self.tokens.weight.T
            else:
                logits = self.last(nn.functional.gelu(self.transform(x))) @ self.tokens.weight.T + self.bias
            return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)

    return LanguageModel()


def torch_round(shape, ids, vocabulary, threads):
    import numpy
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = language_model(shape, vocabulary)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [dict(params=matrices, weight_decay=0.1), dict(params=vectors, weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), fused=True)
    text = torch.from_numpy(numpy.load(ids))
    length, seconds = shape["context"], []
    for _ in range(UNMEASURED + shape["steps"]):
        start = time.perf_counter()
        rows = torch.stack([text[i : i + length + 1] for i in torch.randint(len(text) - length, (shape["batch"],))])
        inputs, targets = rows[:, :-1], rows[:, 1:]
        if shape["kind"] == "bert":
            chosen, fate = torch.rand(inputs.shape) < 0.15, torch.rand(inputs.shape)
            targets = torch.where(chosen, inputs, -100)
            inputs = torch.where(chosen & (fate < 0.8), 0, inputs)
            inputs = torch.where(chosen & (fate > 0.9), torch.randint(vocabulary, inputs.shape), inputs)
        loss = model(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds.append(time.perf_counter() - start)
    parameters = sum(p.numel() for p in model.parameters())
    return dict(
        seconds=seconds[UNMEASURED:],
        parameters=parameters,
        loss=loss.item(),
        version=torch.__version__,
        memory=peak_memory(),
    )


def peak_memory():
    """Of this process, in bytes. (What a parent is told of a child counts its own pages before the child's program.)"""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


# Apus's side, and the comparison.


def settings(name, shape, extra):
    steps = UNMEASURED + shape["steps"]
    pairs = {
        "preset": shape.get("preset", name),
        "model.layers": shape["layers"],
        "model.heads": shape["heads"],
        "model.width": shape["width"],
        "model.context": shape["context"],
        "model.dropout": 0,
        "training.batch": shape["batch"],
        "training.micro_batch": 0,
        "training.steps": steps,
        "optimizer.warmup_steps": 0,
        "optimizer.schedule": "constant",
        "optimizer.learning_rate": 1e-3,
        "optimizer.beta2": 0.95,
        "data.documents": "text",
        "data.sampling": "crops",
        "data.cross_documents": "false" if shape["kind"] == "bert" else "true",
        "model.vocabulary_size": shape["vocabulary"],
        "evaluation.every": 0,
        "evaluation.tokens": 64,
        "evaluation.sample_tokens": 0,
        "checkpoints.every": 0,
        **extra,
    }
    return [part for key, value in pairs.items() for part in ("--set", f"{key}={value}")]


def output_of(command):
    """Runs a command: its standard output."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{command[0]} ended with status {done.returncode}:\n{done.stderr.decode()}")
    return done.stdout


def pretrain(options, name, shape, run, extra):
    command = [options.apus, "pretrain", "--output", str(run), "--threads", str(options.threads), "--format", "json"]
    output = output_of(command + settings(name, shape, extra))
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return dict(
        seconds=[r["seconds"] for r in records[UNMEASURED:]],
        loss=records[-1]["loss"],
        parameters=json.loads(output)["parameters"],
        memory=records[-1]["memory_bytes"],
    )


def multiply_add_peak(options):
    command = [options.apus, "benchmark", "training", "--steps", "1", "--threads", str(options.threads)]
    return json.loads(output_of(command + ["--format", "json"]))["peak_flops_per_second"]


def operations(shape, parameters, projected):
    """Of one token, with this share of the tokens projected to the vocabulary."""
    layers, width, context = shape["layers"], shape["width"], shape["context"]
    positions = 0 if shape["kind"] == "llama" else width * context
    left_out = (1 - projected) * width * shape["vocabulary"]
    return 6 * (parameters - positions - left_out) + 12 * layers * width * context


def compare(options, name, folder):
    import numpy

    shape = SHAPES[name]
    first = folder / f"{name}-text"
    trained = {} if shape["vocabulary"] == 0 else {"tokenizer.vocabulary_size": 1024}
    pretrain(options, name, shape, first, {"data.text": options.text, "training.steps": 1, **trained})
    encode = [options.apus, "tokenizer", "encode", "--tokenizer", str(first / "data"), options.text]
    ids = numpy.array(output_of(encode).split(), dtype=numpy.int64)
    numpy.save(folder / "ids.npy", ids)
    vocabulary = shape["vocabulary"] or int(ids.max()) + 1
    request = json.dumps([name, str(folder / "ids.npy"), vocabulary, options.threads])
    ours, theirs, peaks = [], [], []
    for number in range(options.rounds):
        peaks.append(multiply_add_peak(options))
        run = folder / f"{name}-{number}"
        ours.append(pretrain(options, name, shape, run, {"data.shards": first / "data"}))
        shutil.rmtree(run)
        theirs.append(json.loads(output_of([sys.executable, __file__, "--torch", request])))
        if theirs[-1]["parameters"] != ours[-1]["parameters"]:
            sys.exit(f"{name}: {ours[-1]['parameters']} parameters here, {theirs[-1]['parameters']} there")
        print(f"{name}, round {number + 1} of {options.rounds}", file=sys.stderr)
    shutil.rmtree(first)
    tokens = shape["batch"] * shape["context"]
    rates = [[tokens / statistics.median(side["seconds"]) for side in sides] for sides in (ours, theirs)]
    projected = 0.15 if shape["kind"] == "bert" else 1
    flops = [operations(shape, ours[0]["parameters"], share) for share in (projected, 1)]
    return dict(
        model=name,
        threads=options.threads,
        rounds=options.rounds,
        parameters=[ours[0]["parameters"], theirs[0]["parameters"]],
        apus_tokens_per_second=rates[0],
        torch_tokens_per_second=rates[1],
        torch=theirs[0]["version"],
        last_loss=[ours[-1]["loss"], theirs[-1]["loss"]],
        peak_memory_bytes=[statistics.median(side["memory"] for side in sides) for sides in (ours, theirs)],
        shares_of_peak=[
            statistics.median(count * r / p for r, p in zip(side, peaks)) for count, side in zip(flops, rates)
        ],
        ratios=[a / b for a, b in zip(*rates)],
        ratio=statistics.median(a / b for a, b in zip(*rates)),
    )


def report(results):
    """A table in Markdown; of two figures in a cell the first is Apus's."""
    print("| Model | parameters | Apus, tokens/s | PyTorch | ratio (rounds) | share of peak | memory, MB |")
    print("|---|---|---|---|---|---|---|")
    for r in results:
        ours, theirs = (statistics.median(r[f"{side}_tokens_per_second"]) for side in ("apus", "torch"))
        rounds = " ".join(f"{ratio:.2f}" for ratio in r["ratios"])
        shares = ", ".join(f"{100 * share:.0f} %" for share in r["shares_of_peak"])
        memory = ", ".join(f"{bytes / 1e6:.0f}" for bytes in r["peak_memory_bytes"])
        cells = [r["model"], f"{r['parameters'][0]:,}", f"{ours:,.0f}", f"{theirs:,.0f}"]
        print("| " + " | ".join([*cells, f"**{r['ratio']:.2f}** ({rounds})", shares, memory]) + " |")
    print(f"\n{results[0]['threads']} threads, PyTorch {results[0]['torch']}, {results[0]['rounds']} rounds.")


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
        return print(json.dumps(torch_round(SHAPES[name], path, vocabulary, threads)))
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models.split(","):
            results.append(compare(options, name, pathlib.Path(folder)))
    if options.json:
        for result in results:
            print(json.dumps(result))
    else:
        report(results)
    sys.exit(1 if any(r["ratio"] < options.at_least for r in results) else 0)


main()
