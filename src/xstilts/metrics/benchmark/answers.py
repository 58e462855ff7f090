"""Readers of the JSON forms: answers to questions, and rankings of candidates.

In: paths, the task, the findings. Out: ``Rows`` with the columns that ``answer_f1`` and ``mean_average_precision``
take, or None where nothing could be scored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from xstilts.catalogue.benchmark import Form, Scored
from xstilts.catalogue.placeholder import withheld
from xstilts.metrics.benchmark.files import json_of
from xstilts.metrics.benchmark.findings import Findings, some_of
from xstilts.metrics.benchmark.rows import Rows


def read_answers(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    """Questions with their gold answers, and a text for each question id."""
    right, mine = _questions(gold, found), _by_id(said, found)
    if right is None or mine is None:
        return None
    ids = [name for name, _ in right]
    if odd := [f"'{name}'" for name, text in mine.items() if not isinstance(text, str)]:
        found.mistake(said, f"{some_of(odd, 'id')}: the answer is no text; give a text, which may be empty")
        return None
    if again := [f"'{name}'" for name, times in Counter(ids).items() if times > 1]:
        found.fault(gold, f"{some_of(again, 'id')} given to more than one question; each question needs its own")
    if bare := [f"'{name}'" for name, texts in right if not texts and name in mine and not task.unanswered]:
        found.mistake(gold, f"{some_of(bare, 'question')}: no gold answer; take the file with gold answers")
        return None
    if withheld(len(right), 1) and not any(text for _, texts in right for text in texts):
        found.fault(gold, "all answers are empty: these look like placeholders; take the file with gold answers")
    _match(said, ids, mine, found)
    return Rows(
        pa.table({"id": ids, "answer_texts": pa.array([texts for _, texts in right], pa.list_(pa.string()))}),
        pa.table({"id": pa.array(list(mine), pa.string()), "text": pa.array(list(mine.values()), pa.string())}),
        (),
    )


def read_rankings(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    """Queries with the names of their targets, and a ranking for each query id."""
    right, mine = _by_id(gold, found), _by_id(said, found)
    if right is None or mine is None:
        return None
    whole = True
    for path, side in ((gold, right), (said, mine)):
        if odd := [f"'{name}'" for name, names in side.items() if not _are_names(names)]:
            found.mistake(path, f'{some_of(odd, "id")}: no list of names; write ["Q1", "Q2"]')
            whole = False
    if not right:
        found.mistake(gold, "holds no query: there is nothing to score against")
    if not whole or not right:
        return None
    first = task.form is Form.ENTITIES
    targets = {name: [one.strip() for one in (names[:1] if first else names)] for name, names in right.items()}
    if bare := [f"'{name}'" for name, names in targets.items() if not any(names)]:
        found.mistake(gold, f"{some_of(bare, 'query')}: no target; these look like placeholders; take the gold file")
        return None
    if first and (more := [f"'{name}'" for name, names in right.items() if len(names) > 1]):
        found.note(gold, f"{some_of(more, 'query')}: several names, of which only the first is right")
    _match(said, list(right), mine, found)
    lists = pa.list_(pa.string())
    return Rows(
        pa.table({"id": pa.array(list(targets), pa.string()), "targets": pa.array(list(targets.values()), lists)}),
        pa.table({"id": pa.array(list(mine), pa.string()), "ranking": pa.array(list(mine.values()), lists)}),
        (),
    )


def _by_id(path: Path, found: Findings) -> Mapping[str, Any] | None:
    value = json_of(path, found)
    if value is None or isinstance(value, dict):
        return value
    found.mistake(path, 'holds a list: write one object {"id": ...}')
    return None


def _questions(path: Path, found: Findings) -> list[tuple[str, list[str]]] | None:
    """Id and gold answers of every question of a file in SQuAD's form."""
    articles = json_of(path, found)
    if articles is None:
        return None
    questions: list[tuple[str, list[str]]] = []
    if not isinstance(articles, list):
        found.mistake(path, 'is not in the form of SQuAD 1.1: {"data": [{"paragraphs": [{"qas": [...]}]}]}')
        return None
    odd: list[str] = []
    for number, article in enumerate(articles, start=1):
        try:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    texts = [answer["text"] for answer in question["answers"]]
                    if not isinstance(question["id"], str) or not _are_names(texts):
                        raise TypeError
                    questions.append((question["id"], texts))
        except (KeyError, TypeError):
            odd.append(str(number))
    if odd:
        found.mistake(path, f"{some_of(odd, 'article')}: not in SQuAD 1.1's form (paragraphs, qas, id, answers, text)")
        return None
    if not questions:
        found.mistake(path, "holds no question: there is nothing to score against")
        return None
    return questions


def _match(path: Path, ids: Sequence[str], mine: Mapping[str, Any], found: Findings) -> None:
    """Tell of ids that are on one side only."""
    known = set(ids)
    if missing := [f"'{name}'" for name in known if name not in mine]:
        found.note(path, f"{some_of(sorted(missing), 'id')}: not answered, which counts 0")
    if other := [f"'{name}'" for name in mine if name not in known]:
        found.note(path, f"{some_of(other, 'id')}: unknown in the references and passed over")


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
