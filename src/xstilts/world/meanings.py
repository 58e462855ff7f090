"""What is said, before any language says it.

In: settings. Out: ``Meaning`` values (who did what to whom, how many, when, where, denied or not), drawn so that
words keep company as they do in real text, and kept apart: what is trained on and what is tested never share a scene.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xstilts.data.random import stream
from xstilts.world.settings import WorldSettings

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Region = Literal["text", "parallel", "train", "validation", "test"]

NONE = -1
SINGULAR, PLURAL = 0, 1
TENSES = ("present", "past", "future")
PRESENT, PAST, FUTURE = range(3)
TOPICS = ("sea", "town", "forest")
# Scenes fall into a hundred buckets; each region owns some.
REGIONS: dict[Region, tuple[int, int]] = {
    "text": (0, 35),
    "parallel": (35, 50),
    "train": (50, 75),
    "validation": (75, 83),
    "test": (83, 100),
}
FAITHFUL = 20


class Meaning(NamedTuple):
    """One event. ``agent`` and ``patient`` are nouns (animates first, then things); adjectives, ``time`` and
    ``place`` may be ``NONE``; a number is ``SINGULAR``, ``PLURAL`` (not said how many) or the count, from 2."""

    verb: int
    agent: int
    patient: int
    agent_adjective: int
    patient_adjective: int
    agent_number: int
    patient_number: int
    tense: int
    time: int
    place: int
    denied: bool


class Meanings:
    """The world's habits: which words are frequent and keep company, and which scene belongs to which region.

    A scene is a verb with its two participants, whoever does it to whom: saying it in other words, denying it or
    swapping the roles stays inside the scene, so inside the region.
    """

    def __init__(self, settings: WorldSettings) -> None:
        self.settings = settings
        rng = stream(settings.seed, "habits")
        verbs, animates = settings.verbs, settings.animates
        nouns = animates + settings.things
        things = np.arange(nouns) - animates
        acts_on_animates = np.arange(verbs) % 2 == 0
        patients = _company(rng, verbs, nouns)
        patients = np.where((things < 0)[None] == acts_on_animates[:, None], patients, 0.0)
        shared = np.arange(settings.noun_verbs)
        patients[shared, animates + shared] = (
            0.0  # words that are verb and noun (see lexicon.twins) do not meet themselves
        )
        adjectives = _company(rng, nouns, settings.adjectives)
        shared = np.arange(settings.noun_adjectives)
        adjectives[shared, shared] = 0.0
        topical = np.where(things[None] % len(TOPICS) == np.arange(len(TOPICS))[:, None], 6.0, 1.0)
        places = _company(rng, 1, settings.places)
        here = np.arange(settings.places)[None] % len(TOPICS) == np.arange(len(TOPICS))[:, None]
        self._verbs = _cumulative(_company(rng, 1, verbs))
        self._agents = _cumulative(_company(rng, verbs, animates))
        self._patients = _cumulative(patients[None] * topical[:, None])
        self._adjectives = _cumulative(adjectives)
        self._places = _cumulative(np.where(here, places, 0.0))
        self._buckets = stream(settings.seed, "scenes").integers(0, 100, (verbs, nouns, nouns))
        self._listed: list[list[list[int]]] = self._buckets.tolist()  # single look-ups are faster in lists
        self._owners: list[Region] = [region for region, (first, end) in REGIONS.items() for _ in range(first, end)]

    def region_of(self, verb: int, agent: int, patient: int) -> Region:
        """The region that owns the scene."""
        return self._owners[self._listed[verb][min(agent, patient)][max(agent, patient)]]

    def animate(self, noun: int) -> bool:
        """Whether the noun can act."""
        return noun < self.settings.animates

    def draw(
        self,
        rng: np.random.Generator,
        region: Region,
        size: int,
        *,
        verb: Ints | None = None,
        agent: Ints | None = None,
        topic: Ints | None = None,
        denied: float = 0.2,
        placed: float = 0.3,
        timed: float = 0.3,
    ) -> list[Meaning]:
        """``size`` meanings of ``region``. ``verb`` and ``agent`` (size, with ``NONE`` where free) are kept where the
        region allows; ``topic`` (size) decides places and favours things; ``placed`` and ``timed`` are the shares
        that name a place and a time."""
        topic = rng.integers(0, len(TOPICS), size) if topic is None else topic
        verbs, agents, patients = self._scenes(rng, region, topic, verb, agent)
        tense = rng.integers(0, len(TENSES), size)
        time = tense * self.settings.times + rng.integers(0, self.settings.times, size)
        place = _choose(self._places[topic], rng)
        columns = (
            verbs,
            agents,
            patients,
            _sometimes(rng, 0.25, _choose(self._adjectives[agents], rng)),
            _sometimes(rng, 0.25, _choose(self._adjectives[patients], rng)),
            self._numbers(rng, size),
            self._numbers(rng, size),
            tense,
            _sometimes(rng, timed, time),
            _sometimes(rng, placed, place),
            rng.random(size) < denied,
        )
        return [Meaning(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]

    def _numbers(self, rng: np.random.Generator, size: int) -> Ints:
        counts = 2 + np.minimum(rng.geometric(0.35, size) - 1, self.settings.numbers - 1)
        kind = rng.random(size)
        return np.where(kind < 0.55, SINGULAR, np.where(kind < 0.65, PLURAL, counts))

    def _scenes(
        self, rng: np.random.Generator, region: Region, topic: Ints, verb: Ints | None, agent: Ints | None
    ) -> tuple[Ints, Ints, Ints]:
        """Verb, agent and patient of each meaning, drawn again until the scene is the region's."""
        size = len(topic)
        first, end = REGIONS[region]
        scenes = np.zeros((3, size), np.int64)
        todo = np.arange(size)
        attempt = 0
        while len(todo):
            verbs = _choose(np.broadcast_to(self._verbs[0], (len(todo), self.settings.verbs)), rng)
            if verb is not None and attempt < FAITHFUL:
                verbs = np.where(verb[todo] == NONE, verbs, verb[todo])
            agents = _choose(self._agents[verbs], rng)
            if agent is not None and attempt < FAITHFUL:
                agents = np.where(agent[todo] == NONE, agents, agent[todo])
            patients = _choose(self._patients[topic[todo], verbs], rng)
            buckets = self._buckets[verbs, np.minimum(agents, patients), np.maximum(agents, patients)]
            good = (agents != patients) & (first <= buckets) & (buckets < end)
            scenes[:, todo[good]] = np.stack((verbs, agents, patients))[:, good]
            todo = todo[~good]
            attempt += 1
        return scenes[0], scenes[1], scenes[2]


def _company(rng: np.random.Generator, rows: int, columns: int) -> Floats:
    """Weights (rows, columns): frequent and rare columns as in Zipf's law, and for each row its own favourites."""
    frequency = (1.0 + rng.permutation(columns)) ** -0.7
    return np.asarray(frequency[None] * np.exp(rng.normal(0.0, 1.0, (rows, columns))))


def _cumulative(weights: Floats) -> Floats:
    total = np.cumsum(weights, axis=-1)
    return np.asarray(total / total[..., -1:])


def _choose(cumulative: Floats, rng: np.random.Generator) -> Ints:
    """One column index for each row of ``cumulative`` (size, columns)."""
    return np.asarray((cumulative[:, :-1] <= rng.random(len(cumulative))[:, None]).sum(axis=1))


def _sometimes(rng: np.random.Generator, share: float, values: Ints) -> Ints:
    return np.where(rng.random(len(values)) < share, values, NONE)
