#!/usr/bin/env python3
"""Compares a tokenizer.json that Apus wrote with what the Python library `tokenizers` makes of it: ids and text.

    python3 -m pip install tokenizers sentencepiece tiktoken
    python3 Scripts/check-tokenizer-with-huggingface.py --apus .build/release/apus --tokenizer FOLDER --text FILE
    python3 Scripts/check-tokenizer-with-huggingface.py --apus .build/release/apus --train unigram --text FILE

The text is cut into pieces at random places. Characters that the vocabulary lacks must be an error on both sides.
With --train a vocabulary is first learnt from the text; that of unigram is also compared in sentencepiece, that of bpe
in tiktoken.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer


GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def run(apus, arguments, lines):
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    command = [apus, "tokenizer", *arguments, "--lines"]
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def pieces(text, count, seed):
    source = random.Random(seed)
    for _ in range(count):
        start = source.randrange(max(1, len(text)))
        yield text[start : start + source.choice([1, 3, 20, 200, 2000])]


def train(options, folder):
    command = [options.apus, "tokenizer", "train", options.text, "--algorithm", options.train, "--output", folder]
    command += ["--vocab-size", str(options.vocab_size), *options.option]
    also = {"unigram": ["--also", "sentencepiece"], "bpe": ["--also", "tiktoken"]}.get(options.train, [])
    subprocess.run(command + also, check=True)


def other_format(folder, pattern):
    """What encodes with the other file in the folder, if there is one."""
    if (folder / "tokenizer.model").exists():
        import sentencepiece

        return "sentencepiece", sentencepiece.SentencePieceProcessor(str(folder / "tokenizer.model")).encode
    if (folder / "tokenizer.tiktoken").exists():
        import tiktoken
        import tiktoken.load

        ranks = tiktoken.load.load_tiktoken_bpe(str(folder / "tokenizer.tiktoken"))
        return "tiktoken", tiktoken.Encoding("trained", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}).encode_ordinary
    return None


def compare(options, path):
    file = path / "tokenizer.json" if path.is_dir() else path
    reference = Tokenizer.from_file(str(file))
    text = pathlib.Path(options.text).read_text(encoding="utf-8", errors="replace")
    lines = list(pieces(text, options.pieces, options.seed))
    expected = [reference.encode(line, add_special_tokens=False).ids for line in lines]
    found = run(options.apus, ["encode", "--tokenizer", str(file)], lines)
    decoded = run(options.apus, ["decode", "--tokenizer", str(file)], expected)
    differences = 0
    for line, ids, ours, back in zip(lines, expected, found, decoded):
        if ids != ours or reference.decode(ids, skip_special_tokens=False) != back:
            differences += 1
            if differences <= 3:
                print(f"differs: {line!r}\n  library {ids}\n  apus    {ours}\n  decoded {back!r}")
    print(f"{len(lines) - differences} of {len(lines)} pieces equal, {sum(map(len, expected))} ids")
    other = other_format(path, options.pattern) if path.is_dir() else None
    if other:
        name, encode = other
        equal = sum(encode(line) == ours for line, ours in zip(lines, found))
        print(f"{name}: {equal} of {len(lines)} pieces equal")
        differences += len(lines) - equal
    return differences == 0 and len(found) == len(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default=".build/release/apus")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tokenizer")
    what.add_argument("--train", choices=["bpe", "character-bpe", "wordpiece", "unigram"])
    parser.add_argument("--text", required=True)
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--option", action="append", default=[], help="another option for training, such as --lowercase")
    parser.add_argument("--pattern", default=GPT2, help="how tiktoken cuts text")
    parser.add_argument("--pieces", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.tokenizer:
        sys.exit(0 if compare(options, pathlib.Path(options.tokenizer)) else 1)
    with tempfile.TemporaryDirectory() as folder:
        train(options, folder)
        sys.exit(0 if compare(options, pathlib.Path(folder)) else 1)


main()
