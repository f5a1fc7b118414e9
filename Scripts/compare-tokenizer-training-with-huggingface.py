#!/usr/bin/env python3
"""Time and memory of training a vocabulary, in Apus and in the Python library `tokenizers`, in turns on the same text.

    python3 -m pip install tokenizers
    python3 Scripts/compare-tokenizer-training-with-huggingface.py TEXT --algorithm bpe --vocab-size 16000 --threads 2

Every training is a process of its own, from the file to the written tokenizer.json; medians of the rounds are compared.
For byte-level BPE it also says whether the merges are the same: the library is given the whole text at once then, for it
cuts files into lines otherwise (--lines), and words at their ends come out differently.
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

LIBRARY = """
import sys
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
text, algorithm, size, output, lines = sys.argv[1:]
alphabet = pre_tokenizers.ByteLevel.alphabet()
if algorithm == "bpe":
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=int(size), initial_alphabet=alphabet, min_frequency=1, show_progress=False)
elif algorithm == "wordpiece":
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=int(size), special_tokens=special, min_frequency=1, show_progress=False)
else:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=int(size), special_tokens=special, unk_token="<unk>", show_progress=False)
if lines == "True":
    tokenizer.train([text], trainer)
else:
    tokenizer.train_from_iterator([open(text, encoding="utf-8", newline="").read()], trainer)
tokenizer.save(output)
"""


def run(command, environment):
    """Seconds and mebibytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]}: {errors}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--algorithm", choices=["bpe", "wordpiece", "unigram"], default="bpe")
    parser.add_argument("--vocab-size", default="16000")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", action="store_true", help="let the library read the file line by line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = [sys.executable, "-c", LIBRARY, options.text, options.algorithm, options.vocab_size]
        library += [f"{folder}/library.json", str(options.lines)]
        ours = [options.apus, "tokenizer", "train", options.text, "--algorithm", options.algorithm]
        ours += ["--vocab-size", options.vocab_size, "--threads", options.threads, "--output", f"{folder}/apus"]
        results = {"apus": [], "tokenizers": []}
        for number in range(options.rounds):
            results["apus"].append(run(ours, {}))
            results["tokenizers"].append(run(library, {"RAYON_NUM_THREADS": options.threads}))
            print(f"round {number + 1}: " + ", ".join(
                f"{name} {runs[-1][0]:.2f} s, {runs[-1][1]:.0f} MiB" for name, runs in results.items()), flush=True)
        seconds = {name: statistics.median(run[0] for run in runs) for name, runs in results.items()}
        memory = {name: statistics.median(run[1] for run in runs) for name, runs in results.items()}
        print(f"medians of {options.rounds}: apus {seconds['apus']:.2f} s, tokenizers {seconds['tokenizers']:.2f} s: "
              f"{seconds['tokenizers'] / seconds['apus']:.2f} times as fast, "
              f"with {memory['apus'] / memory['tokenizers']:.2f} of the memory")
        if options.algorithm == "bpe":
            def merges(path):
                pairs = json.loads(pathlib.Path(path).read_text())["model"]["merges"]
                return [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in pairs]

            found, expected = merges(f"{folder}/apus/tokenizer.json"), merges(f"{folder}/library.json")
            same = next((place for place, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
            print(f"merges: {len(found)} and {len(expected)}, the first {same} the same")


main()
