"""Who reads the files of others: one function a reader, each as the program itself calls it.

In: a folder with the files of a case. Out: nothing; what goes wrong is for ``watch`` to see. A reader that takes broken
files for whole ones is no mistake here: that is what the tests of each room are for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.fuzzing import commands, material
from benchmarks.fuzzing.breaking import Case
from xstilts.catalogue.errors import Problem


@dataclass(frozen=True)
class Reader:
    """``what`` is read, ``seeds`` are valid cases, ``read`` takes the folder and the case. ``share`` of all cases.
    ``guided``: the file that the search by coverage writes, and the number of the seed it stands in."""

    what: str
    seeds: Callable[[], Sequence[Case]]
    read: Callable[[Path, Case], None]
    share: float
    guided: bool = False


def _tables(folder: Path, case: Case) -> None:
    from xstilts.data.given import given_rows
    from xstilts.data.load import load
    from xstilts.data.tables import column_names

    for name in case.files:
        path = folder / name
        task, other = material.TASKS.get(path.stem), path.with_stem("other")
        if task is None or (task.name == "joined" and other.name not in case.files):
            continue
        others = [other] if task.name == "joined" else []
        _each(*(partial(load, [path], others, task, task.splits[split], split) for split in task.splits))
        _each(partial(column_names, path), partial(given_rows, path, task.type))


def _each(*reads: Callable[[], object]) -> None:
    """All of them; a ``Problem`` of one does not keep the others from being tried."""
    for read in reads:
        try:
            read()
        except Problem:
            continue


def _study(folder: Path, case: Case) -> None:
    from xstilts.study.spec import load

    if "study.toml" in case.files:
        load(str(folder / "study.toml"))


def _planned(folder: Path, case: Case) -> None:
    from xstilts.cli.opened import opened

    if "study.toml" in case.files:
        opened(str(folder / "study.toml"), None, folder / "store", None)


def _folders(folder: Path, case: Case) -> None:
    from xstilts.metrics.benchmark import score_folders

    benchmark = material.benchmark()
    for rules in ("checked", "official", "seqeval-1"):
        _each(
            lambda rules=rules: score_folders(benchmark, folder / "predictions", folder / "references", rules).details()
        )


def _publishers(folder: Path, case: Case) -> None:
    from xstilts.data.convert import convert

    for name in {name.partition("/")[0] for name in case.files}:
        list(convert(name, folder / name, folder / "made"))


def _beside(folder: Path, case: Case) -> None:
    from xstilts.catalogue.traits import read_traits
    from xstilts.data.lock import read_lock
    from xstilts.data.stated import in_one_line, stated
    from xstilts.study.store import Store

    reads: Mapping[str, Callable[[], object]] = {
        "data.lock.json": lambda: read_lock(folder / "data.lock.json"),
        "traits.csv": lambda: read_traits(folder / "traits.csv"),
        "MANIFEST.csv": lambda: in_one_line({name[1]: note for name, note in stated(folder).items()}),
        "store.json": lambda: Store(folder),
    }
    _each(*(reads[name] for name in case.files))


def _checkpoint(folder: Path, case: Case) -> None:
    from xstilts.model.encoder import load_encoder
    from xstilts.model.network import read_tensors
    from xstilts.study.identity import identify, layers_of

    place = str(folder)
    weights = folder / "model.safetensors"
    _each(
        lambda: identify(place), lambda: layers_of(place), lambda: read_tensors(weights),
        lambda: load_encoder(folder, 0.0), lambda: load_encoder(folder, None, 1),
    )  # fmt: skip


def _headers(folder: Path, case: Case) -> None:
    from xstilts.study.identity import identify

    identify(str(folder))


def _tokenizer(folder: Path, case: Case) -> None:
    from xstilts.data.vocabulary import read_vocabulary

    vocabulary = read_vocabulary(folder)
    vocabulary.ids(["a red house", "", "\0 é 👩"])
    vocabulary.ids_and_offsets(["an old cat"])


def _command(folder: Path, case: Case) -> None:
    before = Path.cwd()
    os.chdir(folder)
    try:
        commands.inside(case.words)
    finally:
        os.chdir(before)


READERS = {
    "tables": Reader(
        "data files (Parquet, JSONL, JSON, CSV; every task type, own rows)", material.tables, _tables, 0.32, True
    ),
    "studies": Reader("study files (TOML)", material.studies, _study, 0.12, True),
    "plans": Reader("studies with rows of their own, planned", material.planned, _planned, 0.02),
    "folders": Reader(
        "predictions and references (labels, tags, SQuAD JSON, pairs, rankings)", material.folders, _folders, 0.20, True
    ),
    "publishers": Reader("CCGbank and Mewsli-X as they are handed out", material.publishers, _publishers, 0.08, True),
    "beside": Reader("lock file, traits, manifest, store format", material.beside, _beside, 0.06, True),
    "checkpoints": Reader("checkpoint folders", material.checkpoints, _checkpoint, 0.05),
    "headers": Reader("headers of safetensors files", material.checkpoints, _headers, 0.05, True),
    "tokenizers": Reader("tokenizers", material.tokenizers, _tokenizer, 0.06, True),
    "commands": Reader("command lines, in one process", commands.lines, _command, 0.04),
}  # fmt: skip
