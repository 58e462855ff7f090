"""Predictions that another system made: checked when planning, taken into the store by a job.

In: a folder in a benchmark's layout (``TASK/test-LANGUAGE.tsv`` and the like), the rows it is about. Out: ``Given``,
which names the file by its content; the table of predictions. Torch is not imported here.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.sealed import sha256
from xstilts.catalogue.task import Task
from xstilts.metrics.benchmark.findings import Findings
from xstilts.metrics.benchmark.given import About, file_of, read_given
from xstilts.study.job import Rows
from xstilts.study.protocols import Given


def check_given(folder: Path, task: Task, rows: Rows, gold: pa.Table, examples: int | None) -> Given:
    """The file about ``rows`` in ``folder``, whole and fitting. Raises ``Problem`` with every mistake in it."""
    path = folder / file_of(task, rows.split, rows.language)
    if not path.is_file():
        raise Problem(_missing(folder, path, task, rows))
    _, labels, notes = _read(path, task, gold, examples)
    return Given(str(path.resolve()), sha256(path), labels, notes)


def given_table(path: Path, checksum: str, task: Task, gold: pa.Table, examples: int | None) -> pa.Table:
    """The predictions in the file at ``path``. Raises ``Problem`` where it is no longer the one that was planned."""
    if not path.is_file() or sha256(path) != checksum:
        raise Problem(f"{path} has changed since the study was planned, or is gone: run it again")
    return _read(path, task, gold, examples)[0]


def _read(
    path: Path, task: Task, gold: pa.Table, examples: int | None
) -> tuple[pa.Table, tuple[str, ...], tuple[str, ...]]:
    found = Findings("checked")
    read = read_given(About(path, task, gold, gold.num_rows if examples is None else examples, found))
    if found.mistakes or read is None:
        raise Problem(*found.mistakes)
    return read[0], read[1], tuple(found.notes)


def _missing(folder: Path, path: Path, task: Task, rows: Rows) -> str:
    """What is not there, folder, task or language, and what is instead."""
    if not folder.is_dir():
        return f"no folder {folder}: 'predictions' starts at the study file's folder, or give the whole path"
    if not path.parent.is_dir():
        others = [each.name for each in path.parent.parent.iterdir()] if path.parent.parent.is_dir() else []
        hint = nearest(path.parent.name, others) or ", or name those that it has: targets = [...]"
        return f"no folder {path.parent}: add the predictions of '{task.name}'{hint}"
    hint = nearest(path.name, (each.name for each in path.parent.iterdir()))
    return f"{path} is not there, but '{task.name}' is scored in '{rows.language}' ({rows.split}): add this file{hint}"
