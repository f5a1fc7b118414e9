#!/usr/bin/env python3
"""Times `apus scaling fit` against SciPy on one table, in one run, and compares the results.

The work is that of the paper and its replication: L-BFGS from 4,500 starts, then 4,000 fits of resampled runs. SciPy
gets what an expert would write: analytic gradients, the objective scaled so that its stopping rule does not stop early,
one thread; and, for the starts, what most notebooks have: finite differences and the default stopping rule. It would
take minutes, so it runs a sample of the starts and of the resamples, and its time is scaled; --full runs all of them.

    swift build -c release --product apus
    Scripts/compare-fit-with-scipy.py TABLE.csv [--drop-highest 5] [--full]

SciPy and NumPy are installed into a virtual environment outside the repository, in the cache folder of the user.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

STARTS, RESAMPLES = 4500, 4000


def with_scipy():
    """Starts this script again in an environment that has SciPy."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    python = cache / "apus-scipy" / "bin" / "python3"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "scipy", "numpy"], check=True)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["APUS_SCIPY"] = "1"
    os.execv(python, [str(python), *sys.argv])


def read(path, drop):
    """ln N, ln D, ln L of a table with columns N, D, loss, without its rows of highest loss."""
    import numpy

    with open(path, newline="") as file:
        rows = [[float(row[key]) for key in ("N", "D", "loss")] for row in csv.DictReader(file)]
    if drop:
        limit = sorted((row[2] for row in rows), reverse=True)[drop - 1]
        rows = [row for row in rows if row[2] < limit]
    return numpy.log(numpy.array(rows)).T


def objective(point, size, data, loss, delta=1e-3, scale=1e6):
    """The sum of Huber's function of ln L^ - ln L, and its gradient, both times `scale`."""
    import numpy

    a, b, e, alpha, beta = point
    terms = numpy.stack([a - alpha * size, b - beta * data, numpy.full_like(size, e)])
    top = terms.max(axis=0)
    shares = numpy.exp(terms - top)
    total = shares.sum(axis=0)
    residual = top + numpy.log(total) - loss
    slope = numpy.clip(residual, -delta, delta)
    value = (slope * (residual - slope / 2)).sum()
    shares *= slope / total
    gradient = [shares[0].sum(), shares[1].sum(), shares[2].sum(), -(shares[0] * size).sum(), -(shares[1] * data).sum()]
    return value * scale, numpy.array(gradient) * scale


def starts():
    """The paper's grid."""
    from itertools import product

    exponents, coefficients = (0, 0.5, 1, 1.5, 2), (0, 5, 10, 15, 20, 25)
    return [
        (a, b, e, alpha, beta)
        for alpha, beta, e, a, b in product(exponents, exponents, (-1, -0.5, 0, 0.5, 1), coefficients, coefficients)
    ]


def run_scipy(size, data, loss, full):
    """Seconds of all starts, of these with finite differences, and of all resamples; the best point, its objective, the
    standard errors."""
    import numpy
    from scipy.optimize import minimize

    random = numpy.random.default_rng(0)
    grid = starts()
    assert len(grid) == STARTS
    chosen = grid if full else [grid[i] for i in random.choice(len(grid), 100, replace=False)]
    begin = time.perf_counter()
    found = [minimize(objective, s, (size, data, loss), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
             for s in chosen]
    grid_seconds = (time.perf_counter() - begin) * len(grid) / len(chosen)
    few = chosen if full else chosen[:40]
    begin = time.perf_counter()
    for start in few:
        minimize(lambda point: objective(point, size, data, loss, scale=1)[0], start, method="L-BFGS-B")
    difference_seconds = (time.perf_counter() - begin) * len(grid) / len(few)
    best = min(found, key=lambda end: end.fun)
    best = minimize(objective, best.x, (size, data, loss), jac=True, method="BFGS", options={"gtol": 1e-9})
    count = RESAMPLES if full else 200
    laws, begin = [], time.perf_counter()
    for _ in range(count):
        rows = random.integers(0, len(loss), len(loss))
        end = minimize(objective, best.x, (size[rows], data[rows], loss[rows]), jac=True, method="BFGS")
        laws.append(end.x)
    resample_seconds = (time.perf_counter() - begin) * RESAMPLES / count
    return grid_seconds, difference_seconds, resample_seconds, best.x, best.fun / 1e6, numpy.std(laws, axis=0, ddof=1)


def run_apus(binary, table, drop, threads):
    """Seconds of the command, from start to end, and its answer."""
    command = [binary, "scaling", "fit", table, "--drop-highest", str(drop), "--bootstraps", str(RESAMPLES),
               "--format", "json", "--threads", str(threads)]
    begin = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a CSV file with columns N, D and loss")
    parser.add_argument("--drop-highest", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="run all of SciPy's searches")
    parser.add_argument("--apus", default=".build/release/apus")
    arguments = parser.parse_args()
    if "APUS_SCIPY" not in os.environ:
        with_scipy()

    answers, medians = set(), {}
    for threads in (1, 2):
        runs = [run_apus(arguments.apus, arguments.table, arguments.drop_highest, threads) for _ in range(5)]
        answers |= {answer for _, answer in runs}
        medians[threads] = statistics.median(seconds for seconds, _ in runs)
        print(f"apus, {threads} thread(s): median {medians[threads]:.2f} s of 5, whole command, health included")
    if len(answers) != 1:
        sys.exit("apus gave different answers for different numbers of threads")
    answer = json.loads(answers.pop())

    size, data, loss = read(arguments.table, arguments.drop_highest)
    grid, differences, resamples, point, least, errors = run_scipy(size, data, loss, arguments.full)
    kind = "all run" if arguments.full else "scaled from a sample"
    print(f"SciPy, 1 thread: {STARTS} starts {grid:.1f} s, by finite differences {differences:.1f} s, "
          f"{RESAMPLES} resamples {resamples:.1f} s ({kind})")
    for threads, seconds in medians.items():
        print(f"ratio to apus on {threads} thread(s): {(grid + resamples) / seconds:.0f}, "
              f"by finite differences {(differences + resamples) / seconds:.0f}")
    print(f"objective: apus {answer['objective']:.13g}, SciPy {least:.13g}")
    ours = {row["name"]: row for row in answer["constants"]}
    for name, index in (("α", 3), ("β", 4)):
        row = ours[name]
        print(f"{name}: apus {row['value']:.6f} ± {row['standard_error']:.5f}, "
              f"SciPy {point[index]:.6f} ± {errors[index]:.5f}")
    if answer["objective"] > least * (1 + 1e-6):
        sys.exit("apus did not reach SciPy's objective")


if __name__ == "__main__":
    main()
