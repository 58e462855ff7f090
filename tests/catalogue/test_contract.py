"""One contract for every task of the catalogue, on real rows where they are here and on invented ones everywhere.

Its languages exist, its splits can be read, each label occurs, and perfect predictions score best. Invented rows are at
most 20 a split, say of themselves that they are invented, and show only that a task reads the columns it names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from hub_server import HubServer, running
from invented import ROWS, write_invented
from xstilts.catalogue import METRICS, Files, Task, TaskType, get_language, get_task, tasks
from xstilts.catalogue.task import CANDIDATES, ROW_NUMBER, UNTRAINED
from xstilts.data.agree import agreement
from xstilts.data.hub import Hub
from xstilts.data.rows import SCHEMAS
from xstilts.data.source import Folder, RowSource, Sources
from xstilts.jobs.holdings import on_hub
from xstilts.metrics import get_metric
from xstilts.metrics.answer_f1 import normalised
from xstilts.world import World, WorldSettings

LABELLED = {TaskType.CLASSIFICATION: "label", TaskType.MULTIPLE_CHOICE: "label", TaskType.TOKEN_CLASSIFICATION: "tags"}
WITH_FILES = [name for name, task in tasks().items() if task.splits and not name.startswith("world/")]
SCORED = 3000  # questions of a set that are scored
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
        rows = rows.filter(pa.array(said)).slice(0, SCORED)
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

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        return tuple(code for code in self.world.languages(task, split) if among is None or code in among)

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        return self.world.count(task, split, language), ""

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        return self.world.read(task, split, language)


def with_found_labels(task: Task, root: Path) -> Task:
    """A task whose labels are found in its training rows has those of invented ones."""
    if not task.common:
        return task
    named = replace(task, labels=("invented", "invented too", task.other))
    write_invented(named, task.splits["train"], "train", task.train_language, root)
    found = Sources([Folder(root)]).settled(task)
    assert found == named
    return found


@pytest.mark.parametrize("name", WITH_FILES)
def test_invented_rows_are_read_from_the_columns_that_the_task_names(name: str, tmp_path: Path) -> None:
    task = with_found_labels(get_task(name), tmp_path / "labels")
    for split, files in task.splits.items():
        language = task.languages_of(split)[0]
        write_invented(task, files, split, language, tmp_path / split)
        folder = Folder(tmp_path / split)
        assert language in folder.languages(task, split)
        rows = folder.load(task, split, language).rows
        assert rows.num_rows == ROWS // len(files.configs) * len(files.configs) > 0
        check_rows(task, folder, {split: (language,)})


@pytest.fixture(scope="module")
def server() -> Iterator[HubServer]:
    with running() as found:
        yield found


@pytest.mark.parametrize("name", [name for name in WITH_FILES if on_hub(get_task(name))])
def test_every_set_that_the_catalogue_names_is_read_from_a_hub(name: str, server: HubServer, tmp_path: Path) -> None:
    """Under its own names, through the hub's real client: files, columns and labels are found as the catalogue says."""
    task = get_task(name)
    for number, (split, files) in enumerate(sets_on_hub(task)):
        root, language = tmp_path / str(number), (files.languages or task.languages_of(split))[0]
        write_invented(task, files.of(language), split, language, root)
        written = {path.relative_to(root / files.folder).as_posix(): path for path in root.rglob("*.parquet")}
        server.repositories.clear()
        for other in on_hub(task):  # sets that are there and lack this language
            server.publish(other.repository, {"README.md": b""})
        server.publish(files.repository, written)
        hub = Hub(root / "cache", server.url)
        check_rows(task, hub, {split: (language,)})
        assert hub.taken.keys() == {files.repository}
        told = agreement(hub, task, split).differences
        assert not [line for line in told if "column" in line or "labels" in line]


def sets_on_hub(task: Task) -> Iterator[tuple[str, Files]]:
    """Every set of the hub that holds a split, or is read in another's place. One that is told apart by the numbers of
    its rows has too many of them to invent (tests/data/test_hub_serves_folder.py)."""
    for split, first in task.splits.items():
        for files in first.in_turn():
            if files in on_hub(task) and not any(column == ROW_NUMBER for column, _, _ in files.where):
                yield split, files
