#!/usr/bin/env python3
"""Whether a GGUF file that Apus wrote is the same function in llama.cpp.

  pip install llama-cpp-python numpy safetensors      (compiles llama.cpp: ten to twenty minutes)
  Scripts/compare-checkpoint-with-llama-cpp.py FILE.gguf [--apus PATH] [--text TEXT] [--tolerance 0.02]

Tokenizes a text with both, and compares the logits at every position with those of `apus logits`; llama.cpp keeps its
key-value cache in float32 for it. Ends with 1 where ids differ or a logit is off by more than the tolerance. A long check,
not part of CI.
"""
import argparse
import json
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--text", default="Once upon a time, there was a little goat in a warm wood. It loved to read.")
    parser.add_argument("--tolerance", type=float, default=0.02)
    arguments = parser.parse_args()

    import llama_cpp
    import numpy
    from safetensors.numpy import load_file

    def apus(*words, **options):
        return subprocess.run([arguments.apus, *words], check=True, capture_output=True, text=True, **options).stdout

    ids = json.loads(apus("tokenizer", "encode", "--tokenizer", arguments.file, "--lines",
                          input=json.dumps(arguments.text) + "\n"))
    model = llama_cpp.Llama(arguments.file, n_ctx=512, logits_all=True, verbose=False, n_threads=2, type_k=0, type_v=0)
    theirs = model.tokenize(arguments.text.encode(), add_bos=False, special=False)
    if ids != theirs:
        sys.exit(f"the ids differ:\n  Apus      {ids}\n  llama.cpp {theirs}")
    model.eval(ids)
    expected = numpy.array(model.scores[: len(ids)])
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/logits.safetensors"
        apus("logits", "--model", arguments.file, "--ids", ",".join(map(str, ids)), "--output", path)
        actual = load_file(path)["logits"]
    error = float(numpy.abs(actual - expected).max())
    scale = float(numpy.abs(expected).max())
    print(json.dumps({"tokens": len(ids), "largest_logit": scale, "difference": error}))
    if not error <= arguments.tolerance:
        sys.exit(f"the logits differ by more than {arguments.tolerance}")


if __name__ == "__main__":
    main()
