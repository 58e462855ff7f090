"""Two meanings side by side: what follows from what, and what is the same.

In: meanings. Out: hypotheses with labels that hold by construction, paraphrases and near-paraphrases. The convention of
``judge``: both sentences speak of one situation if verb, agent and patient are the same; then what both state must
agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xstilts.data.random import pick
from xstilts.world.meanings import FUTURE, NONE, PAST, PLURAL, PRESENT, SINGULAR, Meaning, Meanings
from xstilts.world.settings import WorldSettings

ENTAILMENT, NEUTRAL, CONTRADICTION = range(3)
# Where the second sentence means something else: the shares that tell of another event, deny what the first says (or
# the reverse), or have another word in one place; in the rest words change places where they can.
ELSEWHERE, DENIED, REWORDED = 0.35, 0.25, 0.25


def judge(premise: Meaning, hypothesis: Meaning) -> int:
    """The label of the pair.

    Another verb, other participants or swapped roles: neutral. Else a different denial, tense, number, or a different
    time or place where both are given: contradiction. Else anything the premise does not state: neutral. Else
    entailment.
    """
    if premise[:3] != hypothesis[:3]:
        return NEUTRAL
    numbers = (
        (premise.agent_number, hypothesis.agent_number),
        (premise.patient_number, hypothesis.patient_number),
    )
    if premise.denied != hypothesis.denied or premise.tense != hypothesis.tense:
        return CONTRADICTION
    if any(first != second and min(first, second) != PLURAL for first, second in numbers):
        return CONTRADICTION
    for first, second in ((premise.time, hypothesis.time), (premise.place, hypothesis.place)):
        if NONE not in (first, second) and first != second:
            return CONTRADICTION
    stated = ((premise[i], hypothesis[i]) for i in (3, 4, 8, 9))
    if any(second not in (NONE, first) for first, second in stated):
        return NEUTRAL
    return NEUTRAL if any(first == PLURAL and second > PLURAL for first, second in numbers) else ENTAILMENT


def thin(meaning: Meaning, rng: np.random.Generator, share: float = 0.4) -> Meaning:
    """Says less: each adjective, time and place is left out with chance ``share``, a count becomes a plural with half
    of it."""
    chance = rng.random(6)
    return meaning._replace(
        agent_adjective=NONE if chance[0] < share else meaning.agent_adjective,
        patient_adjective=NONE if chance[1] < share else meaning.patient_adjective,
        time=NONE if chance[2] < share else meaning.time,
        place=NONE if chance[3] < share else meaning.place,
        agent_number=min(meaning.agent_number, PLURAL) if chance[4] < share / 2 else meaning.agent_number,
        patient_number=min(meaning.patient_number, PLURAL) if chance[5] < share / 2 else meaning.patient_number,
    )


def _with(meaning: Meaning, slot: str, value: int) -> Meaning:
    """The meaning with another value in the slot of that name."""
    changes: dict[str, Any] = {slot: value}
    return meaning._replace(**changes)


def swap_roles(meaning: Meaning) -> Meaning:
    """Who did it and to whom change places, with all that is said about them."""
    return meaning._replace(
        agent=meaning.patient,
        patient=meaning.agent,
        agent_adjective=meaning.patient_adjective,
        patient_adjective=meaning.agent_adjective,
        agent_number=meaning.patient_number,
        patient_number=meaning.agent_number,
    )


def contradiction(premise: Meaning, settings: WorldSettings, rng: np.random.Generator) -> Meaning:
    """A hypothesis that can not hold where ``premise`` does."""
    less = thin(premise, rng)
    ways = ["denied", "denied", "agent_number", "patient_number", "tense"]
    ways += ["place"] if premise.place != NONE else []
    way = pick(ways, rng)
    if way == "denied":
        return less._replace(denied=not premise.denied)
    if way == "place":
        return less._replace(place=_other(premise.place, settings.places, rng))
    if way == "tense":
        tense = _other(premise.tense, 3, rng)
        time = NONE if less.time == NONE else tense * settings.times + int(rng.random() * settings.times)
        return less._replace(tense=tense, time=time)
    number = _another_number(getattr(premise, way), settings, rng)
    return _with(less, way, number)


def neutral(premise: Meaning, meanings: Meanings, rng: np.random.Generator) -> Meaning:
    """A hypothesis that says something else, or more than ``premise`` states."""
    settings = meanings.settings
    less = thin(premise, rng)
    ways = ["agent", "patient", "verb"] * 2
    ways += ["roles"] * 2 if meanings.animate(premise.patient) else []
    ways += [slot for slot in ("agent_adjective", "patient_adjective") if getattr(premise, slot) == NONE]
    ways += [slot for slot in ("time", "place") if getattr(premise, slot) == NONE]
    way = pick(ways, rng)
    if way in ("agent", "patient", "verb"):
        changed = _elsewhere(less, way, meanings, rng)
        if changed is not None:
            return changed
        way = "agent_adjective"
    if way == "roles":
        return swap_roles(less)
    if way == "time":
        return less._replace(time=premise.tense * settings.times + int(rng.random() * settings.times))
    if way == "place":
        return less._replace(place=int(rng.random() * settings.places))
    return _with(less, way, _other(getattr(premise, way), settings.adjectives, rng))


def near_paraphrase(meaning: Meaning, meanings: Meanings, rng: np.random.Generator) -> Meaning:
    """Another meaning in as many words: another event, the contrary, one word another one, or roles, adjectives or
    counts change places. Nothing but a denial is added or left out, so that length tells nearly nothing."""
    settings = meanings.settings
    kind = rng.random()
    if kind < ELSEWHERE:
        return _another_scene(meaning, meanings, rng)
    if kind < ELSEWHERE + DENIED:
        return meaning._replace(denied=not meaning.denied)
    words = ["agent", "patient", "verb"]
    words += [slot for slot in ("agent_adjective", "patient_adjective", "place") if getattr(meaning, slot) != NONE]
    words += [slot for slot in ("agent_number", "patient_number") if getattr(meaning, slot) > PLURAL]
    words += ["tense"] if meaning.tense != PRESENT else []
    ways = ["roles"] * 2 if meanings.animate(meaning.patient) else []
    ways += ["adjectives"] if meaning.agent_adjective != meaning.patient_adjective else []
    ways += ["numbers"] if meaning.agent_number != meaning.patient_number else []
    way = pick(ways, rng) if ways and kind >= ELSEWHERE + DENIED + REWORDED else pick(words, rng)
    if way == "roles":
        return swap_roles(meaning)
    if way == "adjectives":
        return meaning._replace(agent_adjective=meaning.patient_adjective, patient_adjective=meaning.agent_adjective)
    if way == "numbers":
        return meaning._replace(agent_number=meaning.patient_number, patient_number=meaning.agent_number)
    if way == "tense":
        tense = PAST + FUTURE - meaning.tense
        time = NONE if meaning.time == NONE else tense * settings.times + meaning.time % settings.times
        return meaning._replace(tense=tense, time=time)
    if way == "place":
        return meaning._replace(place=_other(meaning.place, settings.places, rng))
    if way.endswith("adjective"):
        return _with(meaning, way, _other(getattr(meaning, way), settings.adjectives, rng))
    if way.endswith("number"):
        return _with(meaning, way, 2 + _other(getattr(meaning, way) - 2, settings.numbers, rng))
    return _elsewhere(meaning, way, meanings, rng) or _another_scene(meaning, meanings, rng)


def _other(value: int, size: int, rng: np.random.Generator) -> int:
    """One of ``range(size)`` that is not ``value``."""
    if value == NONE:
        return int(rng.random() * size)
    return (value + 1 + int(rng.random() * (size - 1))) % size


def _another_number(number: int, settings: WorldSettings, rng: np.random.Generator) -> int:
    """A number that can not hold where ``number`` does."""
    if number == PLURAL:
        return SINGULAR
    if number == SINGULAR:
        return PLURAL + int(rng.random() * (settings.numbers + 1))
    others = [SINGULAR, *(count for count in range(2, 2 + settings.numbers) if count != number)]
    return pick(others, rng)


def _another_scene(meaning: Meaning, meanings: Meanings, rng: np.random.Generator) -> Meaning:
    """The same said of another verb and other participants of the same region."""
    while True:
        (other,) = meanings.draw(rng, meanings.region_of(*meaning[:3]), 1)
        if other[:3] != meaning[:3]:
            return meaning._replace(verb=other.verb, agent=other.agent, patient=other.patient)


def _elsewhere(meaning: Meaning, slot: str, meanings: Meanings, rng: np.random.Generator) -> Meaning | None:
    """The same with another verb or participant, inside the same region; None where none was found quickly."""
    settings = meanings.settings
    region = meanings.region_of(*meaning[:3])
    nouns = settings.animates + settings.things
    for _ in range(12):
        if slot == "verb":  # verbs that act on animates and those that act on things take turns
            value = meaning.verb % 2 + 2 * int(rng.random() * ((settings.verbs + 1 - meaning.verb % 2) // 2))
        elif slot == "agent" or meanings.animate(meaning.patient):
            value = int(rng.random() * settings.animates)
        else:
            value = settings.animates + int(rng.random() * (nouns - settings.animates))
        changed = _with(meaning, slot, value)
        if changed == meaning or changed.agent == changed.patient:
            continue
        if meanings.region_of(*changed[:3]) == region:
            return changed
    return None
