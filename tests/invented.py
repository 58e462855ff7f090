"""Invented rows in the form that a task's files have: at most 18 a split, which say of themselves what they are.

In: a task of the catalogue, files that it names. Out: Parquet files where these files are looked for. They show only
that the columns are read which the catalogue names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue import Files, Task
from xstilts.catalogue.task import CANDIDATES
from xstilts.data.rows import SCHEMAS, SIDES

ROWS = 18


def write_invented(task: Task, files: Files, split: str, language: str, root: Path) -> None:
    """Parquet files of at most ``ROWS`` rows together where ``files`` are looked for, and one to join with."""
    columns = dict(invented(task, files, split, ROWS // len(files.configs)))
    for config in files.configs_of(language):
        write(columns, root / files.folder / config / f"{files.split}.parquet")
    if files.join:
        config, key = files.join
        own = {name: [f"{value} other" for value in values] for name, values in columns.items() if name != key}
        write(own | {key: columns[key]}, root / files.folder / config / f"{files.split}.parquet")


def write(columns: dict[str, list[Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    structs = {name.split(".")[0] for name in columns if "." in name}
    flat = {name: values for name, values in columns.items() if "." not in name}
    for outer in structs:
        inner = {name.split(".")[1]: values for name, values in columns.items() if name.startswith(f"{outer}.")}
        flat[outer] = [dict(zip(inner, row, strict=True)) for row in zip(*inner.values(), strict=True)]
    pq.write_table(pa.table(flat), path)


def invented(task: Task, files: Files, split: str, rows: int) -> Iterator[tuple[str, list[Any]]]:
    """Columns of the files and their values."""
    if files.reading:
        yield from raw(files.reading, split, rows)
        return
    if "pairs" in files.columns:  # one row of two lists
        texts = {files.columns[side]: [[f"invented {side} {row}" for row in range(rows)]] for side in SIDES}
        yield from (*texts.items(), (files.columns["pairs"], [[[row + 1, row + 1] for row in range(rows // 2)]]))
        return
    starts = {column: limit for column, comparison, limit in files.where if comparison == "starts"}
    named = {**{role: role for role in SCHEMAS[task.type].names}, **task.columns, **files.columns}
    braces = re.compile(r"\{([^{}]+)\}")
    for role, spec in named.items():
        names = braces.findall(spec) or spec.split(",")
        for place, name in enumerate(names):
            if name.startswith("other."):
                continue
            values = [value(task, role, row, place, len(names)) for row in range(rows)]
            yield name, [f"{starts[name]}{each}" for each in values] if name in starts else values
    if files.join:
        yield files.join[1], list(range(rows))
    lowest = {name: limit for name, comparison, limit in files.where if comparison == ">="}
    for name, _, limit in files.where:
        if name not in named.values():
            first = lowest.get(name, 0)
            yield name, [first + row if isinstance(limit, int) else "invented" for row in range(rows)]


def raw(reading: str, split: str, rows: int) -> Iterator[tuple[str, list[Any]]]:
    """Columns from which one row each of a ranking is made."""
    texts = [f"invented {row}" for row in range(rows)]
    spans = [[{"start": 0, "end": len(text)}] for text in texts]
    if reading == "sentences":
        yield from (("id", [str(row) for row in range(rows)]), ("question", texts), ("context", texts))
        yield "answers", [{"text": ["invented"], "answer_start": [0]}] * rows
        return
    entities = {"entity_id": [f"Q{row}" for row in range(rows)], "description": texts, "sentence_spans": spans}
    mentions = [
        {
            "example_id": str(row),
            "entity_id": f"Q{row}",
            "mention_span": {"start": 0, "end": len("invented"), "text": "invented"},
        }
        for row in range(rows)
    ]
    contexts = [{"text": text, "sentence_spans": span} for text, span in zip(texts, spans, strict=True)]
    if split == CANDIDATES:
        yield from entities.items()
    elif split == "train":
        pairs = zip(contexts, mentions, strict=True)
        yield "contextual_mention", [{"context": context, "mention": mention} for context, mention in pairs]
        yield "entity", [dict(zip(entities, row, strict=True)) for row in zip(*entities.values(), strict=True)]
    else:
        yield from (("context", contexts), ("mentions", [[mention] for mention in mentions]))


def value(task: Task, role: str, row: int, place: int, places: int) -> Any:
    if role == "label":
        return task.labels[row % len(task.labels)] if task.labels else row % choices_of(task)
    if role == "tags":
        return [label for label in task.labels for _ in range(2)]
    if role == "tokens":
        return [f"invented{row}"] * (2 * len(task.labels))
    if role == "choices":
        return f"invented {row} {place}" if places > 1 else [f"invented {row} {k}" for k in range(choices_of(task))]
    if role == "answer_texts":
        return [str(row)]
    if role == "answer_starts":
        return [len("invented ")]
    return f"invented {row}"


def choices_of(task: Task) -> int:
    """How many choices an invented row has: as many as there are columns or names of them, else four."""
    columns = task.columns.get("choices", "").split(",")
    return len(columns) if len(columns) > 1 else len(task.labels) or 4
