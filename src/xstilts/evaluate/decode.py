"""From start and end logits to an answer: the benchmark's decoder, on character offsets.

In: logits [tokens, 2] of all windows of all questions. Out: one text a question. Source of the rules: XTREME's
protocol 4.6 (20 best starts and ends of a window over all its tokens; the start where it has most context; at most 30
tokens). Texts are cut from the context by offsets, where the official script rebuilds them from pieces, which fails on
Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xstilts.data.encode import Encoded

Array = np.ndarray[Any, np.dtype[Any]]
_BEST = 20
_LONGEST = 30
NO_ANSWER = "empty"


def best_spans(encoded: Encoded, logits: Array, contexts: Sequence[str]) -> tuple[list[str], Array]:
    """The best answer of every question and its score (start logit + end logit), float32 [questions]."""
    texts = [NO_ANSWER] * len(contexts)
    scores = np.full(len(contexts), -np.inf, dtype=np.float32)
    begin, end, best = encoded.columns["from"], encoded.columns["to"], encoded.columns["best"]
    for window in range(len(encoded.starts) - 1):
        low, high = int(encoded.starts[window]), int(encoded.starts[window + 1])
        question = int(encoded.example[window])
        for start, stop, score in _candidates(logits[low:high], begin[low:high], best[low:high]):
            if score <= scores[question]:
                break
            text = contexts[question][begin[low + start] : end[low + stop]].strip()
            if text:
                texts[question], scores[question] = text, score
                break
    return texts, scores


def _candidates(logits: Array, begin: Array, best: Array) -> list[tuple[int, int, float]]:
    """Allowed pairs of one window, best first."""
    starts = np.argsort(-logits[:, 0], kind="stable")[:_BEST]
    stops = np.argsort(-logits[:, 1], kind="stable")[:_BEST]
    starts = starts[best[starts]]
    stops = stops[begin[stops] >= 0]
    first, last = np.repeat(starts, len(stops)), np.tile(stops, len(starts))
    allowed = (last >= first) & (last - first < _LONGEST)
    first, last = first[allowed], last[allowed]
    score = logits[first, 0] + logits[last, 1]
    order = np.argsort(-score, kind="stable")
    return [(int(first[k]), int(last[k]), float(score[k])) for k in order]
