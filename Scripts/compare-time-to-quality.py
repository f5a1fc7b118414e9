#!/usr/bin/env python3
"""How long Apus trains until it is as good as nanoGPT's recipe for CPUs, on the same machine: seconds, and their ratio.

    python3 -m pip install torch numpy
    swift build -c release
    python3 Scripts/compare-time-to-quality.py --text tinyshakespeare.txt

Both train a GPT on single characters: 4 layers, 4 heads, width 128, context 64, 12 rows a step, no dropout. PyTorch
follows nanoGPT's recipe, written anew: 2,000 steps, AdamW (0.9, 0.99) with weight decay 0.1 on matrices, clipping at 1,
learning rate 1e-3 down to 1e-4 by cosine after 100 steps of warm-up, no biases, fused attention and optimiser. Apus
runs its preset small-gpt, which differs in a higher learning rate, in having biases and in GELU's approximation by
tanh, over as many tokens. The text's last tenth is for validation: all of it, in windows of 64 characters, on both
sides (PyTorch leaves out the last, shorter one). Seconds are those of training steps; evaluations are left out on both
sides. Seeds take turns.

The goal is the mean loss that PyTorch ends with; Apus's time is that of the first validation, one each 50 steps, whose
mean over the seeds is as low. Its time for all steps says how much of the gain is speed, for the higher learning rate
was chosen on this text. Prints a table or, with --json, an object. Status 1 where Apus takes more than --at-most of
PyTorch's time or never comes to that loss (inf: never 1).
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, STEPS = 4, 4, 128, 64, 12, 2000
EVERY = 50


# PyTorch's side, in a process of its own.


def nano_gpt(vocabulary):
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
            self.mix, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False)

        def forward(self, x):
            rows, length, _ = x.shape
            q, k, v = self.mix(self.first(x)).view(rows, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(mixed.transpose(1, 2).reshape(rows, length, WIDTH))
            return x + self.down(nn.functional.gelu(self.up(self.second(x))))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
            self.norm = nn.LayerNorm(WIDTH, bias=False)
            for name, parameter in self.named_parameters():
                if parameter.dim() > 1:
                    into_stream = name.endswith(("out.weight", "down.weight"))
                    nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * LAYERS) if into_stream else 0.02)

        def forward(self, ids, targets):
            x = self.blocks(self.tokens(ids) + self.positions.weight[: ids.shape[1]])
            logits = self.norm(x) @ self.tokens.weight.T
            return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    return Model()


def learning_rate(step):
    if step < 100:
        return 1e-3 * (step + 1) / 101
    return 1e-4 + 0.5 * (1 + math.cos(math.pi * (step - 100) / (STEPS - 100))) * 9e-4


def torch_run(path, seed, threads):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    text = pathlib.Path(path).read_text()
    codes = {c: i for i, c in enumerate(sorted(set(text)))}
    data = torch.tensor([codes[c] for c in text])
    train, validation = data[: int(0.9 * len(data))], data[int(0.9 * len(data)) :]
    model = nano_gpt(len(codes))
    groups = [
        dict(params=[p for p in model.parameters() if p.dim() > 1], weight_decay=0.1),
        dict(params=[p for p in model.parameters() if p.dim() < 2], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
    seconds = 0.0
    for step in range(STEPS):
        start = time.perf_counter()
        places = torch.randint(len(train) - CONTEXT, (BATCH,))
        rows = torch.stack([train[i : i + CONTEXT + 1] for i in places])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        model(rows[:, :-1], rows[:, 1:]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds += time.perf_counter() - start
    with torch.no_grad():
        count = (len(validation) - 1) // CONTEXT
        inputs = validation[: count * CONTEXT].view(count, CONTEXT)
        targets = validation[1 : count * CONTEXT + 1].view(count, CONTEXT)
        loss = model(inputs, targets).item()
    return dict(seconds=seconds, loss=loss, version=torch.__version__)


# Apus's side, and the comparison.


def apus_run(options, folder, seed):
    """Seconds of training and loss at each validation."""
    run = folder / str(seed)
    pairs = {
        "preset": "small-gpt",
        "data.text": options.text,
        "training.seed": seed,
        "training.steps": STEPS,
        "evaluation.every": EVERY,
        "evaluation.tokens": 0,
        "evaluation.sample_tokens": 0,
        "checkpoints.every": 0,
    }
    command = [options.apus, "pretrain", "--output", str(run), "--threads", str(options.threads)]
    command += [part for key, value in pairs.items() for part in ("--set", f"{key}={value}")]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stderr.decode())
    records, points, seconds = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()], [], 0.0
    for record in records:
        seconds += record["seconds"]
        if "validation_loss" in record:
            points.append((record["step"], seconds, record["validation_loss"]))
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument(
        "--text", default=os.path.join(os.environ.get("APUS_DATA", "../shared/data"), "tinyshakespeare.txt")
    )
    parser.add_argument("--seeds", default="1337,1338,1339")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--at-most", type=float, default=0.5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torch:
        return print(json.dumps(torch_run(*json.loads(options.torch))))
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in map(int, options.seeds.split(",")):
            ours.append(apus_run(options, pathlib.Path(folder), seed))
            request = json.dumps([options.text, seed, options.threads])
            done = subprocess.run([sys.executable, __file__, "--torch", request], stdout=subprocess.PIPE, check=True)
            theirs.append(json.loads(done.stdout))
            print(f"seed {seed} done", file=sys.stderr)
    result = compare(ours, theirs)
    print(json.dumps(result) if options.json else table(result))
    ratio = math.inf if result["ratio"] is None else result["ratio"]
    sys.exit(0 if ratio <= options.at_most else 1)


def compare(ours, theirs):
    goal, seconds = (statistics.mean(run[key] for run in theirs) for key in ("loss", "seconds"))
    reached = None
    for points in zip(*ours):
        if reached is None and statistics.mean(p[2] for p in points) <= goal:
            reached = dict(step=points[0][0], seconds=statistics.mean(p[1] for p in points))
    ends = [points[-1] for points in ours]
    return dict(
        seeds=len(ours),
        torch=theirs[0]["version"],
        torch_seconds=seconds,
        torch_loss=goal,
        torch_losses=[run["loss"] for run in theirs],
        apus_step=reached and reached["step"],
        apus_seconds=reached and reached["seconds"],
        apus_end_seconds=statistics.mean(end[1] for end in ends),
        apus_end_loss=statistics.mean(end[2] for end in ends),
        ratio=reached and reached["seconds"] / seconds,
    )


def table(r):
    """In Markdown."""
    lines = ["| | steps | seconds | validation loss |", "|---|---|---|---|"]
    theirs = f"| {STEPS} | {r['torch_seconds']:.1f} | {r['torch_loss']:.4f} |"
    lines.append(f"| PyTorch {r['torch']}, nanoGPT's recipe {theirs}")
    if r["ratio"] is not None:
        words = f"| Apus, as good | {r['apus_step']} | {r['apus_seconds']:.1f} (**{r['ratio']:.2f}** of the time) |"
        lines.append(f"{words} ≤ {r['torch_loss']:.4f} |")
    end = f"{r['apus_end_seconds']:.1f} ({r['apus_end_seconds'] / r['torch_seconds']:.2f} of the time)"
    lines.append(f"| Apus, as many tokens | {STEPS} | {end} | {r['apus_end_loss']:.4f} |")
    return "\n".join(lines)


main()
