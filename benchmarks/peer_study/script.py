"""A study as users write it: loops over arms, targets and seeds, one process a run, checkpoints passed by path.

In: data folder, encoder, arms, seeds, languages, sizes. Out: ``scores.json`` of every run under ``--out`` and a table
on standard output. An intermediate model is trained once an arm and seed, before the targets that start from it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

TARGETS = ("xnli", "udpos", "xquad", "tatoeba")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("data", "encoder", "out", "way"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("arms", "seeds", "languages"):
        parser.add_argument(f"--{name}", nargs="+", required=True)
    for name in ("train", "evaluation"):
        parser.add_argument(f"--{name}", type=int, required=True)
    asked = parser.parse_args()
    out = Path(asked.out)
    same = [
        "--data",
        asked.data,
        "--way",
        asked.way,
        "--train",
        str(asked.train),
        "--evaluation",
        str(asked.evaluation),
    ]
    for seed in asked.seeds:
        for arm in asked.arms:
            start = asked.encoder
            if arm != "baseline":
                start = str(out / f"{arm}-{seed}" / "model")
                _run([*same, "--task", arm, "--start", asked.encoder, "--seed", seed, "--save", start])
            for target in TARGETS:
                scores = out / f"{arm}-{seed}-{target}" / "scores.json"
                languages = ["--languages", *asked.languages, "--scores", str(scores)]
                _run([*same, "--task", target, "--start", start, "--seed", seed, *languages])
    for arm in asked.arms:
        for target in TARGETS:
            found = [json.loads((out / f"{arm}-{seed}-{target}" / "scores.json").read_text()) for seed in asked.seeds]
            means = {language: sum(one[language] for one in found) / len(found) for language in found[0]}
            print(f"{arm:10} {target:8}", *(f"{language} {score:5.1f}" for language, score in means.items()))


def _run(arguments: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.peer_study.run", *arguments], check=True)


if __name__ == "__main__":
    main()
