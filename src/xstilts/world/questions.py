"""Contexts, questions and where their answers stand.

In: a request. Out: columns ``id, question, context, answer_texts, answer_starts``. A context has sentences that share
verbs and participants, so that an answer is found by its role; exactly one sentence fits the question. The question is
in the other register: no word of it is in the context. In a translation the place of the answer may be lost.
"""

from __future__ import annotations

import numpy as np

from xstilts.data.random import pick
from xstilts.world.grammar import ADP, NUM, Asked, Phrase, Style, styles, text
from xstilts.world.meanings import NONE, PLURAL, Meaning
from xstilts.world.pairs import thin
from xstilts.world.request import Columns, Request


def questions(request: Request) -> Columns:
    """One question a context; the answer is a verbatim part of the context. A share ``noise`` of answers is wrong."""
    rng, grammar = request.rng, request.grammar
    targets = request.meanings.draw(rng, request.region, request.size, placed=0.6, timed=0.6)
    others = _others(request, targets)
    ways = zip(*(styles(rng, request.size) for _ in range(5)), strict=True)
    columns: Columns = {name: [] for name in ("id", "question", "context", "answer_texts", "answer_starts")}
    for row, target in enumerate(targets):
        asked = pick(askable(target), rng)
        told = [other for other in others[row] if not _fits(other, target, asked)]
        told.insert(int(rng.random() * (len(told) + 1)), target)
        first, *more, last = next(ways)
        context = [first, *(way._replace(register=first.register) for way in more)]
        sentences = [grammar.say(meaning, way) for meaning, way in zip(told, context, strict=False)]
        texts = [text(sentence) for sentence in sentences]
        where = told.index(target)
        start, answer = find(sentences[where], asked)
        if rng.random() < request.settings.noise:
            where, start, answer = _wrong(sentences, (where, start, answer), rng)
        if slips := request.slipped():
            where, start, answer = _wrong(sentences, (where, start, answer), slips)
        columns["id"].append(f"{request.split}-{row}")
        columns["question"].append(question(request, target, asked, last._replace(register=1 - first.register)))
        columns["context"].append(" ".join(texts))
        columns["answer_texts"].append([answer])
        columns["answer_starts"].append([start + sum(len(sentence) + 1 for sentence in texts[:where])])
    return columns


def askable(meaning: Meaning) -> list[Asked]:
    """What can be asked about a meaning."""
    kinds: list[Asked] = ["agent", "patient"]
    kinds += ["place"] if meaning.place != NONE else []
    kinds += ["time"] if meaning.time != NONE else []
    kinds += ["agent_number"] if meaning.agent_number > PLURAL else []
    kinds += ["patient_number"] if meaning.patient_number > PLURAL else []
    return kinds


def question(request: Request, meaning: Meaning, asked: Asked, style: Style) -> str:
    """The question in words; what is not asked may be left out."""
    less = thin(meaning, request.rng)
    less = less._replace(
        place=meaning.place if asked == "place" else less.place, time=meaning.time if asked == "time" else less.time
    )
    return text(request.grammar.say(less, style, asked), "?")


def find(phrases: list[Phrase], asked: Asked) -> tuple[int, str]:
    """Where the answer begins in the sentence, in characters, and the answer: a phrase without adposition, or its
    numeral."""
    slot, _, number = asked.partition("_")
    position, start, words = 0, -1, []
    for phrase in phrases:
        for word, tag in zip(phrase.words, phrase.tags, strict=True):
            if phrase.slot == slot and (tag == NUM if number else tag != ADP):
                start = position if start < 0 else start
                words.append(word)
            position += len(word) + 1
    return start, " ".join(words)


def _fits(other: Meaning, target: Meaning, asked: Asked) -> bool:
    """Whether the question about ``target`` could be answered by ``other`` too."""
    if other.verb != target.verb:
        return False
    return (asked == "agent" or other.agent == target.agent) and (asked == "patient" or other.patient == target.patient)


def _others(request: Request, targets: list[Meaning]) -> list[list[Meaning]]:
    """One or two further meanings a row: one with the target's verb or agent, one where its patient acts."""
    rng, meanings, region, size = request.rng, request.meanings, request.region, request.size
    verb, agent = np.array([target.verb for target in targets]), np.array([target.agent for target in targets])
    same_verb = rng.random(size) < 0.5
    alike = meanings.draw(
        rng,
        region,
        size,
        verb=np.where(same_verb, verb, NONE),
        agent=np.where(same_verb, NONE, agent),
        placed=0.6,
        timed=0.6,
    )
    patient = np.array([target.patient if meanings.animate(target.patient) else NONE for target in targets])
    turned = meanings.draw(rng, region, size, agent=patient, placed=0.6, timed=0.6)
    two = rng.random(size) < 0.2
    return [[one, other] if more else [one] for one, other, more in zip(alike, turned, two.tolist(), strict=True)]


def _wrong(
    sentences: list[list[Phrase]], right: tuple[int, int, str], rng: np.random.Generator
) -> tuple[int, int, str]:
    """Another participant of the context, given as the answer by mistake."""
    candidates = [
        (where, *find(sentence, slot)) for where, sentence in enumerate(sentences) for slot in ("agent", "patient")
    ]
    return pick([candidate for candidate in candidates if candidate != right], rng)
