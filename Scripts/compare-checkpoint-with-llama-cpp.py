#!/usr/bin/env python3
"""Whether a GGUF file that Apus wrote is the same function in llama.cpp.

  pip install llama-cpp-python numpy safetensors      (compiles llama.cpp: ten to twenty minutes)
  Scripts/compare-checkpoint-with-llama-cpp.py FILE.gguf [--apus PATH] [--text TEXT] [--tolerance 0.02]
                                               [--perplexity FILE [--context 512] [--chunks 16]]

Tokenizes a text with both; compares the logits at every position, the log-probability of each next token, and a greedy
continuation while the two best logits are further apart than the tolerance. With --perplexity it compares that of a file
too, by llama.cpp's method. llama.cpp keeps its key-value cache in float32 for it. Ends with 1 where ids differ, logits or
log-probabilities by more than the tolerance, or perplexities by more than 0.5 %. A long check, not part of CI.
"""
import argparse
import json
import math
import subprocess
import sys
import tempfile

GREEDY = 24


def log_probabilities(rows):
    import numpy
    rows = numpy.asarray(rows, dtype=numpy.float64)
    top = rows.max(axis=1, keepdims=True)
    return rows - top - numpy.log(numpy.exp(rows - top).sum(axis=1, keepdims=True))


class Comparison:
    def __init__(self, arguments):
        import llama_cpp
        self.arguments = arguments
        self.context = max(512, arguments.context)
        self.theirs = llama_cpp.Llama(
            arguments.file, n_ctx=self.context, logits_all=True, verbose=False, n_threads=2, type_k=0, type_v=0,
            swa_full=True)
        self.begins = bool(llama_cpp.llama_vocab_get_add_bos(llama_cpp.llama_model_get_vocab(self.theirs.model)))

    def apus(self, *words, **options):
        command = [self.arguments.apus, *words]
        result = subprocess.run(command, capture_output=True, text=True, **options)
        if result.returncode:
            sys.exit(f"{' '.join(command)} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def ids(self, text):
        """The ids of a text in both, or the end."""
        encoded = self.apus("tokenizer", "encode", "--tokenizer", self.arguments.file, "--lines",
                            input=json.dumps(text) + "\n")
        ours, theirs = json.loads(encoded), self.theirs.tokenize(text.encode(), add_bos=False, special=False)
        if ours != theirs:
            place = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
            sys.exit(f"the ids differ from place {place} on:\n  Apus      {ours[place:place + 20]}"
                     f"\n  llama.cpp {theirs[place:place + 20]}")
        return ours

    def scores(self, ids):
        import numpy
        self.theirs.reset()
        self.theirs.eval(ids)
        return numpy.array(self.theirs.scores[: len(ids)])

    def our_logits(self, ids):
        from safetensors.numpy import load_file
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/logits.safetensors"
            self.apus("logits", "--model", self.arguments.file, "--ids", ",".join(map(str, ids)), "--output", path)
            return load_file(path)["logits"]

    def logits(self, ids):
        import numpy
        expected, actual = self.scores(ids), self.our_logits(ids)
        chances = log_probabilities(expected) - log_probabilities(actual)
        wanted = numpy.arange(len(ids) - 1), numpy.array(ids[1:])
        return {"tokens": len(ids), "largest_logit": float(numpy.abs(expected).max()),
                "difference": float(numpy.abs(actual - expected).max()),
                "log_probability_difference": float(numpy.abs(chances[wanted]).max())}

    def greedy(self, ids):
        """How many greedy tokens are equal while llama.cpp's choice is clear; the end where one is not."""
        ours = list(ids)
        for step in range(GREEDY):
            row = sorted(enumerate(self.scores(ours)[-1]), key=lambda pair: -pair[1])[:2]
            if row[0][1] - row[1][1] <= self.arguments.tolerance:
                return step
            best = int(self.our_logits(ours)[-1].argmax())
            if best != row[0][0]:
                sys.exit(f"greedy token {step} is {best}, in llama.cpp {row[0][0]}")
            ours.append(best)
        return GREEDY

    def perplexities(self, path, context, chunks):
        """llama.cpp's method: chunks of `context` tokens, the text's first token in front, the second half scored."""
        begin = [self.theirs.token_bos()] if self.begins else []
        with open(path, encoding="utf-8", newline="") as file:
            text = begin + self.ids(file.read())
        total, scored = 0.0, 0
        for chunk in range(min(chunks, len(text) // context)):
            seen = text[chunk * context:(chunk + 1) * context]
            rows = log_probabilities(self.scores(begin + seen[len(begin):]))
            for place in range(context // 2, context - 1):
                total -= rows[place, seen[place + 1]]
                scored += 1
        found = json.loads(self.apus("evaluate", "--model", self.arguments.file, "--text", path, "--format", "json",
                                     "--context", str(context), "--chunks", str(chunks)))
        if found["tokens"] != scored:
            sys.exit(f"Apus scored {found['tokens']} tokens, llama.cpp {scored}")
        return found["perplexity"], math.exp(total / scored)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--text", default="Once upon a time, there was a little goat in a warm wood. It loved to read.")
    parser.add_argument("--tolerance", type=float, default=0.02)
    parser.add_argument("--perplexity", metavar="FILE")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--chunks", type=int, default=16)
    arguments = parser.parse_args()

    comparison = Comparison(arguments)
    ids = comparison.ids(arguments.text)
    result = comparison.logits(ids)
    result["greedy_tokens"] = comparison.greedy(ids[:8])
    if arguments.perplexity:
        ours, theirs = comparison.perplexities(arguments.perplexity, arguments.context, arguments.chunks)
        result["perplexity"], result["perplexity_in_llama_cpp"] = ours, theirs
    print(json.dumps(result))
    if not max(result["difference"], result["log_probability_difference"]) <= arguments.tolerance:
        sys.exit(f"the logits differ by more than {arguments.tolerance}")
    if arguments.perplexity and not abs(ours / theirs - 1) <= 0.005:
        sys.exit("the perplexities differ by more than 0.5 %")


if __name__ == "__main__":
    main()
