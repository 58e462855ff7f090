"""Which learning rate was the best of those that were tried.

In: candidates and their scores. Out: a rate. A pure function, so that a training, a report and another person choose
alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from xstilts.catalogue.errors import Problem
from xstilts.study.job import Candidate, Key


def chosen(candidates: Iterable[Candidate], score_of: Callable[[Key], float | None]) -> float:
    """The rate with the highest score, of equal ones the lowest. Raises ``Problem`` where none has a score."""
    found = [(value, -one.learning_rate) for one in candidates if (value := score_of(one.score)) is not None]
    scored = [pair for pair in found if math.isfinite(pair[0])]
    if not scored:
        raise Problem("none of the learning rates that were tried has a score: try lower ones in [search]")
    return -max(scored)[1]
