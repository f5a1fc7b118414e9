#!/usr/bin/env python3
"""Compares a tokenizer.json that Apus wrote with what the Python library `tokenizers` makes of it: ids and text.

    python3 -m pip install tokenizers
    python3 Scripts/check-tokenizer-with-huggingface.py --apus .build/release/apus --tokenizer FOLDER --text FILE

The text is cut into pieces at random places. Characters that the vocabulary lacks must be an error on both sides.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

from tokenizers import Tokenizer


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--pieces", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    path = pathlib.Path(options.tokenizer)
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
    sys.exit(1 if differences or len(found) != len(lines) else 0)


main()
