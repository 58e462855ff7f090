"""How far rules and people agree on a checklist.

In: findings of rules, scores of people (a CSV file: ``reviewer,item,score``). Out: every rater's score of every item,
the spread of an item, Krippendorff's alpha over raters. Alpha is nominal and takes *not found* as an answer of its own:
two who find nothing agree. An item that a rater has not scored is missing, not *not found*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xstilts.catalogue.errors import Problem, nearest
from xstilts.literature.review.checklist import Item
from xstilts.literature.review.rules import Finding, Score
from xstilts.literature.sheet import table_of

SCORES: tuple[Score, ...] = ("yes", "partly", "no", "not found")
_WORTH = {"yes": 1.0, "partly": 0.5, "no": 0.0}
_NUMBERS: dict[str, Score] = {"1": "yes", "1.0": "yes", "0.5": "partly", ".5": "partly", "0": "no", "0.0": "no"}
_ENOUGH = 8  # items for an interval
_DRAWS = 1_000
_COLUMNS = ("reviewer", "item", "score")
Ratings = Mapping[str, Mapping[str, Score]]  # rater to item to score


@dataclass(frozen=True)
class Agreement:
    """``alpha`` is None where it can not be said, for the reason ``why``. ``pairs``: items that two raters or more have
    scored. ``low`` to ``high``: its 95 % interval over items, None where there are too few."""

    raters: int
    pairs: int
    alpha: float | None
    why: str = ""
    low: float | None = None
    high: float | None = None


def of_rules(findings: Sequence[Finding]) -> dict[str, dict[str, Score]]:
    """Each rule as a rater."""
    found: dict[str, dict[str, Score]] = {}
    for one in findings:
        found.setdefault(one.rule, {})[one.item] = one.score
    return found


def read_people(path: Path, items: Sequence[Item], documents: Sequence[str]) -> dict[str, dict[str, dict[str, Score]]]:
    """Document to reviewer to item to score. A column ``document`` says which of ``documents`` is meant; it may be
    missing where there is one alone. Raises ``Problem`` with every mistake."""
    known = [item.name for item in items]
    found: dict[str, dict[str, dict[str, Score]]] = {}
    wrong = []
    for number, row in enumerate(table_of(path, _COLUMNS), 2):
        where = f"{path}, line {number}"
        reviewer, item, said = (row[column].strip() for column in _COLUMNS)
        if not said:
            continue  # a row that is still open
        document = row.get("document", "").strip()
        score = _NUMBERS.get(said) or next((one for one in SCORES if one == said.lower().replace("_", " ")), None)
        if not reviewer:
            wrong.append(f"{where}: no reviewer is named")
        if item not in known:
            wrong.append(f"{where}: unknown item '{item}'{nearest(item, known)}")
        if score is None:
            wrong.append(f"{where}: the score is '{said}', and must be one of {', '.join(SCORES)} (or 1, 0.5, 0)")
        if document and document not in documents:
            wrong.append(f"{where}: '{document}' is not reviewed here{nearest(document, documents)}")
        if not document and len(documents) > 1:
            wrong.append(f"{where}: which document? {len(documents)} are reviewed, and a column 'document' must say")
        if score is None or item not in known or (not document and len(documents) > 1):
            continue
        scores = found.setdefault(document or documents[0], {}).setdefault(reviewer, {})
        if scores.get(item, score) != score:
            wrong.append(f"{where}: '{reviewer}' scores '{item}' twice, and not alike")
        scores[item] = score
    if wrong:
        raise Problem(*wrong)
    return found


def spread(scores: Sequence[Score]) -> str:
    """How far apart scores of one item lie: "0" where all say the same, the distance of yes (1), partly (.5) and no
    (0), "open" where some found nothing and others did."""
    worth = [_WORTH[score] for score in scores if score in _WORTH]
    if not worth:
        return ""
    apart = max(worth) - min(worth)
    missing = " open" if len(worth) < len(scores) else ""
    return f"{apart:g}{missing}"


def agreement(ratings: Ratings, items: Sequence[Item], generator: np.random.Generator) -> Agreement:
    """Krippendorff's alpha (nominal) of all raters over all items, with the interval that 1,000 draws of as many items
    give (percentiles; draws in which everybody says the same are left out)."""
    names = [item.name for item in items]
    rows = [[scores.get(name) for name in names] for scores in ratings.values()]
    both = [column for column in zip(*rows, strict=True) if sum(score is not None for score in column) > 1]
    if len(rows) < 2 or len(both) < 2:
        return Agreement(len(rows), len(both), None, "two raters and two items that both have scored are needed")
    if len(Counter(score for column in both for score in column if score is not None)) < 2:
        return Agreement(len(rows), len(both), None, "everybody gave every item the same score")
    import krippendorff

    codes = np.array([[np.nan if s is None else SCORES.index(s) for s in column] for column in both], float).T
    alpha = float(krippendorff.alpha(codes, level_of_measurement="nominal"))
    if len(both) < _ENOUGH:
        return Agreement(len(rows), len(both), alpha)
    drawn = []
    for _ in range(_DRAWS):
        draw = codes[:, generator.integers(len(both), size=len(both))]
        if len(np.unique(draw[~np.isnan(draw)])) > 1:
            drawn.append(krippendorff.alpha(draw, level_of_measurement="nominal"))
    low, high = (float(end) for end in np.percentile(drawn, (2.5, 97.5)))
    return Agreement(len(rows), len(both), alpha, "", low, high)
