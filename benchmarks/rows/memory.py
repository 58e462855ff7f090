"""Row 9: memory. Training at the same batch, and what encoded text costs.

The peak of a training is its process's largest resident memory, libraries included, on both sides. Encoded text: by how
much the process's own (anonymous) memory grows when the whole set is opened and read once, as a training does.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.row import OURS, TUNED, Case, Places, Reading, Row, Target, Work
from benchmarks.rows import training
from benchmarks.rows.phase_one import TEXT
from benchmarks.rows.training import BASE, PAIRS, SMALL, WINDOWS

SHORT = {"warm": 1, "updates": 4}


def measure(way: str, work: Work, places: Places) -> Reading:
    """A short training, or all rows of a set read once."""
    return training.measure(way, work, places) if "updates" in work else _opened(way, work, places)


def _opened(way: str, work: Work, places: Places) -> Reading:
    import numpy as np

    from benchmarks.clock import Clock
    from benchmarks.material import SHAPES, rows_of, vocabulary
    from xstilts.catalogue.find import get_task
    from xstilts.data.batch import gather, sequences_of
    from xstilts.data.encode import Lengths, encode_cached

    type, words = get_task(work["task"]).type, vocabulary(places, SHAPES["small"].vocabulary)
    lengths = Lengths(work["longest"], work["stride"])

    def encoded():  # type: ignore[no-untyped-def]
        return encode_cached(
            lambda: rows_of(places, work["task"], "train", ("en",)), f"benchmark:{work['task']}", type, words, lengths,
            places.work / "cache",
        )  # fmt: skip

    folder = places.work / "trainer" / f"whole-{work['task']}"
    if way == "prepare":
        import datasets

        found = encoded()
        rows = (
            {"input_ids": found.ids[low:high]} for low, high in zip(found.starts[:-1], found.starts[1:], strict=True)
        )
        if not folder.exists():
            datasets.Dataset.from_list(list(rows)).save_to_disk(str(folder))
        return {}
    if way == OURS:
        before, clock, tokens = _anonymous(), Clock(), 0
        found = encoded()
        for low in range(0, found.examples, 32):
            examples = np.arange(low, min(low + 32, found.examples))
            tokens += len(gather(found, sequences_of(found, examples), type).ids)
    else:
        import datasets

        before, clock, tokens = _anonymous(), Clock(), 0
        rows = datasets.load_from_disk(str(folder))
        for batch in rows.iter(32):
            tokens += sum(map(len, batch["input_ids"]))
    facts: Reading = clock.read()
    return facts | {"grown": max(0, _anonymous() - before), "tokens_s": tokens / facts["wall"], "examples": tokens}


def _anonymous() -> int:
    """Bytes of memory that this process alone holds and no file backs."""
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Anonymous:"):
            return 1024 * int(line.split()[1])
    return 0


def prepare(work: Work, places: Places) -> None:
    """Samples, encoders, encoded sets."""
    if "updates" in work:
        training.prepare(work, places)
    else:
        _opened("prepare", work, places)


def _cases(full: bool) -> tuple[Case, ...]:
    target = (Target(TUNED, 1.0, "peak"),)
    ways = (OURS, TUNED)
    return (
        Case("MNLI, 4 x 256, batch 32", {**PAIRS, **SMALL, **SHORT, "batch": 32}, ways, target, rounds=3),
        Case("MNLI, 12 x 768, batch 16", {**PAIRS, **BASE, **SHORT, "batch": 16}, ways, target, rounds=3),
        Case("SQuAD, 4 x 256, batch 8", {**WINDOWS, **SMALL, **SHORT, "batch": 8}, ways, target, rounds=3),
        Case("SQuAD, 12 x 768, batch 8", {**WINDOWS, **BASE, **SHORT, "batch": 8}, ways, target, rounds=3),
        Case("MLM, 4 x 256, 16k, batch 32", {**TEXT, **SMALL, **SHORT, "batch": 32}, ways, target, rounds=3),
        Case("MLM, 12 x 768, 250k, batch 8", {**TEXT, **BASE, **SHORT, "batch": 8}, ways, target, rounds=3),
        Case(
            "all of SQuAD, encoded",
            {"task": "squad", "longest": 384, "stride": 128},
            (OURS, "datasets, from disk"),
            rounds=3,
        ),
    )


ROWS = (
    Row(
        9,
        "Memory",
        "largest resident memory of a training at the same batch (4 updates); growth when encoded text is read",
        _cases,
        measure,
        prepare,
        ("peak", "grown", "dtype", "padding", "wall"),
    ),
)
