#!/usr/bin/env python3
"""Takes turns with MKL, OpenBLAS and BLIS at products of float32 matrices: floating-point rates and their ratios.

    apt-get install libopenblas0-pthread libblis4-pthread; python3 -m pip install torch numpy
    swift build -c release
    python3 Scripts/compare-products-with-blas.py

A product is rows × outputs × inputs: activations [rows, inputs] times the transpose of weights [outputs, inputs], as
in a linear layer. MKL comes with PyTorch; the others are Debian's, told which processor's kernels to take, since they
know newer processors badly (OPENBLAS_CORETYPE, BLIS_ARCH_TYPE; where there is no AVX-512, BLIS chooses). In each round
every side is a process of its own, Apus once first, then second and so on, and its figure the median of --times
products; the peer is the best of the three in that round. No side finds its factors in the caches: Apus computes the
gradients between two products, as in training, the peers' process writes other memory.

Prints a table or, with --json, one object a shape. Status 1 where a ratio is below --at-least (0: never).
"""

import argparse
import ctypes
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

SHAPES = [
    (1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 4096), (4096, 1536, 384), (512, 3072, 768), (256, 768, 768),
    (1, 5632, 2048), (2, 5632, 2048), (4, 5632, 2048), (8, 5632, 2048),
]
LIBRARIES = {"OpenBLAS": "libopenblas.so.0", "BLIS": "libblis.so.4"}
FOLDERS = ["", "/usr/lib/x86_64-linux-gnu/openblas-pthread/", "/usr/lib/x86_64-linux-gnu/blis-pthread/"]


def library(name):
    for folder in FOLDERS:
        try:
            return ctypes.CDLL(folder + LIBRARIES[name])
        except OSError:
            continue
    sys.exit(f"{LIBRARIES[name]} is not there: apt-get install libopenblas0-pthread libblis4-pthread")


def has_avx512():
    return " avx512f " in pathlib.Path("/proc/cpuinfo").read_text()


def torch_product(a, b, c, threads):
    """A function that computes c = a bᵀ; one row by what each library has for a vector."""
    import torch

    torch.set_num_threads(threads)
    x, w, y = (torch.from_numpy(matrix) for matrix in (a, b, c))
    return lambda: torch.mv(w, x[0], out=y[0]) if len(a) == 1 else torch.mm(x, w.T, out=y)


def blas_product(blas, a, b, c):
    (rows, inputs), outputs = a.shape, len(b)
    x, w, y = (matrix.ctypes.data_as(ctypes.POINTER(ctypes.c_float)) for matrix in (a, b, c))
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    if rows == 1:
        return lambda: blas.cblas_sgemv(101, 111, outputs, inputs, one, w, inputs, x, 1, zero, y, 1)
    return lambda: blas.cblas_sgemm(101, 111, 112, rows, outputs, inputs, one, x, inputs, w, inputs, zero, y, outputs)


def measure(peer, threads, times):
    """Seconds of each shape's product, in a process of its own."""
    import numpy

    blas = None if peer == "MKL" else library(peer)
    generator = numpy.random.default_rng(1)
    seconds, other = [], numpy.zeros(1 << 25, numpy.float32)
    for rows, outputs, inputs in SHAPES:
        a, b = (generator.standard_normal(s, dtype=numpy.float32) for s in ((rows, inputs), (outputs, inputs)))
        c = numpy.zeros((rows, outputs), numpy.float32)
        product = blas_product(blas, a, b, c) if blas else torch_product(a, b, c, threads)
        taken = []
        for _ in range(times + 1):
            numpy.add(other, 1, out=other)
            start = time.perf_counter()
            product()
            taken.append(time.perf_counter() - start)
        row = rows // 2
        error = abs(c[row] - (b * a[row]).sum(1)).max()  # no product of numpy's, whose threads would go on spinning
        if error > 1e-3 * inputs**0.5:
            sys.exit(f"{peer} computes something else: {error}")
        seconds.append(statistics.median(taken[1:]))
    return seconds


def of_apus(options):
    command = [options.apus, "benchmark", "kernels", "--only", "product", "--rounds", str(options.times)]
    command += ["--threads", str(options.threads), "--format", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result = json.loads(done.stdout)
    found = {o["shape"]: o["seconds"] for o in result["operations"] if (o["name"], o["part"]) == ("product", "forward")}
    return [found[" × ".join(map(str, shape))] for shape in SHAPES], result["peak_flops_per_second"]


def of_peer(peer, options):
    types = {"OPENBLAS_CORETYPE": options.openblas, "BLIS_ARCH_TYPE": options.blis}
    environment = os.environ | {name: type for name, type in types.items() if type}
    for name in ("OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[name] = str(options.threads)
    request = json.dumps([peer, options.threads, options.times])
    command = [sys.executable, __file__, "--peer", request]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default=".build/release/apus")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    openblas, blis = ("SkylakeX", "skx") if has_avx512() else ("Haswell", "")
    parser.add_argument("--openblas", default=openblas, help=f"OPENBLAS_CORETYPE (here {openblas})")
    parser.add_argument("--blis", default=blis, help=f"BLIS_ARCH_TYPE (here {blis or 'none'})")
    parser.add_argument("--at-least", type=float, default=0.95)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return print(json.dumps(measure(*json.loads(options.peer))))
    peers = ["MKL", *LIBRARIES]
    ours, theirs, peaks = [], {peer: [] for peer in peers}, []
    for number in range(options.rounds):
        for peer in peers[: number % 4]:
            theirs[peer].append(of_peer(peer, options))
        seconds, peak = of_apus(options)
        ours.append(seconds)
        peaks.append(peak)
        for peer in peers[number % 4 :]:
            theirs[peer].append(of_peer(peer, options))
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    results = [result(index, ours, theirs, statistics.median(peaks)) for index in range(len(SHAPES))]
    if options.json:
        for line in results:
            print(json.dumps(line))
    else:
        report(results, options, statistics.median(peaks))
    sys.exit(1 if any(r["ratio"] < options.at_least for r in results) else 0)


def result(index, ours, theirs, peak):
    rows, outputs, inputs = SHAPES[index]
    flops = 2 * rows * outputs * inputs
    mine = [round[index] for round in ours]
    others = {peer: [round[index] for round in rounds] for peer, rounds in theirs.items()}
    best = [min(times) for times in zip(*others.values())]
    ratios = [b / m for b, m in zip(best, mine)]
    return dict(
        shape=SHAPES[index],
        flops_per_second={"Apus": flops / statistics.median(mine)}
        | {peer: flops / statistics.median(times) for peer, times in others.items()},
        share_of_peak=flops / statistics.median(mine) / peak,
        ratios=ratios,
        ratio=statistics.median(ratios),
    )


def report(results, options, peak):
    """A table in Markdown."""
    names = list(results[0]["flops_per_second"])
    print("| Product | " + " | ".join(names) + " | share of peak | ratio to the best (rounds) |")
    print("|---" * (len(names) + 3) + "|")
    for r in results:
        rates = [f"{rate / 1e9:.1f}" for rate in r["flops_per_second"].values()]
        rounds = " ".join(f"{ratio:.2f}" for ratio in r["ratios"])
        cells = [" × ".join(map(str, r["shape"])), *rates, f"{100 * r['share_of_peak']:.0f} %"]
        print("| " + " | ".join(cells) + f" | **{r['ratio']:.2f}** ({rounds}) |")
    middle = statistics.median(r["ratio"] for r in results)
    print(f"\nGFLOP/s, {options.threads} threads; multiply-add peak {peak / 1e9:.0f}. Median ratio {middle:.2f}.")


main()
