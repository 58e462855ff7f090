"""Folders of references and predictions for tests, written as the benchmarks lay them out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xstilts.catalogue.benchmark import XTREME, XTREME_R, Benchmark, Form, Scored

TASKS = {task.name: task for benchmark in (XTREME, XTREME_R) for task in benchmark.tasks}


def small(*tasks: Scored | str, languages: Sequence[str] = ("en",)) -> Benchmark:
    """A benchmark of these tasks in few languages."""
    found = tuple(replace(TASKS[task] if isinstance(task, str) else task, languages=languages) for task in tasks)
    return Benchmark("small", "Small", tuple(found), {})


def put(folder: Path, task: str, language: str, content: str | bytes) -> Path:
    """Write one file of a folder."""
    path = folder / TASKS[task].file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def answers(*questions: tuple[str, list[str]]) -> str:
    """References of questions in SQuAD's form."""
    qas = [{"id": name, "answers": [{"text": text} for text in texts]} for name, texts in questions]
    return json.dumps({"data": [{"paragraphs": [{"qas": qas}]}]})


def whole(folder: Path, benchmark: Benchmark, right: bool = True) -> None:
    """A file of three examples for each task and language; with ``right`` false the predictions that go with it."""
    texts = {
        Form.LABELS: "\n".join,
        Form.TAGS: lambda labels: "\n".join(labels) + "\n\n" + labels[0] + "\n",
        Form.CHOICES: lambda labels: "\n".join(json.dumps({"label": int(label)}) for label in labels),
    }
    for task in benchmark.tasks:
        for language in task.languages:
            if task.form in texts:
                labels = [task.labels[0], task.labels[1], task.labels[0]]
                content = texts[task.form](labels)
            elif task.form is Form.POSITIONS:
                content = "1\n2\n0\n"
            elif task.form is Form.PAIRS:
                content = "".join(f"{language}-{k}\ten-{k}\n" for k in range(3))
            elif task.form is Form.ANSWERS:
                names = [(f"q{k}", [f"word{k}"]) for k in range(3)]
                content = answers(*names) if right else json.dumps({name: texts[0] for name, texts in names})
            else:
                content = json.dumps({f"m{k}": [f"Q{k}"] for k in range(3)})
            put(folder, task.name, language, content)
