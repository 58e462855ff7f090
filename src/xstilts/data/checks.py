"""What rows must fulfil once they are read: one tag a token, answers with their places, ids and labels that are real.

In: rows in ``data.rows.SCHEMAS``, and where each stands in its file. Out: nothing, or a ``Problem`` that names file and
row and says what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.placeholder import withheld
from xstilts.catalogue.task import Task

At = Callable[[int], str]  # from the number of a row that is read, from 0, to "FILE, row N"


def check_lengths(rows: pa.Table, at: At) -> None:
    """Tokens and tags must be of one number."""
    tokens, tags = (pc.list_value_length(rows[name]).to_numpy() for name in ("tokens", "tags"))
    if (wrong := np.flatnonzero(tokens != tags)).size:
        row = int(wrong[0])
        raise Problem(
            f"{at(row)}: {tokens[row]} tokens and {tags[row]} tags ({wrong.size} such rows); each token needs one tag"
        )


def check_choices(rows: pa.Table, at: At) -> None:
    """There must be two choices or more, and the label must be the number of one."""
    choices, label = pc.list_value_length(rows["choices"]).to_numpy(), rows["label"].to_numpy()
    if (wrong := np.flatnonzero((choices < 2) | (label >= choices))).size:
        row = int(wrong[0])
        raise Problem(
            f"{at(row)}: {choices[row]} choices and the label {label[row]} ({wrong.size} such rows); at least two "
            "choices are needed, and labels count them from 0"
        )


def check_answers(rows: pa.Table, at: At) -> None:
    """Every answer must have its place; and not every answer of a set may be blank, as where they were withheld."""
    texts, starts = (pc.list_value_length(rows[name]).to_numpy() for name in ("answer_texts", "answer_starts"))
    if (wrong := np.flatnonzero(texts != starts)).size:
        row = int(wrong[0])
        raise Problem(
            f"{at(row)}: {texts[row]} answers and {starts[row]} places ({wrong.size} such rows); each answer needs its "
            "place in the context"
        )
    said = rows["answer_texts"].combine_chunks().flatten()
    if len(said) and not pc.any(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(said)), 0)).as_py():
        raise Problem(
            f"{at(0)}: no answer has a text, in this row and all others, which looks like a placeholder: use a split "
            "or a source that has the true answers"
        )


def exact(rows: pa.Table) -> np.ndarray:
    """Rows whose first answer stands in the context at its offset, or that have none."""
    context, texts, starts = (rows[name].to_pylist() for name in ("context", "answer_texts", "answer_starts"))
    return np.fromiter(
        (
            not found or (where[0] >= 0 and text.startswith(found[0], where[0]))
            for text, found, where in zip(context, texts, starts, strict=True)
        ),
        bool,
        len(context),
    )


def check_ids(rows: pa.Table, path: Path) -> None:
    """Every row that is scored needs an id of its own."""
    first: dict[str, int] = {}
    for row, name in enumerate(rows["id"].to_pylist(), start=1):
        if first.setdefault(name, row) != row:
            raise Problem(
                f"{path}: the id '{name}' is there twice, in rows {first[name]} and {row} of those that are read: give "
                "every row an id of its own"
            )


def check_labels(rows: pa.Table, task: Task, path: Path) -> None:
    """Refuse labels that are all the same: test sets are published so, with the true labels withheld."""
    if "label" not in rows.column_names:
        return
    kinds = pc.unique(rows["label"]).to_pylist()
    if withheld(rows.num_rows, len(kinds)):
        label = "no label" if kinds[0] < 0 else f"the label '{task.labels[kinds[0]] if task.labels else kinds[0]}'"
        raise Problem(
            f"{path}: every one of {rows.num_rows:,} rows has {label}, which looks like a placeholder: use a split or "
            "a source that has the true labels"
        )
