"""How a language says a meaning.

In: a meaning, a style, and what is asked (nothing, or one slot). Out: phrases: which slot, its words, their tags.
Word order, morphology and script come from the table of languages, the words of each register from the lexicon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from xstilts.catalogue.language import Language
from xstilts.world.lexicon import REGISTERS, Words, of_register
from xstilts.world.meanings import NONE, PLURAL, SINGULAR, TENSES, Meaning
from xstilts.world.settings import WorldSettings

TAGS = ("ADJ", "ADP", "ADV", "AUX", "DET", "NOUN", "NUM", "PART", "PRON", "PUNCT", "VERB")
ADJ, ADP, ADV, AUX, DET, NOUN, NUM, PART, PRON, PUNCT, VERB = range(len(TAGS))

Case = Literal["nom", "acc", "ins", "loc"]
Asked = Literal["agent", "patient", "agent_number", "patient_number", "place", "time"]
Tagged = tuple[tuple[str, int], ...]


class Phrase(NamedTuple):
    """A group of words that stands for one slot: ``agent``, ``patient``, ``verb``, ``place`` or ``time``."""

    slot: str
    words: tuple[str, ...]
    tags: tuple[int, ...]


class Style(NamedTuple):
    """Ways to say the same: passive voice, the place moved to the front, the time to its other position, and which of
    the language's two registers the words come from."""

    passive: bool = False
    place_moved: bool = False
    time_moved: bool = False
    register: int = 0


def styles(rng: np.random.Generator, size: int, unlike: Sequence[Style] = ()) -> list[Style]:
    """``size`` styles, each register equally likely; or each in the other register than the one of
    ``unlike`` (size)."""
    drawn = (rng.random((size, 4)) < np.array((0.3, 0.4, 0.4, 0.5))).tolist()
    registers = [1 - style.register for style in unlike] if unlike else [int(row[3]) for row in drawn]
    rows = zip(drawn, registers, strict=True)
    return [Style(passive, place, time, register) for (passive, place, time, _), register in rows]


class Grammar:
    """One language with its two registers, which have the same endings and order but not one word in common."""

    def __init__(self, settings: WorldSettings, language: Language, words: Words) -> None:
        self._registers = [Register(settings, language, of_register(words, register)) for register in range(REGISTERS)]

    def say(self, meaning: Meaning, style: Style = Style(), asked: Asked | None = None) -> list[Phrase]:  # noqa: B008
        """The sentence as phrases in order; the asked slot is a question word."""
        return self._registers[style.register].say(meaning, style, asked)


class Register:
    """One register of one language: renders meanings. Phrases are kept, since most come again."""

    def __init__(self, settings: WorldSettings, language: Language, words: Words) -> None:
        self._settings = settings
        self._words = words
        self._morphology = language.morphology
        self._order = language.word_order
        self._adjective_last = language.word_order == "VSO"
        self._head_last = language.word_order == "SOV"
        self._kept: dict[tuple[object, ...], Phrase] = {}

    def say(self, meaning: Meaning, style: Style, asked: Asked | None) -> list[Phrase]:
        """The sentence as phrases in order; the asked slot is a question word."""
        passive = style.passive
        agent = self._noun_phrase("agent", meaning, "ins" if passive else "nom", asked)
        patient = self._noun_phrase("patient", meaning, "nom" if passive else "acc", asked)
        number = meaning.patient_number if passive else meaning.agent_number
        many = number != SINGULAR and asked not in (("patient",) if passive else ("agent",))
        verb = self._verb_phrase(meaning, style, many)
        parts = {"S": patient if passive else agent, "O": agent if passive else patient, "V": verb}
        said = [parts[part] for part in self._order]
        if meaning.place != NONE:
            place = self._place_phrase(meaning.place, asked == "place")
            said.insert(0 if style.place_moved else 1 if self._head_last else 3, place)
        if meaning.time != NONE:
            time = self._time_phrase(meaning.time, asked == "time")
            if (self._order == "VSO") == style.time_moved:
                said.insert(0, time)
            else:
                said.insert(1 if self._head_last else len(said), time)
        return said

    def _noun_phrase(self, role: str, meaning: Meaning, case: Case, asked: Asked | None) -> Phrase:
        if role == "agent":
            noun, adjective, number = meaning.agent, meaning.agent_adjective, meaning.agent_number
        else:
            noun, adjective, number = meaning.patient, meaning.patient_adjective, meaning.patient_number
        who, how_many = asked == role, asked == role + "_number"
        name = (role, noun, adjective, number, case, who, how_many)
        if name not in self._kept:
            self._kept[name] = _phrase(role, self._nominal(noun, adjective, number, case, who, how_many))
        return self._kept[name]

    def _nominal(self, noun: int, adjective: int, number: int, case: Case, who: bool, how_many: bool) -> Tagged:
        """Numeral, adjective and noun, with their endings; or a question word in their place."""
        words, animates = self._words, self._settings.animates
        if who:
            head = words["who" if noun < animates else "what"]
            return self._with_adposition(((self._inflect(head, case, False), PRON),), case)
        many = number != SINGULAR
        root = words[f"animate.{noun}"] if noun < animates else words[f"thing.{noun - animates}"]
        parts = [(self._inflect(root, case, many), NOUN)]
        if adjective != NONE and not how_many:
            quality = words[f"adjective.{adjective}"]
            if self._morphology == "fusional":
                quality = self._inflect(quality, case, many)
            parts.insert(1 if self._adjective_last else 0, (quality, ADJ))
        if how_many:
            parts.insert(0, (words["how_many"], DET))
        elif number > PLURAL:
            parts.insert(0, (words[f"number.{number}"], NUM))
        elif many and self._morphology == "isolating":
            parts.insert(0, (words["plural"], DET))
        return self._with_adposition(tuple(parts), case)

    def _inflect(self, root: str, case: Case, many: bool) -> str:
        if self._morphology == "agglutinative":
            return root + (self._words["-plural"] if many else "") + (self._words[f"-{case}"] if case != "nom" else "")
        if self._morphology == "fusional":
            return root + self._words[f"-{case}.{'many' if many else 'one'}"]
        return root

    def _with_adposition(self, words: Tagged, case: Case) -> Tagged:
        """Agglutinative languages have cases alone; the others a word, before or (verb-final languages) after."""
        if case in ("nom", "acc") or self._morphology == "agglutinative":
            return words
        adposition = ((self._words["by" if case == "ins" else "in"], ADP),)
        return words + adposition if self._head_last else adposition + words

    def _verb_phrase(self, meaning: Meaning, style: Style, many: bool) -> Phrase:
        name = ("verb", meaning.verb, meaning.tense, meaning.denied, style.passive, many)
        if name not in self._kept:
            self._kept[name] = _phrase("verb", self._verbal(meaning, style, many))
        return self._kept[name]

    def _verbal(self, meaning: Meaning, style: Style, many: bool) -> Tagged:
        """The verb with tense, voice and denial, as endings or as words around it."""
        words = self._words
        root, tense = words[f"verb.{meaning.verb}"], TENSES[meaning.tense]
        if self._morphology == "agglutinative":
            endings = [name for name, said in (("-passive", style.passive), ("-not", meaning.denied)) if said]
            endings += [f"-{tense}"] if tense != "present" else []
            return ((root + "".join(words[name] for name in endings), VERB),)
        if self._morphology == "fusional":
            ending = words[f"-{tense}.{'many' if many else 'one'}.{'passive' if style.passive else 'active'}"]
            said = [(root + ending, VERB)]
        else:
            said = [(words[tense], AUX)] if tense != "present" else []
            said += [(words["passive"], AUX)] if style.passive else []
            said = [*reversed(said), (root, VERB)] if not self._head_last else [(root, VERB), *reversed(said)]
        if meaning.denied:
            said.insert(len(said) if self._head_last else 0, (words["not"], PART))
        return tuple(said)

    def _place_phrase(self, place: int, asked: bool) -> Phrase:
        name = ("place", place, asked)
        if name not in self._kept:
            noun = ((self._inflect(self._words[f"place.{place}"], "loc", False), NOUN),)
            where = ((self._words["where"], ADV),)
            self._kept[name] = _phrase("place", where if asked else self._with_adposition(noun, "loc"))
        return self._kept[name]

    def _time_phrase(self, time: int, asked: bool) -> Phrase:
        word = self._words["when" if asked else f"time.{time}"]
        return Phrase("time", (word,), (ADV,))


def _phrase(slot: str, words: Tagged) -> Phrase:
    return Phrase(slot, tuple(word for word, _ in words), tuple(tag for _, tag in words))


def text(phrases: list[Phrase], end: str = ".") -> str:
    """The sentence as one string."""
    return " ".join([word for phrase in phrases for word in phrase.words]) + end
