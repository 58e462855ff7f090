"""Valid input of every kind, small, from which the broken kind is made.

Out: ``Case`` lists by reader. Nothing is downloaded, no line is anybody's text.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.fuzzing.breaking import Case
from benchmarks.process import REPOSITORY
from xstilts.catalogue.benchmark import XTREME, XTREME_R, Benchmark, Form, Scored
from xstilts.catalogue.task import CANDIDATES, Files, Task, TaskType

LABELS = ("no", "yes")
SPLITS = ("train", "test")


def _task(name: str, kind: TaskType, columns: Mapping[str, str], labels: Sequence[str] = (), **files: Any) -> Task:
    splits = (*SPLITS, CANDIDATES) if kind is TaskType.RANKING else SPLITS
    return Task(
        name,
        name,
        kind,
        "",
        ("en",),
        {split: Files("me/x", ("en",), split, **files) for split in splits},
        columns,
        tuple(labels),
    )


# Every type, and every way in which columns, conditions, joins and readings are said.
TASKS = {
    task.name: task
    for task in (
        _task("classification", TaskType.CLASSIFICATION, {"text_a": "a", "text_b": "b"}, LABELS),
        _task("templates", TaskType.CLASSIFICATION, {"text_a": "{a} of {b}"}, LABELS),
        _task("conditions", TaskType.CLASSIFICATION, {"text_a": "a"}, LABELS,
              where=(("#", "<", 3), ("n", ">=", 1), ("b", "starts", "w"), ("b", "!=", "x"))),
        _task("joined", TaskType.CLASSIFICATION, {"text_a": "a", "text_b": "other.b"}, LABELS, join=("other", "n")),
        _task("choices", TaskType.MULTIPLE_CHOICE, {"text_a": "a", "choices": "c"}),
        _task("columns", TaskType.MULTIPLE_CHOICE, {"text_a": "a", "choices": "b,d"}),
        _task("spans", TaskType.SPAN_EXTRACTION, {"answer_texts": "answers.text",
        "answer_starts": "answers.answer_start"}),
        _task("tags", TaskType.TOKEN_CLASSIFICATION, {}, LABELS),
        _task("retrieval", TaskType.RETRIEVAL, {"source": "a", "target": "b"}),
        _task("mining", TaskType.MINING, {}),
        _task("pairs", TaskType.MINING, {"source": "left", "target": "right", "pairs": "pairs"}),
        _task("ranking", TaskType.RANKING, {"query": "a", "candidate": "b"}),
        _task("sentences", TaskType.RANKING, {}, reading="sentences"),
        _task("mentions", TaskType.RANKING, {}, reading="mentions"),
        _task("own", TaskType.CLASSIFICATION, {}, LABELS),
        _task("own_choices", TaskType.MULTIPLE_CHOICE, {}),
        _task("own_spans", TaskType.SPAN_EXTRACTION, {}),
        _task("own_retrieval", TaskType.RETRIEVAL, {}),
        _task("text", TaskType.MLM, {"text": "a"}),
    )
}  # fmt: skip


def _rows(count: int = 4) -> list[dict[str, Any]]:
    return [
        {
            "a": f"a word {row}", "b": f"word {row}", "c": [f"one {row}", "two", "three"], "d": "other", "n": row,
            "label": row % 2, "id": f"q{row}", "question": f"which {row}?", "context": f"It is word {row}. Not that. ",
            "answers": {"text": [f"word {row}"], "answer_start": [6]}, "tokens": ["a", "word", str(row)], "tags": [0,
            1, 0],
            "source_id": f"s{row}", "source": f"un {row}", "target_id": f"t{row}", "target": f"one {row}",
            "text_a": f"word {row}", "text_b": "word", "choices": [f"one {row}", "two"],
            "answer_texts": [f"word {row}"],
            "answer_starts": [6], "matches": [f"q{row}"], "left": [f"un {row}", "deux"], "right": ["one", "two"],
            "pairs": [[1, 1], [2, 2]],
            "entity_id": f"Q{row}", "description": f"word {row}", "sentence_spans": [{"start": 0, "end": 6}],
            "mentions": [_mention(row)], "contextual_mention": {"context": _CONTEXT, "mention": _mention(row)},
            "entity": {"entity_id": f"Q{row}", "description": "word", "sentence_spans": [{"start": 0, "end": 4}]},
        }
        for row in range(count)
    ]  # fmt: skip


_CONTEXT = {"text": "It is a word.", "language": "en", "sentence_spans": [{"start": 0, "end": 13}]}


def _mention(row: int) -> dict[str, Any]:
    return {"example_id": str(row), "entity_id": f"Q{row}", "mention_span": {"start": 8, "end": 12, "text": "word"}}


_NAMES = {
    "classification": "a b label", "templates": "a b label", "conditions": "a b n label", "joined": "a n label",
    "choices": "a c label", "columns": "a b d label", "spans": "id question context answers", "tags": "tokens tags",
    "retrieval": "a b", "mining": "source_id source target_id target", "pairs": "left right pairs",
    "ranking": "a b id matches",
    "own": "text_a text_b label", "own_choices": "text_a choices label", "own_retrieval": "source target",
    "own_spans": "id question context answer_texts answer_starts", "sentences": "id question context answers",
    "text": "a",
    "mentions": "context mentions contextual_mention entity entity_id description sentence_spans",
}  # fmt: skip


def tables() -> list[Case]:
    """A file a task and format, called ``TASK.FORMAT``; for a join ``other.FORMAT`` beside it."""
    found = []
    for name, columns in _NAMES.items():
        rows = [{column: row[column] for column in columns.split()} for row in _rows()]
        if name == "mentions":
            rows = [{**row, "context": _CONTEXT} for row in rows]
        rows = rows[:1] if name == "pairs" else rows
        other = [{"n": row, "b": f"word {row}"} for row in range(3)]
        for suffix, written in _WRITERS.items():
            if suffix == "csv" and any(not isinstance(value, str | int) for value in rows[0].values()):
                continue
            files = {f"{name}.{suffix}": written(rows)}
            if name == "joined":
                files[f"other.{suffix}"] = written(other)
            found.append(Case(files))
    return found


def _json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(rows: list[dict[str, Any]]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    features = {"label": {"names": list(LABELS), "_type": "ClassLabel"}}
    table = pa.Table.from_pylist(rows)
    table = table.replace_schema_metadata({b"huggingface": json.dumps({"info": {"features": features}}).encode()})
    written = io.BytesIO()
    pq.write_table(table, written)
    return written.getvalue()


_WRITERS = {"parquet": _parquet, "jsonl": _jsonl, "json": _json, "csv": _csv}


def studies() -> list[Case]:
    """Study files: those of the package, and one of every kind of table."""
    folder = REPOSITORY / "src" / "xstilts" / "studies"
    shipped = [path.read_bytes() for path in sorted(folder.glob("*.toml"))]
    return [Case({"study.toml": content}) for content in (*shipped, small_study(), small_study())]


@cache
def small_study() -> bytes:
    """A study with tables of its own kinds, which is planned in a moment."""
    return _STUDY.encode()


_STUDY = """question = "Does it hold?"
targets = ["world/paraphrase", "mine"]
languages = ["qae", "qai"]
seeds = [0, 1]
train_examples = { "world/paraphrase" = 30 }
evaluation_examples = 20
exclude_overlap = "equal"
analyses = ["variance"]
[world]
train = 60
test = 20
retrieval = 20
parallel = 60
[groups]
few = ["qai"]
[tasks.mine]
type = "classification"
labels = ["no", "yes"]
languages = ["qae"]
train_language = "qae"
columns = { text_a = "a", text_b = "b" }
lineage = "mine"
[tasks.mine.splits.train]
path = "rows.jsonl"
[tasks.mine.splits.test]
path = "test.jsonl"
[backbones.tiny]
architecture = { layers = 1, hidden = 16, heads = 2, feedforward = 16, vocabulary = 300 }
vocabulary = { text = ["world/text"], characters = 10000 }
pretraining = [{ tasks = ["world/text"], updates = 5, batch = 4, max_length = 32, dropout = 0.1 }]
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[arms.nli.target]
learning_rate = 0.001
[arms.many]
intermediate = ["world/nli", "world/qa"]
sampling = "uniform"
[arms.sum]
add = { nli = 0.5, many = 0.5 }
[settings.intermediate]
updates = 5
batch = 4
[settings.target]
epochs = 1
batch = 4
[settings.tasks.mine]
learning_rate = 0.01
[[claims]]
id = "holds"
text = "It holds."
quantity = "mean_gain"
comparison = "above"
value = 0.0
arm = "nli"
[levels.quick]
seeds = [0]
"""


def planned() -> list[Case]:
    """A study that can be planned, with the rows of its own task."""
    rows = [{name: row[name] for name in ("a", "b", "label")} for row in _rows(8)]
    test = [{**row, "a": f"{row['a']} again", "b": f"{row['b']} again"} for row in rows]
    return [Case({"study.toml": small_study(), "rows.jsonl": _jsonl(rows), "test.jsonl": _jsonl(test)})]


# Benchmarks' folders.


def benchmark() -> Benchmark:
    """Every form and task of both benchmarks, in English or the task's first language alone."""
    from dataclasses import replace

    tasks: dict[str, Scored] = {}
    for task in (*XTREME.tasks, *XTREME_R.tasks):
        tasks.setdefault(task.name, replace(task, languages=task.languages[:1], others=()))
    return Benchmark("small", "Small", tuple(tasks.values()), {})


def folders() -> list[Case]:
    """A pair of files for each task: ``predictions/...`` and ``references/...``."""
    found = []
    for task in benchmark().tasks:
        place = str(task.file(task.languages[0]))
        found.append(Case({f"references/{place}": _said(task, True), f"predictions/{place}": _said(task, False)}))
    return found


def _said(task: Scored, right: bool) -> bytes:
    labels = [*(task.labels or ("0", "1"))[:2], (task.labels or ("0",))[0]]
    if task.form is Form.LABELS:
        return ("\n".join(labels) + "\n").encode()
    if task.form is Form.TAGS:
        return ("\n".join(labels) + "\n\n" + labels[0] + "\n").encode()
    if task.form is Form.CHOICES:
        return b"".join(b'{"label": %d}\n' % number for number in (0, 1, 0))
    if task.form is Form.POSITIONS:
        return b"1\n2\n0\n"
    if task.form is Form.PAIRS:
        return b"de-1\ten-1\nde-2\ten-2\n"
    if task.form is Form.ANSWERS:
        if not right:
            return json.dumps({f"q{k}": f"word {k}" for k in range(3)}).encode()
        qas = [
            {"id": f"q{k}", "question": "?", "answers": [{"text": f"word {k}", "answer_start": 0}]} for k in range(3)
        ]
        return json.dumps({"version": "1.1", "data": [{"paragraphs": [{"context": "word 0", "qas": qas}]}]}).encode()
    return json.dumps({f"m{k}": [f"Q{k}", "Q9"] for k in range(3)}).encode()


# What publishers hand out.

_DERIVATION = (
    "ID=wsj_0001.1 PARSER=GOLD NUMPARSE=1\n"
    "(<T S[dcl] 0 2> (<L NP PRP PRP Invented NP>) (<L S[dcl]\\NP VBZ VBZ word S[dcl]\\NP_1>) )\n"
)
_PIPED = "# by hand\n\nInvented|PRP|NP word|VBZ|S[dcl]\\NP .|.|.\n"


def publishers() -> list[Case]:
    """CCGbank in its two forms, Mewsli-X."""
    mention = {"context": _CONTEXT, "mentions": [_mention(0)]}
    entity = {"entity_id": "Q0", "description": "word", "sentence_spans": [{"start": 0, "end": 4}]}
    mewsli = {
        "candidate_set_entities.jsonl": [entity],
        "wikipedia_pairs-train.jsonl": [
            {"contextual_mention": {"context": _CONTEXT, "mention": _mention(0)}, "entity": entity}
        ],
        "wikinews_mentions-dev.jsonl": [mention],
        "wikinews_mentions-test.jsonl": [mention],
    }
    return [
        Case({f"ccgbank/wsj_{section}01.auto": _DERIVATION.encode() for section in ("00", "02", "23")}),
        Case({f"ccgbank/{name}.stagged": _PIPED.encode() for name in ("wsj02-21", "wsj00", "wsj23")}),
        Case({f"mewsli-x/{name}": _jsonl(rows) for name, rows in mewsli.items()}),
    ]


def beside() -> list[Case]:
    """Small files that lie beside data and results."""
    lock = {"me/x": "0" * 40, "you/y": "a1" * 20}
    return [
        Case({"data.lock.json": json.dumps(lock).encode()}),
        Case({"traits.csv": b"code,class,mine\nen,5,a\nsw,2,b\n"}),
        Case({"MANIFEST.csv": b"name,config,split,note\nxnli,en,test,joined; cut\nxnli,de,test,cut\n"}),
        Case({"store.json": b'{"format": 2}'}),
    ]


@cache
def checkpoint() -> Mapping[str, bytes]:
    """A tiny encoder in the hub's format."""
    from xstilts.data.vocabulary import train_vocabulary
    from xstilts.model.encoder import make_encoder, save_encoder

    words = [f"{first} {second} word" for first in ("old", "red", "small") for second in ("cat", "dog", "house")] * 3
    vocabulary = train_vocabulary(words, 60)
    encoder = make_encoder(1, 8, 2, 8, 20, vocabulary, 0.1, 0)
    with tempfile.TemporaryDirectory() as place:
        save_encoder(encoder, vocabulary, Path(place))
        return {path.name: path.read_bytes() for path in sorted(Path(place).iterdir())}


def checkpoints() -> list[Case]:
    """The whole folder; more often broken in what is not the tokenizer."""
    return [Case(checkpoint())]


def tokenizers() -> list[Case]:
    """A ``tokenizer.json`` alone."""
    return [Case({"tokenizer.json": checkpoint()["tokenizer.json"]})]
