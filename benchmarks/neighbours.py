"""How long the k nearest in both directions take and how much memory, beside faiss's flat index where it is installed.

In: the numbers of vectors, their width, k. Out: one line a way. Each runs in a process of its own, so that the peak of
its memory is its own; threads are those that OMP_NUM_THREADS allows.

    python benchmarks/neighbours.py --rows 20000
    python benchmarks/neighbours.py --rows 150000 --width 768
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import resource
import time

import numpy as np


def ours(left: np.ndarray, right: np.ndarray, k: int) -> np.ndarray:
    import torch

    from xstilts.evaluate.neighbours import both_ways

    return both_ways(torch.from_numpy(left), torch.from_numpy(right), k)[1][0].numpy()


def faiss(left: np.ndarray, right: np.ndarray, k: int) -> np.ndarray:
    import faiss as library

    places = []
    for queries, candidates in ((left, right), (right, left)):
        index = library.IndexFlatIP(candidates.shape[1])
        index.add(candidates)
        places.append(index.search(queries, k)[1])
    return places[0]


def measured(way: str, rows: int, width: int, k: int) -> tuple[float, float, np.ndarray]:
    """Seconds, peak of the memory in GiB, and the neighbours of one direction."""
    draw = np.random.default_rng(0)
    sides = [draw.standard_normal((rows, width), dtype=np.float32) for _ in range(2)]
    for side in sides:
        side /= np.linalg.norm(side, axis=1, keepdims=True)
    small = [side[:100] for side in sides]
    found = {"ours": ours, "faiss": faiss}[way]
    found(*small, k)  # what a library loads at its first call
    start = time.perf_counter()
    places = found(*sides, k)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in (("rows", 20_000), ("width", 768), ("k", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    ways = ["ours", *(["faiss"] if importlib.util.find_spec("faiss") else [])]
    results = {}
    for way in ways:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results[way] = pool.apply(measured, (way, asked.rows, asked.width, asked.k))
        seconds, peak, _ = results[way]
        print(f"{way}: {asked.rows:,} x {asked.rows:,} x {asked.width}, k={asked.k}: {seconds:.1f} s, {peak:.2f} GiB")
    if "faiss" in results:
        same = (results["ours"][2] == results["faiss"][2]).mean()
        print(f"faiss / ours: {results['faiss'][0] / results['ours'][0]:.2f} in time; {same:.4%} same neighbours")
    else:
        print("faiss is not installed: pip install faiss-cpu, to compare")


if __name__ == "__main__":
    main()
