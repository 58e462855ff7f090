"""Scores of the golden folders equal the official evaluator's to the last digit."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from xstilts.metrics import Metric, get_metric

GOLDEN = Path(os.environ.get("XSTILTS_GOLDEN", Path(__file__).parents[3] / "shared" / "golden" / "xtreme"))
FOLDERS = sorted(GOLDEN.glob("seed*/xtreme*"))
pytestmark = [pytest.mark.data, pytest.mark.skipif(not FOLDERS, reason="no golden folder")]

LINE_TASKS = ("xnli", "pawsx", "tatoeba")
TAG_TASKS = ("udpos", "panx")
ANSWER_TASKS = ("xquad", "tydiqa")


def lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]


def sentences(path: Path) -> list[list[str]]:
    found: list[list[str]] = []
    words: list[str] = []
    for line in [*lines(path), ""]:
        if line:
            words.append(line)
        elif words:
            found.append(words)
            words = []
    return found


def label_tables(gold: list[str], said: list[str]) -> tuple[pa.Table, pa.Table, tuple[str, ...]]:
    labels = tuple(dict.fromkeys([*gold, *said]))
    index = {label: place for place, label in enumerate(labels)}
    return (
        pa.table({"label": pa.array([index[label] for label in gold], pa.int16())}),
        pa.table({"prediction": pa.array([index[label] for label in said], pa.int16())}),
        labels,
    )


def retrieval_tables(gold: list[str], said: list[str]) -> tuple[pa.Table, pa.Table, tuple[str, ...]]:
    """Line k holds the foreign row of the k-th English sentence in sorted order; undo the sorting."""
    neighbour = [-1] * len(gold)
    for right, found in zip(gold, said, strict=True):
        neighbour[int(right)] = int(found) if found == str(int(found.strip("[]"))) else -1
    texts = [""] * len(gold)
    return pa.table({"source": texts, "target": texts}), pa.table({"neighbour": pa.array(neighbour, pa.int32())}), ()


def tag_tables(gold: list[list[str]], said: list[list[str]]) -> tuple[pa.Table, pa.Table, tuple[str, ...]]:
    labels = tuple(dict.fromkeys(tag for sentence in [*gold, *said] for tag in sentence))
    index = {label: place for place, label in enumerate(labels)}
    tables = [
        pa.table({"tags": pa.array([[index[tag] for tag in sentence] for sentence in side], pa.list_(pa.int16()))})
        for side in (gold, said)
    ]
    return tables[0], tables[1], labels


def answer_tables(gold: Path, said: Path) -> tuple[pa.Table, pa.Table, tuple[str, ...]]:
    questions = [
        question
        for article in json.loads(gold.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]
    answers = json.loads(said.read_text(encoding="utf-8"))
    answers = answers.get("data", answers)
    return (
        pa.table(
            {
                "id": [question["id"] for question in questions],
                "answer_texts": [[answer["text"] for answer in question["answers"]] for question in questions],
            }
        ),
        pa.table({"id": list(answers), "text": list(answers.values())}),
        (),
    )


def tables(task: str, gold: Path, said: Path) -> tuple[pa.Table, pa.Table, tuple[str, ...]]:
    if task == "tatoeba":
        return retrieval_tables(lines(gold), lines(said))
    if task in LINE_TASKS:
        return label_tables(lines(gold), lines(said))
    if task in TAG_TASKS:
        return tag_tables(sentences(gold), sentences(said))
    return answer_tables(gold, said)


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *((task, "accuracy") for task in ("xnli", "pawsx")),
        ("tatoeba", "retrieval_accuracy"),
        *((task, "chunk_f1") for task in TAG_TASKS),
        *((task, "answer_f1") for task in ANSWER_TASKS),
    ],
)
def test_scores_equal_the_official_ones(task: str, name: str) -> None:
    metric: Metric = get_metric(name)
    compared = 0
    for folder in FOLDERS:
        official = json.loads((folder / "scores.json").read_text(encoding="utf-8"))["tasks"].get(task)
        if official is None:
            continue
        for key, score_of in {"accuracy": metric.reduce, "f1": metric.reduce, **metric.further}.items():
            for language, score in official.get(key, {}).items():
                (gold,) = (folder / "labels" / task).glob(f"test-{language}.*")
                right, said, labels = tables(task, gold, folder / "predictions" / task / gold.name)
                assert score_of(metric.count(right, said, language, labels)) == score, (folder.name, language, key)
                compared += 1
    assert compared >= 7 * len({folder.parent for folder in FOLDERS})
