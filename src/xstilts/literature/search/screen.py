"""Which papers are taken, which are not and why, counted as PRISMA counts them.

In: merged records, rules (a TOML file), decisions of people (a CSV file). Out: a decision with one reason a record, and
counts that add up: found - duplicates = screened = included + excluded + not judged. The first rule that excludes a
record gives its reason; a person's decision goes before every rule. What is not known excludes nobody: a record whose
language or year is not stated stays, one without an abstract is *not judged* where only the abstract could tell.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from xstilts.catalogue.errors import Problem, nearest
from xstilts.literature.search.merge import Merged
from xstilts.literature.search.records import Record, plain_words
from xstilts.literature.sheet import table_of

Outcome = Literal["included", "excluded", "not judged"]
_OUTCOMES: dict[str, Outcome] = {"include": "included", "exclude": "excluded"}
_COLUMNS = ("record", "decision", "reason")


@dataclass(frozen=True)
class Rules:
    """``must``: of each group at least one term stands in title or abstract; ``must_not``: none of these does. A term
    is a word or a phrase; one that ends in ``*`` is the beginning of a word."""

    since: int | None = None
    until: int | None = None
    languages: tuple[str, ...] = ()
    abstract: bool = False
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Screened:
    """``by``: *rule* or *person*."""

    record: Record
    outcome: Outcome
    reason: str
    by: Literal["rule", "person"] = "rule"


@dataclass(frozen=True)
class Counts:
    """``found``: records by service; ``excluded``: records by reason."""

    found: Mapping[str, int]
    by_identifier: int
    by_title: int
    screened: int
    excluded: Mapping[str, int]
    not_judged: Mapping[str, int]
    included: int


def screened(merged: Merged, rules: Rules, decisions: Mapping[str, tuple[Outcome, str]]) -> list[Screened]:
    """A decision for every record, in the same order. Raises ``Problem`` for decisions on unknown records."""
    names = {f"{kind}:{name}": record.name for record in merged.records for kind, name in record.identifiers.items()}
    names |= {record.name: record.name for record in merged.records}
    lost = [name for name in decisions if name not in names]
    if lost:
        raise Problem(*(f"a decision on '{name}', which no search found{nearest(name, names)}" for name in lost))
    taken: dict[str, tuple[Outcome, str]] = {}
    for name, decision in decisions.items():
        if taken.setdefault(names[name], decision)[0] != decision[0]:
            raise Problem(f"two decisions on '{name}': it is the same paper as another of the file")
    found = []
    for record in merged.records:
        if record.name in taken:
            outcome, reason = taken[record.name]
            found.append(Screened(record, outcome, reason, "person"))
        else:
            found.append(Screened(record, *judged(record, rules)))
    return found


def judged(record: Record, rules: Rules) -> tuple[Outcome, str]:
    """What the rules say, and which of them."""
    year, language = record.year, record.language
    if rules.since and year and year < rules.since:
        return "excluded", f"before {rules.since}"
    if rules.until and year and year > rules.until:
        return "excluded", f"after {rules.until}"
    if rules.languages and language and language.split("-")[0] not in rules.languages:
        return "excluded", f"language is not {' or '.join(rules.languages)}"
    if rules.abstract and not record.abstract:
        return "excluded", "no abstract"
    text = f" {' '.join(plain_words(f'{record.title} {record.abstract}'))} "
    for term in rules.must_not:
        if _stands(term, text):
            return "excluded", f"has '{term}'"
    for group in rules.must:
        if not any(_stands(term, text) for term in group):
            wanted = f"none of {', '.join(repr(term) for term in group)}"
            return ("excluded", wanted) if record.abstract else ("not judged", f"no abstract, {wanted} in the title")
    return "included", ""


def _stands(term: str, text: str) -> bool:
    words = " ".join(plain_words(term))
    return f" {words}" in text if term.rstrip().endswith("*") else f" {words} " in text


def counted(records: Sequence[Record], merged: Merged, decided: Sequence[Screened]) -> Counts:
    """The counts of a PRISMA table; ``records``: all that were found, before merging."""
    found = Counter(service for record in records for service, _ in record.places)
    reasons = {
        outcome: Counter(_reason(one) for one in decided if one.outcome == outcome)
        for outcome in ("excluded", "not judged")
    }
    return Counts(
        dict(found),
        merged.by_identifier,
        merged.by_title,
        len(decided),
        dict(reasons["excluded"].most_common()),
        dict(reasons["not judged"].most_common()),
        sum(one.outcome == "included" for one in decided),
    )


def _reason(one: Screened) -> str:
    return f"{one.reason} (a person)" if one.by == "person" else one.reason


def read_rules(path: Path) -> Rules:
    """The rules in a TOML file. Raises ``Problem`` with every mistake."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"the rules in '{path}' can not be read: {error}") from error
    known = {field.name for field in fields(Rules)}
    wrong = [f"{path}: unknown rule '{name}'{nearest(name, known)}" for name in given if name not in known]
    wrong += [f"{path}: {name} {why}" for name, value in given.items() if name in known and (why := _bad(name, value))]
    if wrong:
        raise Problem(*wrong, f"rules are: {', '.join(sorted(known))}")
    made: dict[str, Any] = dict(given)
    made["languages"] = tuple(one.strip().lower() for one in given.get("languages", ()))
    made["must"] = tuple(tuple(group) for group in given.get("must", ()))
    made["must_not"] = tuple(given.get("must_not", ()))
    return Rules(**made)


def _bad(name: str, value: object) -> str:
    if name in ("since", "until"):
        year = isinstance(value, int) and not isinstance(value, bool) and 1600 <= value <= 2200
        return "" if year else f"is no year: {value!r}"
    if name == "abstract":
        return "" if isinstance(value, bool) else f"is neither true nor false: {value!r}"
    if name == "must":
        groups = isinstance(value, list) and all(isinstance(group, list) and group for group in value)
        if not groups:
            return 'is no list of groups of terms: must = [["zero-shot", "cross-lingual"], ["intermediate*"]]'
        return next((why for group in value if (why := _bad("must_not", group))), "")  # type: ignore[attr-defined]
    texts = isinstance(value, list) and all(isinstance(term, str) for term in value)
    if not texts:
        return f"is no list of texts: {value!r}"
    empty = [term for term in value if not plain_words(term)]  # type: ignore[attr-defined]
    return f"has a term without letters: {empty[0]!r}" if empty else ""


def read_decisions(path: Path) -> dict[str, tuple[Outcome, str]]:
    """Decisions of people, by record: columns ``record,decision,reason`` with *include* or *exclude*; a row without a
    decision is one that is still open. Raises ``Problem`` with every mistake."""
    rows = table_of(path, _COLUMNS)
    found: dict[str, tuple[Outcome, str]] = {}
    wrong = []
    for number, row in enumerate(rows, 2):
        name, decision, reason = (row[column].strip() for column in _COLUMNS)
        if not decision:
            continue
        if decision not in _OUTCOMES:
            wrong.append(f"{path}, line {number}: the decision is '{decision}': include or exclude?")
        elif decision == "exclude" and not reason:
            wrong.append(f"{path}, line {number}: '{name}' is excluded without a reason")
        elif name in found and found[name][0] != _OUTCOMES[decision]:
            wrong.append(f"{path}, line {number}: another decision on '{name}' stands above")
        found[name] = (_OUTCOMES.get(decision, "excluded"), reason)
    if wrong:
        raise Problem(*wrong)
    return found
