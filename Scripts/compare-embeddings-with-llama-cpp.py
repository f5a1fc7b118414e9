#!/usr/bin/env python3
"""Whether an encoder that Apus wrote as GGUF makes the same vectors in llama.cpp.

  pip install xllamacpp numpy                         (llama.cpp as a wheel: nothing is compiled)
  Scripts/compare-embeddings-with-llama-cpp.py FILE.gguf [--apus PATH] [--tolerance 0.001] [--text TEXT]…

Embeds texts with both, by the pooling that the file names, else the mean of the tokens. Ends with 1 where a component of
the vectors, all of length 1, differs by more than the tolerance: llama.cpp takes GELU from a half-precision table. Prints
one line of JSON. A long check, not part of CI.
"""
import argparse
import json
import subprocess
import sys

TEXTS = ["The cat sat on the mat.", "A longer sentence, with punctuation; and the 12 words that it takes!", "One"]


def theirs(path, texts):
    import xllamacpp
    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.embedding, settings.warmup = True, False
    # As Apus: the mean where the file names no pooling. A file that names one is obeyed.
    if not names_pooling(path):
        settings.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    answer = xllamacpp.Server(settings).handle_embeddings({"input": texts, "model": "m"})
    answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
    if "data" not in answer:
        sys.exit(f"llama.cpp refuses: {answer}")
    return [entry["embedding"] for entry in answer["data"]]


def names_pooling(path):
    with open(path, "rb") as file:
        return b".pooling_type" in file.read(1 << 16)


def ours(apus, path, texts):
    result = subprocess.run([apus, "embed", "--model", path, "--lines"], capture_output=True, text=True,
                            input="".join(json.dumps(text) + "\n" for text in texts))
    if result.returncode:
        sys.exit(f"apus embed ended with {result.returncode}: {result.stderr.strip()}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--text", action="append")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    arguments = parser.parse_args()
    import numpy
    texts = arguments.text or TEXTS
    mine, others = (numpy.array(vectors) for vectors in (ours(arguments.apus, arguments.file, texts),
                                                         theirs(arguments.file, texts)))
    if mine.shape != others.shape:
        sys.exit(f"{mine.shape} numbers here and {others.shape} there")
    difference = float(abs(mine - others).max())
    print(json.dumps({"texts": len(texts), "difference": difference}))
    sys.exit(0 if difference <= arguments.tolerance else 1)


if __name__ == "__main__":
    main()
