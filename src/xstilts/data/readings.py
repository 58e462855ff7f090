"""From files that hold something else to the rows of a ranking.

In: columns of a file as lists, and the split that they are read for. Out: the columns of a ranking's rows, and how many
rows were left out for which reason. ``sentences`` reads questions about paragraphs (SQuAD's form): a question is a
query, the sentences of all paragraphs are the candidates. ``mentions`` reads Mewsli-X: a mention in its sentence is a
query, the descriptions of all entities are the candidates. Both make texts as XTREME-R's scripts do (protocol 4.10 and
4.11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xstilts.catalogue.task import CANDIDATES
from xstilts.data.sentences import Span, sentences_of

Columns = Mapping[str, list[Any]]
LeftOut = Mapping[str, int]


@dataclass(frozen=True)
class Reading:
    """``columns`` that a file must have, by split, and ``optional`` ones. ``rows`` makes the rows of a split from them;
    it raises ``ValueError`` that names the row for what is not in this form. ``revision`` counts up when it makes other
    rows of the same files."""

    columns: Mapping[str, tuple[str, ...]]
    rows: Callable[[Columns, str], tuple[Columns, LeftOut]]
    optional: tuple[str, ...] = ()
    revision: int = 1


# Questions about paragraphs.


def _of_questions(columns: Columns, split: str) -> tuple[Columns, LeftOut]:
    asked = list(zip(*(columns[name] for name in _QUESTIONS), strict=True))
    breaks = columns.get("sentence_breaks") or [None] * len(asked)
    spans: dict[str, list[Span]] = {}
    for (_, _, context, _), stated in zip(asked, breaks, strict=True):
        if context is not None and context not in spans:
            spans[context] = [(low, high) for low, high in stated] if stated else sentences_of(context)
    place: list[Span | None] = []
    for row, (_, _, context, starts) in enumerate(asked, start=1):
        if starts is not None and not isinstance(starts, list):
            raise ValueError(f"row {row}: answers.answer_start is no list of places")
        place.append(_around(starts[0], spans[context]) if starts and context is not None else None)
    used = [(*found, span) for found, span in zip(asked, place, strict=True) if span is not None]
    left_out = {"an answer that begins in no sentence": len(asked) - len(used)}
    if split == CANDIDATES:
        return _sentences(spans, [(name, context, span) for name, _, context, _, span in used]), left_out
    if split == "train":
        return {
            "query": [question for _, question, *_ in used],
            "candidate": [_in_context(context, span) for _, _, context, _, span in used],
        }, left_out
    return {
        "id": [name for name, *_ in used],
        "query": [question for _, question, *_ in used],
        "matches": [[name] for name, *_ in used],
    }, left_out


def _around(place: int, spans: list[Span]) -> Span | None:
    """The sentence in which ``place`` lies."""
    return next((span for span in spans if span[0] <= place < span[1]), None)


def _sentences(spans: Mapping[str, list[Span]], answers: list[tuple[str, str, Span]]) -> Columns:
    """Every sentence of every paragraph with a question. It is called by the numbers of paragraph, from 1, and
    sentence, from 0, and matches the questions that it, or a sentence of the same text beside it, answers."""
    questions: dict[str, list[tuple[str, str]]] = {}
    for name, context, (low, high) in answers:
        questions.setdefault(context, []).append((name, context[low:high]))
    found: dict[str, list[Any]] = {"id": [], "candidate": [], "matches": []}
    for paragraph, (context, places) in enumerate(spans.items(), start=1):
        for number, (low, high) in enumerate(places if context in questions else ()):
            found["id"].append(f"{paragraph}_{number}")
            found["candidate"].append(_in_context(context, (low, high)))
            found["matches"].append([name for name, text in questions[context] if text == context[low:high]])
    return found


def _in_context(context: str, span: Span) -> str:
    """A sentence and its paragraph, one after the other and on one line, as the benchmark's encoder reads them."""
    return (context[span[0] : span[1]] + context).replace("\n", "")


# Mentions of entities.

_BRACES = re.compile(r"\{(.*?)\}")


def _of_mentions(columns: Columns, split: str) -> tuple[Columns, LeftOut]:
    found: dict[str, list[Any]] = {"id": [], "query": [], "candidate": [], "matches": []}
    across = 0
    names = _MENTIONS[split]
    for number, row in enumerate(zip(*(columns[name] for name in names), strict=True), start=1):
        try:
            if split == CANDIDATES:
                entity = dict(zip(names, row, strict=True))
                _add(found, id=entity["entity_id"], candidate=_description(entity), matches=[entity["entity_id"]])
                continue
            context, mentions = (row[0]["context"], [row[0]["mention"]]) if split == "train" else row
            for mention in mentions:
                query = _marked(context, mention["mention_span"])
                across += query is None
                if query is not None and split == "train":
                    _add(found, query=query, candidate=_description(row[1]))
                elif query is not None:
                    _add(found, id=mention["example_id"], query=query, matches=[mention["entity_id"]])
        except (KeyError, TypeError) as error:
            raise ValueError(f"row {number}: it is not in the form of Mewsli-X ({error!r})") from error
    return {name: values for name, values in found.items() if any(values)}, {
        "a mention that lies in no sentence": across
    }


def _add(found: dict[str, list[Any]], **values: Any) -> None:
    for name, column in found.items():
        column.append(values.get(name))


def _marked(context: Mapping[str, Any], mention: Mapping[str, Any]) -> str | None:
    """``NAME: what stands before { NAME } what follows``, in the sentence that holds the mention whole."""
    low, high = mention["start"], mention["end"]
    spans = [(span["start"], span["end"]) for span in context["sentence_spans"]]
    span = next(((begin, end) for begin, end in spans if begin <= low and high <= end), None)
    if span is None:
        return None
    before, after = context["text"][span[0] : low], context["text"][high : span[1]]
    before, after = (_BRACES.sub(r"(\1)", text) for text in (before, after))
    return _one_line(f"{mention['text']}: {before} {{ {mention['text']} }} {after}")


def _description(entity: Mapping[str, Any]) -> str:
    text, spans = entity["description"], entity["sentence_spans"]
    return _one_line(" ".join(text[span["start"] : span["end"]] for span in spans))


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()).replace("  ", " ").strip()


_QUESTIONS = ("id", "question", "context", "answers.answer_start")
_IN_DOCUMENT = ("context", "mentions")
_MENTIONS = {
    "train": ("contextual_mention", "entity"),
    "validation": _IN_DOCUMENT,
    "test": _IN_DOCUMENT,
    CANDIDATES: ("entity_id", "description", "sentence_spans"),
}

READINGS: Mapping[str, Reading] = {
    "sentences": Reading(
        dict.fromkeys(("train", "validation", "test", CANDIDATES), _QUESTIONS), _of_questions, ("sentence_breaks",)
    ),
    "mentions": Reading(_MENTIONS, _of_mentions),
}
