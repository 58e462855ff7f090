"""A small catalogue and source for plans: names, counts and checksums, no rows; a study, and its plan."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Files, Task, TaskType
from xstilts.study.job import Rows
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

LANGUAGES = ("en", "de", "sw")
_ROWS = {"nli": 1000, "qa": 3000, "xnli": 1000, "words": 400, "text": 5000}


def _task(name: str, type: TaskType, lineage: str, *splits: str, **more: object) -> Task:
    english = Files("toy", ("{language}",), "train", languages=("en",))
    files = {
        split: english if split == "train" and type != TaskType.MLM else Files("toy", ("{language}",), split)
        for split in splits
    }
    labels = ("yes", "no") if type == TaskType.CLASSIFICATION else ()
    said: dict[str, Any] = {"metric": "accuracy", **more}
    return Task(name, name, type, languages=LANGUAGES, splits=files, labels=labels, lineage=lineage, **said)


TASKS = {
    task.name: task
    for task in (
        _task("nli", TaskType.CLASSIFICATION, "nli", "train", "test"),
        _task("qa", TaskType.SPAN_EXTRACTION, "qa", "train", "test"),
        _task("xnli", TaskType.CLASSIFICATION, "nli", "train", "validation", "test"),
        _task("words", TaskType.TOKEN_CLASSIFICATION, "words", "train", "test"),
        _task("pairs", TaskType.RETRIEVAL, "", "test", metric="retrieval_accuracy"),
        _task("mine", TaskType.MINING, "", "validation", "test", metric="mining_f1"),
        _task("text", TaskType.MLM, "text", "train"),
    )
}


def find(name: str, own: Mapping[str, Task]) -> Task:
    known = {**TASKS, **own}
    if name not in known:
        raise Problem(f"unknown task '{name}'{nearest(name, known)}")
    return known[name]


class ToySource:
    """``missing`` holds (task, split, language) that cannot be had."""

    def __init__(self, *missing: tuple[str, str, str], salt: str = "") -> None:
        self.missing = missing
        self.salt = salt

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        wanted = (code for code in task.languages_of(split) if among is None or code in among)
        return tuple(code for code in wanted if (task.name, split, code) not in self.missing)

    def settled(self, task: Task) -> Task:
        return task

    def rows(self, task: Task, split: str, language: str) -> Rows:
        count = _ROWS.get(task.name, 100) if split == "train" else 50
        digest = hashlib.sha256(f"{self.salt}{task.name}{split}{language}".encode()).hexdigest()
        return Rows(task.name, split, language, count, digest)

    def tokens(self, rows: Rows) -> float | None:
        return None


def identify(path: str) -> str:
    if "missing" in path:
        raise Problem(f"no backbone in '{path}'")
    return f"sha256:{path}"


# What the studies of these tests have in common: an encoder made here, and one intermediate task.
TINY = """
[backbones.tiny]
architecture = {layers = 2, hidden = 64, heads = 2, feedforward = 128, vocabulary = 500}
[[backbones.tiny.pretraining]]
tasks = ["text"]
updates = 100
[arms.baseline]
[arms.nli]
intermediate = ["nli"]
"""
STUDY = f"""
question = "Does it help?"
targets = ["xnli", "pairs"]
seeds = [0, 1]
{TINY}"""


def toy_plan_of(hidden: int) -> Plan:
    """The plan with an encoder of another width."""
    wider = STUDY.replace("hidden = 64", f"hidden = {hidden}").replace("= 128", f"= {2 * hidden}")
    return plan(study_of(tomllib.loads(wider), "toy", "toy.toml"), ToySource(), find, identify)
