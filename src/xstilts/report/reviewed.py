"""A reviewed text as tables: what each rule and each person says of every item, and where it is said.

In: findings of one text, scores of people, the items. Out: sections, the same for terminal and Markdown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from xstilts.analysis.section import Section, counted
from xstilts.literature.review.agree import SCORES, Ratings, agreement, of_rules, spread
from xstilts.literature.review.checklist import Item
from xstilts.literature.review.rules import RULES, Finding, Quotation, Score

READ = (
    "An automated checklist: it reads what a text says, not what was done. 'not found' is not 'no', and a yes is no "
    "proof.",
    "words: a sentence says so; structure: a section of its own does; figures: numbers, links or columns of tables do; "
    "-: no such rule.",
    "spread: the distance between yes (1), partly (.5) and no (0); open: some found nothing where others did.",
)
_LONGEST = 140


def checklist_section(name: str, items: Sequence[Item], found: Sequence[Finding], people: Ratings) -> Section:
    """One row an item, with the scores of rules and of people."""
    ratings = {**of_rules(found), **people}
    rows = []
    for item in items:
        cells = [ratings.get(rule, {}).get(item.name, "-") for rule in RULES]
        said = [scores[item.name] for scores in people.values() if item.name in scores]
        everybody = [scores[item.name] for scores in ratings.values() if item.name in scores]
        rows.append((item.name, *cells, *([_counted(said)] if people else []), spread(everybody)))
    columns = ("item", *RULES, *(["people"] if people else []), "spread")
    return Section(f"Checklist: {name}", columns, tuple(rows), len(columns), (*READ, *_notes(items, ratings, people)))


def _notes(items: Sequence[Item], ratings: Ratings, people: Ratings) -> list[str]:
    notes = [f"{name}: {_counted(list(scores.values()))}" for name, scores in ratings.items()]
    rules = {name: scores for name, scores in ratings.items() if name not in people}
    groups: list[tuple[str, Ratings]] = [("rules", rules)]
    groups += [("people", people), ("rules and people", ratings)] if people else []
    for name, group in groups:
        found = agreement(group, items, np.random.default_rng(0))
        value = f"{found.alpha:.2f}" if found.alpha is not None else f"undecided ({found.why})"
        if found.low is not None and found.high is not None:
            value += f" (95 % over items: {found.low:.2f} .. {found.high:.2f})"
        notes.append(
            f"Krippendorff's alpha of {name} ({counted(found.raters, 'rater')}, "
            f"{counted(found.pairs, 'item')} that two or more scored): {value}"
        )
    return notes


def places_section(items: Sequence[Item], found: Sequence[Finding], shown: int, written: str | None = None) -> Section:
    """Where each rule read what it says: at most ``shown`` quotations a rule and item. ``written``: the text of a page
    that readers see in lines, so that a place is a line of it; else it is a page."""
    order = {item.name: number for number, item in enumerate(items)}
    rows = [
        (one.item, one.rule, quotation.speaks, _where(quotation, written), _short(quotation.text))
        for one in sorted(found, key=lambda one: order[one.item])
        for quotation in one.quotations[:shown]
    ]
    return Section("Where it is said", ("item", "rule", "speaks", "where", "quotation"), tuple(rows), 5)


def _where(quotation: Quotation, written: str | None) -> str:
    if written is None:
        return f"page {quotation.place.page}"
    return f"line {written.count(chr(10), 0, quotation.place.start) + 1}"


def asked_section(items: Sequence[Item]) -> Section:
    """The items themselves: question, reason, source."""
    rows = tuple((item.name, item.question, item.reason, item.source) for item in items)
    return Section("Items", ("item", "question", "reason", "source"), rows, 4)


def review_table(
    items: Sequence[Item], found: Sequence[Finding], people: Mapping[str, Mapping[str, Score]]
) -> dict[str, object]:
    """The same as JSON, with all quotations and their places."""
    by_item = {
        item.name: {
            "question": item.question,
            "rules": {
                one.rule: {
                    "score": one.score,
                    "quotations": [
                        {
                            "page": quotation.place.page,
                            "start": quotation.place.start,
                            "end": quotation.place.end,
                            "text": quotation.text,
                            "speaks": quotation.speaks,
                        }
                        for quotation in one.quotations
                    ],
                }
                for one in found
                if one.item == item.name
            },
            "people": {name: scores[item.name] for name, scores in people.items() if item.name in scores},
        }
        for item in items
    }
    ratings = {**of_rules(found), **people}
    groups = {"rules": of_rules(found), "people": people, "all": ratings}
    return {
        "items": by_item,
        "alpha": {name: vars(agreement(group, items, np.random.default_rng(0))) for name, group in groups.items()},
    }


def _counted(scores: Sequence[Score]) -> str:
    """``2 yes, 1 no``."""
    found = Counter(scores)
    return ", ".join(f"{found[score]} {score}" for score in SCORES if found[score]) or "-"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3].rstrip() + "..."
