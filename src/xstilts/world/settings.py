"""What can be set about the constructed world.

In: the ``[world]`` table of a study file. Out: ``WorldSettings``, checked; every mistake is named in one ``Problem``.
Nothing is generated here, so that row counts are known at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xstilts.catalogue.errors import Problem, nearest

# How much plain text each language has, in words of the labelled language (a document has about 20 of them).
TEXT_WORDS: Mapping[str, int] = {
    "qaa": 60_000,
    "qab": 32_000,
    "qac": 20_000,
    "qad": 24_000,
    "qae": 40_000,
    "qaf": 12_000,
    "qag": 28_000,
    "qah": 16_000,
    "qai": 32_000,
    "qaj": 16_000,
    "qak": 8_000,
    "qal": 14_000,
}
WORDS_A_DOCUMENT = 20
PAIRS = 1_500
LEAST = {"animates": 8, "things": 6, "verbs": 4, "adjectives": 2, "places": 6, "times": 2, "numbers": 2, "parallel": 0}
SHARES = ("noise", "switched", "restated", "asked", "mistranslated")


@dataclass(frozen=True)
class WorldSettings:
    """The constructed world.

    ``animates`` to ``numbers`` are sizes of the lexicon (``times`` are words a tense). ``noise`` is the share of wrong
    labels, tags and answers, and of unfaithful translations. ``cognates`` off: no two languages share a word.
    ``parallel`` is the number of sentence pairs of each language with the labelled one (True: 1,500; False: none),
    ``phrases`` the number of translated words and phrases; a share ``switched`` of the
    phrases of translation language modelling is said in the other language of the pair.
    ``mistranslated`` is the share of the training rows of ``world/...-translated`` that were translated wrongly.
    ``words`` is the amount of plain text by language, in words of the labelled language. ``restated`` and ``asked`` are
    the shares of plain texts that say a thing twice, or hold a question with its answer. The last four count rows.
    """

    seed: int = 0
    animates: int = 28
    things: int = 28
    verbs: int = 20
    adjectives: int = 14
    places: int = 12
    times: int = 3
    numbers: int = 5
    noise: float = 0.05
    cognates: bool = True
    parallel: bool | int = True
    phrases: int = 1_500
    switched: float = 0.0
    words: Mapping[str, int] = field(default_factory=lambda: dict(TEXT_WORDS))
    restated: float = 0.2
    asked: float = 0.2
    mistranslated: float = 0.1
    train: int = 3_000
    validation: int = 500
    test: int = 500
    retrieval: int = 500

    @property
    def noun_verbs(self) -> int:
        """Roots that are verb and noun: three quarters of the verbs or things, whichever are fewer."""
        return min(self.things, self.verbs) * 3 // 4

    @property
    def noun_adjectives(self) -> int:
        """Roots that are adjective and noun: three quarters of the adjectives or animates, whichever are fewer."""
        return min(self.animates, self.adjectives) * 3 // 4

    @property
    def pairs(self) -> int:
        """Parallel sentences a language."""
        if isinstance(self.parallel, bool):
            return PAIRS if self.parallel else 0
        return self.parallel

    def documents(self, language: str) -> int:
        """Plain texts of ``language``."""
        return self.words.get(language, 0) // WORDS_A_DOCUMENT

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> WorldSettings:
        """Settings from a table as TOML gives it. Raises ``Problem`` with every mistake; ``words`` may be partial."""
        kinds = {known.name: known.default for known in dataclasses.fields(cls)}
        problems: list[str] = []
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name not in kinds:
                problems.append(
                    f"unknown setting '{name}' in [world]{nearest(name, kinds) or '; known: ' + ', '.join(kinds)}"
                )
            elif name == "words":
                problems += _wrong_words(value)
                values[name] = {**TEXT_WORDS, **value} if isinstance(value, Mapping) else value
            elif wrong := _wrong(name, value, kinds[name]):
                problems.append(f"'{name}' in [world] is {value!r}: {wrong}")
            else:
                values[name] = value
        if problems:
            raise Problem(*problems)
        return cls(**values)


def _wrong(name: str, value: Any, default: Any) -> str:
    """What is wrong with the value of one setting, or nothing."""
    if name == "parallel":
        fits = isinstance(value, bool | int) and value >= 0
        return "" if fits else "give true, false or a number of sentence pairs"
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "give true or false"
    if name in SHARES:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        return "" if fits else "give a share between 0 and 1"
    least = LEAST.get(name, 0)
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= least
    return "" if fits else f"give a whole number, at least {least}"


def _wrong_words(value: Any) -> list[str]:
    """What is wrong with ``words``."""
    if not isinstance(value, Mapping):
        return ["'words' in [world] must be a table such as { qaa = 60000 }"]
    problems = []
    for code, words in value.items():
        if code not in TEXT_WORDS:
            problems.append(f"unknown language '{code}' in [world] words{nearest(code, TEXT_WORDS)}")
        elif isinstance(words, bool) or not isinstance(words, int) or words < 0:
            problems.append(f"'{code}' in [world] words is {words!r}: give a whole number, at least 0")
    return problems
