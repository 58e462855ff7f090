"""Answer F1 and exact match under MLQA's normalisation, which depends on the language.

In: gold rows with ``id`` and ``answer_texts``, predictions with ``id`` and ``text``. Out: two counts a question, as in
``answer_f1``. Source: MLQA's rules as XTREME applies them: lower case, then no punctuation of any script, then no
articles of the language, then Chinese characters apart. No Unicode form is changed.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from functools import cache, partial
from unicodedata import category

import pyarrow as pa

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import TaskType
from xstilts.metrics.answer_f1 import answer_counts, exact_match, floor, reduce
from xstilts.metrics.metric import Counts, Metric


def _words(articles: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(articles.split())})\b")


# What is replaced by a blank. In Arabic that is alef-lam anywhere, also inside a word; Hindi and Chinese have nothing.
_ARTICLES: Mapping[str, re.Pattern[str] | None] = {
    "en": _words("a an the"),
    "es": _words("un una unos unas el la los las"),
    "de": _words("ein eine einen einem eines einer der die das den dem des"),
    "ar": re.compile("\u0627\u0644"),
    "hi": None,
    "vi": _words("của là cái chiếc những"),
    "zh": None,
}
_IDEOGRAPH = re.compile("([\u4e00-\u9fa5])")


@cache
def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or category(character).startswith("P")


def normalised(text: str, language: str) -> str:
    """``text`` as it is compared. Raises ``Problem`` for a language that MLQA lacks."""
    if language not in _ARTICLES:
        raise Problem(
            f"MLQA's answers have no rules for '{language}'{nearest(language, _ARTICLES) or '.'} "
            f"It has {', '.join(_ARTICLES)}; for other languages take the metric answer_f1"
        )
    text = "".join(character for character in text.lower() if not _is_punctuation(character))
    if pattern := _ARTICLES[language]:
        text = pattern.sub(" ", text)
    if language == "zh":
        text = _IDEOGRAPH.sub(r" \1 ", text)
    return " ".join(text.split())


def count(gold: pa.Table, predicted: pa.Table, language: str, labels: Sequence[str]) -> Counts:
    """Counts [questions, 2]: F1 and exact match, 0 to 1."""
    return answer_counts(gold, predicted, language, partial(normalised, language=language))


METRIC = Metric(
    name="mlqa_f1",
    types=(TaskType.SPAN_EXTRACTION,),
    columns=("f1", "exact_match"),
    count=count,
    reduce=reduce,
    floor=floor,
    further={"exact_match": exact_match},
)
