"""Rows of the two classification tasks over two sentences.

In: a request. Out: columns ``text_a, text_b, label``. Labels are drawn first, evenly, then sentences made to fit; a
share ``noise`` of the labels is wrong. In a translation either sentence may say something else. The second sentence is
in the other register: no word of it is in the first.
"""

from __future__ import annotations

import numpy as np

from xstilts.world import pairs
from xstilts.world.grammar import styles, text
from xstilts.world.meanings import Meaning
from xstilts.world.request import Columns, Request


def nli(request: Request) -> Columns:
    """Premise, hypothesis and entailment, neutral or contradiction, as ``pairs.judge`` defines them."""
    rng, meanings = request.rng, request.meanings
    # Half of the premises are denials, so that a denial in the hypothesis alone tells nothing.
    premises = meanings.draw(rng, request.region, request.size, denied=0.5, placed=0.5)
    labels = _even(3, request.size, rng)
    hypotheses = []
    for premise, label in zip(premises, labels, strict=True):
        if label == pairs.ENTAILMENT:
            hypotheses.append(pairs.thin(premise, rng))
        elif label == pairs.NEUTRAL:
            hypotheses.append(pairs.neutral(premise, meanings, rng))
        else:
            hypotheses.append(pairs.contradiction(premise, request.settings, rng))
    return _said(request, premises, hypotheses, labels, 3)


def paraphrase(request: Request) -> Columns:
    """Two sentences of much the same meaning; label 1 where they mean the same."""
    rng, meanings = request.rng, request.meanings
    # Half of them are denials here too (see ``nli``).
    firsts = meanings.draw(rng, request.region, request.size, denied=0.5, placed=0.5)
    labels = _even(2, request.size, rng)
    seconds = [
        first if label else pairs.near_paraphrase(first, meanings, rng)
        for first, label in zip(firsts, labels, strict=True)
    ]
    return _said(request, firsts, seconds, labels, 2)


def _said(request: Request, firsts: list[Meaning], seconds: list[Meaning], labels: list[int], classes: int) -> Columns:
    rng, grammar = request.rng, request.grammar
    wrong = rng.random(request.size) < request.settings.noise
    shift = rng.integers(1, classes, request.size)
    noisy = (np.array(labels, np.int64) + wrong * shift) % classes
    plain = styles(rng, request.size)
    ways = zip(firsts, plain, seconds, styles(rng, request.size, unlike=plain), strict=True)
    heard = ((request.heard(first), one, request.heard(second), two) for first, one, second, two in ways)
    said = [(text(grammar.say(first, one)), text(grammar.say(second, two))) for first, one, second, two in heard]
    return {"text_a": [a for a, _ in said], "text_b": [b for _, b in said], "label": noisy.tolist()}


def _even(classes: int, size: int, rng: np.random.Generator) -> list[int]:
    """Labels in random order, each as often as the others."""
    return [int(label) for label in rng.permutation(size) % classes]
