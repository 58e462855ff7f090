"""Published numbers, with where each comes from.

In: the tables beside this file. Out: rows as typed records. Numbers are facts and carry their source (``sources.csv``);
no text of a publication is copied. ``claims.toml`` is read by ``catalogue.claim``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Source:
    """Where numbers come from, and how they were read there."""

    source: str
    title: str
    date: str
    place: str
    how: str


@dataclass(frozen=True)
class Published:
    """One number about one system and target, in points: ``kind`` says whether a score (``absolute``) or a ``gain``.

    ``block``: ``dev`` (mean over the target's languages, development sets), ``benchmark`` (test sets where there are
    any), ``abstract``, ``reports``, ``leaderboard``. ``intermediate`` is empty for the baseline, else names of tasks
    with ``+`` between them; with ``mlm``, masked language modelling was trained alongside. ``status``: ``read`` in the
    source, ``quoted`` by another one, only in an ``abstract``, or only ``reported``.
    """

    source: str
    block: str
    system: str
    intermediate: str
    mlm: bool
    target: str
    metric: str
    kind: str
    value: float
    status: str


@dataclass(frozen=True)
class Intermediate:
    """An intermediate task as published: number of training examples, kind, head."""

    task: str
    title: str
    train: int
    kind: str
    head: str
    source: str


@dataclass(frozen=True)
class Fact:
    """A number or name that a source states; ``value`` is a text."""

    fact: str
    value: str
    source: str
    where: str


@dataclass(frozen=True)
class Document:
    """A report whose claims are judged, with the figures that it gives about itself."""

    report: str
    title: str
    date: str
    question: str
    papers_retrieved: int
    claims_extracted: int
    claims_verified: int
    quality_of_10: float
    references: str


@cache
def documents() -> tuple[Document, ...]:
    """The five reports that the claims come from."""
    found = []
    for row in _rows("reports.csv"):
        retrieved, extracted, verified = (
            int(row.pop(name)) for name in ("papers_retrieved", "claims_extracted", "claims_verified")
        )
        quality = float(row.pop("quality_of_10"))
        found.append(
            Document(
                **row,
                papers_retrieved=retrieved,
                claims_extracted=extracted,
                claims_verified=verified,
                quality_of_10=quality,
            )
        )
    return tuple(found)


@cache
def sources() -> dict[str, Source]:
    """Every source by name."""
    return {row["source"]: Source(**row) for row in _rows("sources.csv")}


@cache
def published() -> tuple[Published, ...]:
    """Every published score and gain of intermediate training, as printed."""
    found = []
    for row in _rows("phang2020.csv"):
        mlm, value = row.pop("mlm") == "yes", float(row.pop("value"))
        found.append(Published(**row, mlm=mlm, value=value))
    return tuple(found)


@cache
def intermediate_tasks() -> dict[str, Intermediate]:
    """The nine intermediate tasks by their catalogue name."""
    words = ("task", "title", "kind", "head", "source")
    return {
        row["task"]: Intermediate(**{name: row[name] for name in words}, train=int(row["train"]))
        for row in _rows("intermediate_tasks.csv")
    }


@cache
def facts() -> tuple[Fact, ...]:
    """Facts about the study and its data, one row a source."""
    return tuple(Fact(**row) for row in _rows("facts.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    text = files("xstilts.catalogue.published").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
