"""Rows made of sentences as they come: tagged words, topics, translations, phrases and plain text.

In: a request. Out: the columns of the task type. Plain texts have recurring participants, one topic and one register
each; some say a thing again or hold a question with its answer, both in the other register.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from xstilts.data.random import pick
from xstilts.world.grammar import PUNCT, TAGS, Grammar, Style, styles, text
from xstilts.world.meanings import NONE, TOPICS, Meaning
from xstilts.world.pairs import thin
from xstilts.world.questions import askable, find, question
from xstilts.world.request import Columns, Request


def tagged(request: Request) -> Columns:
    """Words and their classes (indices into ``grammar.TAGS``) of one to three sentences, one in seven a question. A
    share ``noise`` of the tags is wrong."""
    rng, grammar = request.rng, request.grammar
    tokens, tags = [], []
    sentences = rng.integers(1, 4, request.size)
    meanings = request.meanings.draw(rng, request.region, int(sentences.sum()))
    # All questions before any noise: how much noise is drawn depends on the language's number of words.
    asks = [pick(askable(meaning), rng) if rng.random() < 1 / 7 else None for meaning in meanings]
    ways = zip(meanings, styles(rng, len(meanings)), asks, strict=True)
    for size in sentences.tolist():
        words: list[tuple[str, int]] = []
        for meaning, style, asked in islice(ways, size):
            for phrase in grammar.say(meaning, style, asked):
                words += zip(phrase.words, phrase.tags, strict=True)
            words.append(("?" if asked else ".", PUNCT))
        tokens.append([word for word, _ in words])
        row = np.array([tag for _, tag in words])
        wrong = rng.random(len(row)) < request.settings.noise
        tags.append(((row + wrong * rng.integers(1, len(TAGS), len(row))) % len(TAGS)).tolist())
    return {"tokens": tokens, "tags": tags}


def topics(request: Request) -> Columns:
    """Two sentences, and which of three topics their place belongs to. A share ``noise`` of the labels is wrong."""
    rng, size, grammar = request.rng, request.size, request.grammar
    labels = rng.permutation(size) % len(TOPICS)
    first = request.meanings.draw(rng, request.region, size, topic=labels, placed=1.0)
    second = request.meanings.draw(rng, request.region, size, topic=labels)
    ways = zip(first, styles(rng, size), second, styles(rng, size), strict=True)
    texts = [text(grammar.say(one, way)) + " " + text(grammar.say(two, other)) for one, way, two, other in ways]
    wrong = rng.random(size) < request.settings.noise
    noisy = (labels + wrong * rng.integers(1, len(TOPICS), size)) % len(TOPICS)
    return {"text_a": texts, "text_b": [None] * size, "label": noisy.tolist()}


def translations(request: Request) -> Columns:
    """The same meaning in the language and in the labelled one. No meaning comes twice; in a share ``noise`` of rows
    the language's sentence leaves things out."""
    rng = request.rng
    found: dict[Meaning, None] = {}
    while len(found) < request.size:
        found |= dict.fromkeys(request.meanings.draw(rng, request.region, request.size))
    columns: Columns = {"source": [], "target": []}
    for meaning, (style, other) in zip(list(found)[: request.size], _both_sides(request), strict=True):
        loose = thin(meaning, rng, 0.6) if rng.random() < request.settings.noise else meaning
        columns["source"].append(text(request.grammar.say(loose, style)))
        columns["target"].append(text(request.pivot.say(meaning, other)))
    return columns


def parallel(request: Request) -> Columns:
    """Translations as training data, a quarter of them questions; a share ``noise`` of them is of another sentence, and
    a share ``switched`` of the phrases on either side is said in the other side's language."""
    return dict(zip(("text", "text_b"), _sentence_pairs(request, request.settings.switched), strict=True))


def ranked(request: Request) -> Columns:
    """The sentences of ``parallel`` as queries and candidates, no phrase switched."""
    return dict(zip(("query", "candidate"), _sentence_pairs(request, 0.0), strict=True))


def _sentence_pairs(request: Request, switched: float) -> tuple[list[str], list[str]]:
    """Sentences of the language and of the labelled one, in the same order."""
    rng, size = request.rng, request.size
    meanings = request.meanings.draw(rng, request.region, size)
    asks = [pick(askable(meaning), rng) if rng.random() < 1 / 4 else None for meaning in meanings]
    wrong = rng.random(size) < request.settings.noise
    ways = _both_sides(request)

    def said(grammar: Grammar, stranger: Grammar, row: int, style: Style) -> str:
        own, foreign = (speaker.say(meanings[row], style, asks[row]) for speaker in (grammar, stranger))
        known = {phrase.slot: phrase for phrase in foreign}
        mixed = [known[phrase.slot] if rng.random() < switched else phrase for phrase in own]
        return text(mixed, "?" if asks[row] else ".")

    ours = [said(request.grammar, request.pivot, row, ways[row][0]) for row in range(size)]
    theirs = [said(request.pivot, request.grammar, row - int(wrong[row]), ways[row][1]) for row in range(size)]
    return ours, theirs


def _both_sides(request: Request) -> list[tuple[Style, Style]]:
    """The styles of a translation and its original: the same but for the register."""
    pairs = zip(styles(request.rng, request.size), styles(request.rng, request.size), strict=True)
    return [(one, one._replace(register=two.register)) for one, two in pairs]


def phrases(request: Request) -> Columns:
    """Phrases of one to four words, each with a translation in either register; a share ``noise`` is of another
    phrase."""
    rng, size = request.rng, request.size
    meanings = request.meanings.draw(rng, request.region, size, placed=0.6)
    wrong = rng.random(size) < request.settings.noise
    columns: Columns = {"query": [], "candidate": []}
    for row, (one, two) in enumerate(_both_sides(request)):
        other = meanings[row - int(wrong[row])]
        said = {phrase.slot: phrase.words for phrase in request.grammar.say(meanings[row], one)}
        heard = {phrase.slot: phrase.words for phrase in request.pivot.say(other, two)}
        slot = pick([slot for slot in said if slot in heard], rng)
        columns["query"].append(" ".join(said[slot]))
        columns["candidate"].append(" ".join(heard[slot]))
    return columns


def plain(request: Request) -> Columns:
    """Texts of about three sentences. ``text_b`` is null."""
    rng, size, settings, draw = request.rng, request.size, request.settings, request.meanings.draw
    topic = rng.integers(0, len(TOPICS), size)
    first = draw(rng, request.region, size, topic=topic)
    second = draw(rng, request.region, size, topic=topic, agent=_recurring(request, first))
    third = draw(rng, request.region, size, topic=topic, agent=_recurring(request, second))
    kinds = rng.random(size)
    ways = zip(*(styles(rng, size) for _ in range(4)), strict=True)
    texts = []
    for *meanings, kind, (way, *others) in zip(first, second, third, kinds.tolist(), ways, strict=True):
        own = [way, *(other._replace(register=way.register) for other in others[:2])]
        again = others[2]._replace(register=1 - way.register)
        if kind < settings.restated:
            meanings = [meanings[0], thin(meanings[0], rng), meanings[1]]
            own = [own[0], again, own[1]]
        said = [request.grammar.say(meaning, style) for meaning, style in zip(meanings, own, strict=True)]
        if settings.restated <= kind < settings.restated + settings.asked:
            about = int(rng.random() * 2)
            asked = pick(askable(meanings[about]), rng)
            ends = [question(request, meanings[about], asked, again), find(said[about], asked)[1] + "."]
            texts.append(" ".join([text(said[0]), text(said[1]), *ends]))
        else:
            texts.append(" ".join(text(sentence) for sentence in said))
    return {"text": texts, "text_b": [None] * size}


def _recurring(request: Request, meanings: list[Meaning]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A participant of each meaning who can act, or ``NONE``: the next sentence is about them."""
    chance = request.rng.random(len(meanings))
    who = [
        NONE if draw < 0.3 else m.patient if draw < 0.65 and request.meanings.animate(m.patient) else m.agent
        for m, draw in zip(meanings, chance, strict=True)
    ]
    return np.array(who, np.int64).reshape(-1)
