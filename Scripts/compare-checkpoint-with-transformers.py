#!/usr/bin/env python3
"""Whether a model folder that Apus wrote is the same function in Hugging Face transformers.

  pip install torch transformers safetensors
  Scripts/compare-checkpoint-with-transformers.py FOLDER [--apus PATH] [--text TEXT]

Loads the folder with transformers (config.json, model.safetensors, tokenizer.json), tokenizes a text with both, and
compares the logits at every position with those of `apus logits`. Ends with 1 where ids differ or a logit is off by more
than 2e-5 of the largest. A long check, not part of CI.
"""
import argparse
import json
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--text", default="Once upon a time, there was a little goat in a warm wood. It loved to read.")
    arguments = parser.parse_args()

    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

    def apus(*words, **options):
        return subprocess.run([arguments.apus, *words], check=True, capture_output=True, text=True, **options).stdout

    ids = json.loads(apus("tokenizer", "encode", "--tokenizer", arguments.folder, "--lines",
                          input=json.dumps(arguments.text) + "\n"))
    theirs = AutoTokenizer.from_pretrained(arguments.folder)(arguments.text, add_special_tokens=False)["input_ids"]
    if ids != theirs:
        sys.exit(f"the ids differ:\n  Apus         {ids}\n  transformers {theirs}")

    encoders = {"bert", "roberta"}
    kind = AutoConfig.from_pretrained(arguments.folder).model_type
    loader = AutoModelForMaskedLM if kind in encoders else AutoModelForCausalLM
    model = loader.from_pretrained(arguments.folder, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits[0]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/logits.safetensors"
        apus("logits", "--model", arguments.folder, "--ids", ",".join(map(str, ids)), "--output", path)
        actual = load_file(path)["logits"]
    scale = expected.abs().max().item()
    error = (actual - expected).abs().max().item() / scale
    print(json.dumps({"model_type": kind, "tokens": len(ids), "largest_logit": scale, "difference_of_scale": error}))
    if not error <= 2e-5:
        sys.exit("the logits differ by more than 2e-5 of the largest")


if __name__ == "__main__":
    main()
