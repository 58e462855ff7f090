"""How rich a language's morphology is: several definitions, the one that decides named beforehand.

In: languages, their texts, a user's own traits, how a tokenizer cuts them. Out: ``Definition`` values, the primary one
first. Definitions agree only in part (over XTREME-R's fifty languages Spearman's rho is .15 to .58), so no finding may
hang on the choice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.catalogue.language import languages

WINDOW = 500
PRIMARY_TRAIT, FUSION = "udhr_mattr500", "grambank_fusion"
# Written without blanks between words, or (Vietnamese) with blanks between syllables: a count of word forms says
# nothing.
UNCOUNTED = ("ja", "my", "th", "vi", "zh")


@dataclass(frozen=True)
class Definition:
    """``values``: by language code, as far as known; more is richer. ``says``: what it is, for readers."""

    name: str
    says: str
    values: Mapping[str, float]


def words(text: str) -> list[str]:
    """Runs of letters, marks and digits, in lower case; vowel signs of Indic scripts are marks and stay inside."""
    found, run = [], ""
    for letter in text.lower():
        if unicodedata.category(letter)[0] in "LM" or unicodedata.category(letter) == "Nd":
            run += letter
        elif run:
            found.append(run)
            run = ""
    return [*found, run] if run else found


def mattr(texts: Sequence[str], window: int = WINDOW) -> float | None:
    """The moving-average type-token ratio (Covington, McFall 2010, doi:10.1080/09296171003643098): the mean over all
    windows of ``window`` running words of the share of different ones; None of shorter texts."""
    running = [word for text in texts for word in words(text)]
    if len(running) < window:
        return None
    counts: dict[str, int] = {}
    total = 0
    for place, word in enumerate(running):
        counts[word] = counts.get(word, 0) + 1
        if place >= window:
            old = running[place - window]
            counts[old] -= 1
            if not counts[old]:
                del counts[old]
        if place >= window - 1:
            total += len(counts)
    return total / (len(running) - window + 1) / window


def definitions(
    codes: Sequence[str],
    traits: Mapping[str, Mapping[str, str]],
    texts: Mapping[str, float],
    fertility: Mapping[str, float],
) -> list[Definition]:
    """The definitions that at least one of ``codes`` has a value of, the primary one first.

    ``texts``: the moving-average type-token ratio of each language's scored texts; ``fertility``: tokens for what takes
    the labelled language one. Of constructed languages the primary one is whether words have affixes. Of human ones it
    is the type-token ratio of the Universal Declaration, a trait of the user's (``udhr_mattr500``); without that, of
    the scored texts, which say the same in every language.
    """
    known = languages()
    counted = {code: value for code, value in texts.items() if code not in UNCOUNTED}
    said = {code: traits.get(code, {}) for code in codes}
    own = {
        name: {code: float(its[name]) for code, its in said.items() if its.get(name)}
        for name in (PRIMARY_TRAIT, FUSION)
    }
    affixes = {
        code: float(known[code].morphology != "isolating")
        for code in codes
        if code in known and known[code].constructed and known[code].morphology
    }
    wals = {
        code: float(known[code].morphology_index) for code in codes if code in known and known[code].morphology_index
    }
    found = [
        Definition("affixes", "constructed: 0 isolating, 1 agglutinative or fusional", affixes),
        Definition(
            PRIMARY_TRAIT, "type-token ratio of the Universal Declaration, windows of 500 words", own[PRIMARY_TRAIT]
        ),
        Definition("mattr500", "type-token ratio of the scored texts, windows of 500 words", counted),
        Definition("wals", "mean of up to 28 recoded features of WALS", wals),
        Definition(FUSION, "Grambank's fusion score", own[FUSION]),
        Definition(
            "fertility", "tokens of the model's own tokenizer for what takes the labelled language one", fertility
        ),
    ]
    return [one for one in found if len(one.values) > 1 and np.ptp(list(one.values.values())) > 0]
