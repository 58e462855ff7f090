"""One contract for every task of the catalogue, on real rows where they are here and on invented ones everywhere.

Its languages exist, its splits can be read, each label occurs, and perfect predictions score best. Invented rows are at
most 20 a split, say of themselves that they are invented, and show only that a task reads the columns it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue import METRICS, Files, Task, TaskType, get_language, get_task, tasks
from xstilts.catalogue.task import CANDIDATES, UNTRAINED
from xstilts.data.rows import SCHEMAS
from xstilts.data.source import Folder, RowSource
from xstilts.metrics import get_metric
from xstilts.metrics.answer_f1 import normalised
from xstilts.world import World, WorldSettings

ROWS = 18
LABELLED = {TaskType.CLASSIFICATION: "label", TaskType.MULTIPLE_CHOICE: "label", TaskType.TOKEN_CLASSIFICATION: "tags"}
WITH_FILES = [name for name, task in tasks().items() if task.splits and not name.startswith("world/")]
WORLD = WorldSettings(train=60, validation=60, test=60, retrieval=30, parallel=20, words={"qaa": 900, "qac": 300})


def perfect(task: Task, rows: pa.Table) -> pa.Table:
    """What is right, in the form of a prediction."""
    if task.type is TaskType.SPAN_EXTRACTION:
        return pa.table(
            {"id": rows["id"], "text": [texts[0] if texts else "" for texts in rows["answer_texts"].to_pylist()]}
        )
    if task.type is TaskType.RETRIEVAL:
        return pa.table({"neighbour": pa.array(range(rows.num_rows), pa.int32())})
    if task.type is TaskType.TOKEN_CLASSIFICATION:
        return pa.table({"tags": rows["tags"]})
    if task.type is TaskType.MINING:
        return rows.select(["source_id", "target_id"]).drop_null()
    if task.type is TaskType.RANKING:
        return pa.table({"id": rows["id"], "ranking": rows["targets"]})
    return pa.table({"prediction": rows["label"]})


def spoiled(task: Task, right: pa.Table) -> pa.Table:
    """The same with every prediction wrong."""
    if task.type is TaskType.SPAN_EXTRACTION:
        return pa.table({"id": right["id"], "text": ["no such answer"] * right.num_rows})
    if task.type is TaskType.TOKEN_CLASSIFICATION:
        wrong = [[(tag + 1) % len(task.labels) for tag in row] for row in right["tags"].to_pylist()]
        return pa.table({"tags": pa.array(wrong, pa.list_(pa.int16()))})
    if task.type is TaskType.MINING:
        return right.set_column(1, "target_id", pa.array([f"not {name}" for name in right["target_id"].to_pylist()]))
    if task.type is TaskType.RANKING:
        return pa.table({"id": right["id"], "ranking": [["no such candidate"]] * right.num_rows})
    name = right.column_names[0]
    return pa.table({name: pa.array([value + 1 for value in right[name].to_pylist()], right.schema.types[0])})


def check_scores(task: Task, rows: pa.Table, language: str) -> None:
    if not task.metric:
        return
    if task.type is TaskType.SPAN_EXTRACTION:  # the benchmark gives an answer of punctuation alone an F1 of 0
        said = [not texts or bool(normalised(texts[0])) for texts in rows["answer_texts"].to_pylist()]
        assert sum(said) >= 0.99 * len(said)
        rows = rows.filter(pa.array(said))
    metric, right = get_metric(task.metric), perfect(task, rows)

    def score(said: pa.Table) -> float:
        return metric.reduce(metric.count(rows, said, language, task.labels))

    floor = metric.floor(rows if task.type not in UNTRAINED else None, rows, task.labels)
    assert score(right) == 100
    assert score(spoiled(task, right)) < 100
    assert score(floor) <= 100


def labels_in(task: Task, rows: pa.Table) -> set[int]:
    """Labels that occur; of a multiple choice, places of the right choice."""
    column = rows[LABELLED[task.type]].combine_chunks()
    return set((column.flatten() if task.type is TaskType.TOKEN_CLASSIFICATION else column).unique().to_pylist())


def wanted(task: Task, rows: pa.Table) -> set[int]:
    """Labels that must occur."""
    if task.type is TaskType.MULTIPLE_CHOICE:
        return set(range(max(map(len, rows["choices"].to_pylist()))))
    return set(range(len(task.labels)))


def check_rows(task: Task, source: RowSource, here: dict[str, tuple[str, ...]]) -> None:
    """Read and score one language of each split of ``here``; then read on until each label has occurred."""
    missing: set[int] | None = None
    first = [(split, languages[0]) for split, languages in here.items()]
    others = [(split, code) for split, languages in here.items() for code in languages[1:]]
    for split, language in (*first, *others):
        if (split, language) not in first and not missing:
            break
        rows = source.read(task, split, language)
        assert rows.schema == SCHEMAS[task.type]
        assert source.rows_of(task, split, language)[0] == rows.num_rows > 0
        if task.type is TaskType.RANKING:
            check_sides(rows, split)
            if split in ("train", CANDIDATES) or CANDIDATES not in here:
                continue
            pool = {code: source.read(task, CANDIDATES, code) for code in here[CANDIDATES]}
            rows = rows.append_column("targets", pa.array(targets_of(rows, pool)))
        if (split, language) in first:
            check_scores(task, rows, language)
        if task.type in LABELLED:
            missing = (wanted(task, rows) if missing is None else missing) - labels_in(task, rows)
    assert not missing, {task.labels[label] if task.labels else label for label in missing or ()}


def check_sides(rows: pa.Table, split: str) -> None:
    """Queries and candidates to train on; of all else one of them, with a name."""
    empty = {name for name in rows.column_names if rows[name].null_count == rows.num_rows}
    assert all(rows[name].null_count == 0 for name in rows.column_names if name not in empty)
    assert empty == {"train": {"id", "matches"}, CANDIDATES: {"query"}}.get(split, {"candidate"})
    assert len(set(rows["id"].to_pylist())) == (1 if split == "train" else rows.num_rows)


def targets_of(queries: pa.Table, pool: dict[str, pa.Table]) -> list[list[str]]:
    """The right candidates of every query, of which there is at least one in every language of the pool."""
    right: dict[str, list[str]] = {}
    for code, rows in pool.items():
        for name, matches in zip(rows["id"].to_pylist(), rows["matches"].to_pylist(), strict=True):
            for one in matches:
                right.setdefault(one, []).append(f"{code} {name}")
    found = [[name for one in matches for name in right[one]] for matches in queries["matches"].to_pylist()]
    assert all({name.split()[0] for name in names} == set(pool) for names in found)
    return found


@pytest.mark.parametrize("name", list(tasks()))
def test_what_a_task_says_of_itself_holds(name: str) -> None:
    task = get_task(name)
    for code in {*task.languages, *(code for split in task.splits for code in task.languages_of(split))}:
        assert get_language(code)
    assert task.title and task.licence and (task.lineage or "train" not in task.splits)
    assert task.metric in (*METRICS[task.type], "")
    for files in (task.splits[split] for split in task.splits):
        assert set(files.official) <= {*task.languages, *(code for code in files.languages)}
        assert all(size > 0 for size in files.official.values())
    for part in map(get_task, task.parts):
        assert (part.type, part.labels) == (task.type, task.labels)
        assert set(task.languages) <= set(part.languages_of("train"))
        assert part.lineage in re.split(r"\+", task.lineage)
    assert bool(task.parts) != bool(task.splits)


@pytest.mark.data
@pytest.mark.parametrize("name", WITH_FILES)
def test_real_rows_hold_each_label_and_perfect_predictions_score_best(name: str, data_folder: Path) -> None:
    task, folder = get_task(name), Folder(data_folder)
    here = {split: found for split in task.splits if (found := folder.languages(task, split))}
    if not here:
        pytest.skip(f"no rows of {name} here")
    check_rows(task, folder, here)


@pytest.mark.parametrize("name", [name for name in tasks() if name.startswith("world/")])
def test_constructed_rows_hold_each_label_and_perfect_predictions_score_best(name: str, world: ConstructedRows) -> None:
    task = get_task(name)
    check_rows(task, world, {split: world.languages(task, split) for split in task.splits})


@pytest.fixture(scope="module")
def world() -> ConstructedRows:
    return ConstructedRows()


class ConstructedRows:
    """The constructed world as a source of rows."""

    def __init__(self) -> None:
        self.world = World(WORLD)

    def languages(self, task: Task, split: str) -> tuple[str, ...]:
        return self.world.languages(task, split)

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        return self.world.count(task, split, language), ""

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        return self.world.read(task, split, language)


@pytest.mark.parametrize("name", WITH_FILES)
def test_invented_rows_are_read_from_the_columns_that_the_task_names(name: str, tmp_path: Path) -> None:
    task = get_task(name)
    for split, files in task.splits.items():
        language = task.languages_of(split)[0]
        write_invented(task, files, split, language, tmp_path / split)
        folder = Folder(tmp_path / split)
        assert language in folder.languages(task, split)
        rows = folder.load(task, split, language).rows
        assert rows.num_rows == ROWS // len(files.configs) * len(files.configs) > 0
        check_rows(task, folder, {split: (language,)})


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
    named = {**{role: role for role in SCHEMAS[task.type].names}, **task.columns, **files.columns}
    braces = re.compile(r"\{([^{}]+)\}")
    for role, spec in named.items():
        names = braces.findall(spec) or spec.split(",")
        for place, name in enumerate(names):
            if name.startswith("other."):
                continue
            yield name, [value(task, role, row, place, len(names)) for row in range(rows)]
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
