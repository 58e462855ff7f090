"""What of a training is the same in all its bits, and how near the rest comes.

    python -m benchmarks.determinism          about eight minutes of one idle core

In: the data folder. Out: ``results/determinism.json`` and ``docs/results/determinism.md``: one training of real rows
with everything on, repeated in processes of their own with one thing changed (pieces of an update, threads, the
processor's instructions), each held against the first: losses, weights, predictions, score. Another seed gives the
scale.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.equality import BACKBONE, WORK, encoded_rows, new_network, task_of
from benchmarks.process import REPOSITORY
from benchmarks.row import Places

RESULT = REPOSITORY / "benchmarks" / "results" / "determinism.json"
PAGE = REPOSITORY / "docs" / "results" / "determinism.md"
FIRST = "as studies run"
# What is changed: variables of the process, tokens of a piece of an update (as they are: 8,192), the seed.
OLDER = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
WAYS: Mapping[str, Mapping[str, Any]] = {
    FIRST: {},
    "once more": {},
    "pieces of 512 tokens": {"budget": 512},
    "pieces of 128 tokens": {"budget": 128},
    "two threads": {"variables": {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}},
    "instructions of an older processor (AVX2)": {"variables": OLDER},
    "another seed": {"seed": 1},
}
PRECISIONS = ("float32", "bfloat16")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.determinism", description=__doc__.split("\n")[0])
    beside = REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("XSTILTS_DATA", beside)))
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".bench", help="what can be made again")
    parser.add_argument("--one", nargs=3, metavar=("WAY", "PRECISION", "FOLDER"), help="one training")
    asked = parser.parse_args(arguments)
    places = Places(asked.data.resolve(), asked.work.resolve())
    if not places.data.is_dir():
        print(f"there is no data folder {places.data}: name it with --data DIR or XSTILTS_DATA", file=sys.stderr)
        return 2
    if asked.one:
        way, precision, folder = asked.one
        _run(way, precision, places, Path(folder))
        return 0
    found = {precision: _compared(precision, places) for precision in PRECISIONS}
    result = {"work": WORK, "machine": machine.described(1), "found": found}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(result), encoding="utf-8")
    return 0


def _compared(precision: str, places: Places) -> dict[str, dict[str, Any]]:
    """Every way, held against the first."""
    found = {}
    with TemporaryDirectory() as folder:
        for way, changed in WAYS.items():
            _apart(way, precision, changed.get("variables", {}), places, Path(folder))
            found[way] = _held(Path(folder), way)
            print(f"{precision}: {way}: {found[way]}", file=sys.stderr)
    return found


def _apart(way: str, precision: str, variables: Mapping[str, str], places: Places, folder: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.determinism", "--data", str(places.data), "--work", str(places.work)]
    paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
    alone = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": paths}
    said = subprocess.run(
        [*command, "--one", way, precision, str(folder)], cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={**os.environ, **alone, **variables},
    )  # fmt: skip
    if said.returncode:
        raise SystemExit(f"{way}: " + " | ".join(said.stderr.strip().splitlines()[-3:]))


def _run(way: str, precision: str, places: Places, folder: Path) -> None:
    """One training; ``folder/WAY.npz`` gets losses, weights before and after, and what is predicted."""
    import numpy as np
    import torch

    from xstilts.data.batch import by_length, cut, gather
    from xstilts.data.sample import Pool, updates
    from xstilts.train.loop import TOKEN_BUDGET, Course, train

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    changed = WAYS[way]
    work = {**WORK, "seed": changed.get("seed", 0)}
    rows, test = (encoded_rows(places, work, split) for split in ("train", "test"))
    network, kind = new_network(work), task_of(work).type
    before = _flat(network)
    course = Course(
        updates=work["updates"], learning_rate=work["learning_rate"], warmup=0.1, weight_decay=0.01, clip=1.0,
        epsilon=1e-8, beta2=0.999, precision=precision, masking=0.0, embedding_rate=1.0, seed=work["seed"],
    )  # fmt: skip
    pool = Pool("determinism", (np.arange(len(rows.starts) - 1),))
    losses = train(
        network, [rows], lambda: updates([pool], np.ones(1), work["batch"], work["updates"], work["seed"]), course,
        folder=folder / "checkpoint", report=lambda progress: None, checkpoint_seconds=math.inf,
        budget=changed.get("budget", TOKEN_BUDGET),
    )  # fmt: skip
    network.eval()
    with torch.inference_mode():
        parts = list(cut(gather(test, by_length(test, np.arange(len(test.starts) - 1)), kind), 8192))
        said = np.concatenate([network(part, 0).argmax(dim=1).numpy() for part in parts])
    right = np.concatenate([part.target for part in parts])
    np.savez(folder / f"{way}.npz", losses=losses, before=before, after=_flat(network), said=said, right=right)


def _flat(network: Any) -> Any:
    """All weights, one after the other."""
    import torch

    return torch.cat([tensor.detach().flatten().float() for tensor in network.state_dict().values()]).numpy()


def _held(folder: Path, way: str) -> dict[str, Any]:
    """``way`` against the first: relative differences of losses, share of the way that weights went which they went
    otherwise, share of equal predictions, points of score."""
    import numpy as np

    first, other = (np.load(folder / f"{name}.npz") for name in (FIRST, way))
    losses, others = first["losses"], other["losses"]
    went = np.linalg.norm(first["after"].astype(np.float64) - first["before"])
    apart = np.linalg.norm(other["after"].astype(np.float64) - first["after"])
    score, own = (100 * float((one["said"] == one["right"]).mean()) for one in (first, other))
    return {
        "same_bits": bool(np.array_equal(first["after"], other["after"]) and np.array_equal(losses, others)),
        "first_loss": float(abs(others[0] / losses[0] - 1)),
        "losses": float(np.abs(others[:50] / losses[:50] - 1).max()),
        "weights": float(apart / went),
        "agree": float((first["said"] == other["said"]).mean()),
        "score": own,
        "difference": own - score,
    }


def page(result: Mapping[str, Any]) -> str:
    work, here = result["work"], result["machine"]
    lines = [
        "# The same again, and how nearly",
        "",
        f"Written by `python -m benchmarks.determinism` on {here['date']}: {here['machine']}; Python {here['python']}, "
        f"torch {here['versions']['torch']}; commit {here['commit']}.",
        "",
        f"One training of real rows (English part-of-speech tags, {work['train']:,} sentences, {work['updates']} "
        f"updates of {work['batch']}, the first {work['layers']} layers of `{BACKBONE}`, dropout on, one thread), "
        "repeated in a process of its own with one thing changed, and held against the first. Scored on "
        f"{work['test']:,} sentences.",
    ]
    for precision, found in result["found"].items():
        lines += [
            "",
            f"## {precision}",
            "",
            "| changed | same bits | first loss | first 50 losses | weights | equal predictions | score | difference |",
            "|---|---|---:|---:|---:|---:|---:|---:|",
        ]
        for way, one in found.items():
            lines.append(
                f"| {way} | {'yes' if one['same_bits'] else 'no'} | {one['first_loss']:.1e} | {one['losses']:.1e} "
                f"| {one['weights']:.1e} | {one['agree']:.2%} | {one['score']:.2f} | {one['difference']:+.2f} |"
            )
    return "\n".join(
        [
            *lines,
            "",
            "*losses*: largest relative difference. *weights*: how far the trained weights lie apart, as a share of "
            "how far training moved them. *older processor*: the libraries are told to leave out newer instructions; "
            "another machine may differ in more. Nothing was measured on a GPU.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
