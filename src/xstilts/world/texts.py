"""Rows made of sentences as they come: tagged words, topics, translations and plain text.

In: a request. Out: the columns of the task type. Plain texts have recurring participants and one topic each; some say a
thing twice, some hold a question with its answer, as real text does.
"""

from __future__ import annotations

import numpy as np

from xstilts.world.grammar import PUNCT, TAGS, styles, text
from xstilts.world.meanings import NONE, TOPICS, Meaning
from xstilts.world.pairs import thin
from xstilts.world.questions import askable, find, question
from xstilts.world.request import Columns, Request
from xstilts.world.streams import pick


def tagged(request: Request) -> Columns:
    """Words and their classes (indices into ``grammar.TAGS``); one sentence in seven is a question. A share ``noise``
    of the tags is wrong."""
    rng, grammar = request.rng, request.grammar
    tokens, tags = [], []
    meanings = request.meanings.draw(rng, request.region, request.size)
    # All questions before any noise: how much noise is drawn depends on the language's number of words.
    asks = [pick(askable(meaning), rng) if rng.random() < 1 / 7 else None for meaning in meanings]
    for meaning, style, asked in zip(meanings, styles(rng, request.size), asks, strict=True):
        phrases = grammar.say(meaning, style, asked)
        tokens.append([*(word for phrase in phrases for word in phrase.words), "?" if asked else "."])
        row = np.array([*(tag for phrase in phrases for tag in phrase.tags), PUNCT])
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
    for meaning, style in zip(list(found)[: request.size], styles(rng, request.size), strict=True):
        loose = thin(meaning, rng, 0.6) if rng.random() < request.settings.noise else meaning
        columns["source"].append(text(request.grammar.say(loose, style)))
        columns["target"].append(text(request.pivot.say(meaning, style)))
    return columns


def parallel(request: Request) -> Columns:
    """Translations as training data, a quarter of them questions; a share ``noise`` of them is of another sentence."""
    rng, size = request.rng, request.size
    meanings = request.meanings.draw(rng, request.region, size)
    asks = [pick(askable(meaning), rng) if rng.random() < 1 / 4 else None for meaning in meanings]
    wrong = rng.random(size) < request.settings.noise
    columns: Columns = {"text": [], "text_b": []}
    for row, style in enumerate(styles(rng, size)):
        for name, grammar, other in (("text", request.grammar, row), ("text_b", request.pivot, row - int(wrong[row]))):
            said = grammar.say(meanings[other], style, asks[other])
            columns[name].append(text(said, "?" if asks[other] else "."))
    return columns


def ranked(request: Request) -> Columns:
    """The rows of ``parallel`` as queries and candidates."""
    columns = parallel(request)
    return {"query": columns["text"], "candidate": columns["text_b"]}


def plain(request: Request) -> Columns:
    """Texts of about three sentences. ``text_b`` is null."""
    rng, size, settings, draw = request.rng, request.size, request.settings, request.meanings.draw
    topic = rng.integers(0, len(TOPICS), size)
    first = draw(rng, request.region, size, topic=topic)
    second = draw(rng, request.region, size, topic=topic, agent=_recurring(request, first))
    third = draw(rng, request.region, size, topic=topic, agent=_recurring(request, second))
    kinds = rng.random(size)
    ways = iter(styles(rng, 4 * size))
    texts = []
    for row in zip(first, second, third, kinds.tolist(), strict=True):
        *meanings, kind = row
        if kind < settings.restated:
            meanings = [meanings[0], thin(meanings[0], rng), meanings[1]]
        said = [request.grammar.say(meaning, next(ways)) for meaning in meanings]
        if settings.restated <= kind < settings.restated + settings.asked:
            about = int(rng.random() * 2)
            asked = pick(askable(meanings[about]), rng)
            ends = [question(request, meanings[about], asked, next(ways)), find(said[about], asked)[1] + "."]
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
