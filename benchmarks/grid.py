"""How long would XTREME's grid take on so many GPUs? The table of docs/scale.md; nothing is run.

    python -m benchmarks.grid                   a minute or two, most of them for planning

In: the shipped study `phang2020`, whole and with the nine arms of one English task alone; official sizes. Out: a
Markdown table on standard output, and the critical path of each grid.
"""

from __future__ import annotations

from xstilts.cli.opened import estimated
from xstilts.cli.progress import duration
from xstilts.cli.simulated import device_of, simulated
from xstilts.study.footprint import GPUS
from xstilts.study.protocols import Places
from xstilts.study.spec import Study, load

STUDY = "phang2020"
NINE = ("anli+", "mnli", "qqp", "squad2", "squad", "hellaswag", "ccg", "cosmosqa", "csqa")
SIMULATED = {
    "9 × 9 × 6": (("A100", 8), ("A100", 64), ("A100", 128), ("H100", 64)),
    f"all of `{STUDY}`": (("A100", 8), ("A100", 64), ("A100", 128), ("A100", 256)),
}


def main() -> None:
    whole = load(STUDY, "full")
    nine = whole.model_copy(update={"arms": {name: whole.arms[name] for name in ("baseline", *NINE)}})
    print("| grid | workers | ends after | work of one worker | efficiency | critical path |")
    print("|---|---|---|---|---|---|", flush=True)
    paths = [lines(grid, study) for grid, study in zip(SIMULATED, (nine, whole), strict=True)]
    print("\n" + "\n".join(paths))


def lines(grid: str, study: Study) -> str:
    """Print the lines of a grid; its jobs and its critical path on the first device."""
    plan = estimated(study, Places())
    path = f"{grid}: {', '.join(f'{count:,} {kind}' for kind, count in plan.counts().items())}; critical path"
    for number, (name, workers) in enumerate(SIMULATED[grid]):
        found, seconds = simulated(plan, (), workers, device_of(name, GPUS))
        told = (found.seconds, found.work)
        print(
            f"| {grid} | {workers} {name} | {' | '.join(map(duration, told))} | {100 * found.efficiency:.1f} % "
            f"| {duration(found.chain)} |",
            flush=True,
        )
        if number == 0:
            steps = [key for key in found.critical if plan.costs[key].tokens]
            path += "".join(f"\n    {duration(seconds(key, 1)):>14}  {plan.labels[key]}" for key in steps)
    return path


if __name__ == "__main__":
    main()
