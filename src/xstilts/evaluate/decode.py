"""From start and end logits to answers: the benchmark's decoder, on character offsets.

In: logits [tokens, 2] of all windows of all questions. Out: the best texts of each question, and what says that there
is none. Source of the rules: XTREME's protocol 4.6 (20 best starts and ends of a window over all its tokens; the start
where it has most context; at most 30 tokens; the 20 best different texts). Texts are cut from the context by offsets,
where the official script rebuilds them from pieces, which fails on Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xstilts.data.encode import Encoded

Array = np.ndarray[Any, np.dtype[Any]]
_BEST = 20
_LONGEST = 30
NO_ANSWER = "empty"  # what the official decoder says where no span is allowed


@dataclass(frozen=True)
class Answers:
    """Of one question: different ``texts``, best first, at most 20, with their ``scores`` (start logit + end logit).

    ``none`` is the score of no answer: the smallest over the windows of the start and end logits of the first token,
    on which windows without the answer are trained (BERT's rule for SQuAD 2.0).
    """

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    none: float

    def best(self, threshold: float | None = None) -> str:
        """The best text; with a ``threshold``, an empty one where ``none`` exceeds the best score by more."""
        if threshold is not None and (not self.texts or self.none - self.scores[0] > threshold):
            return ""
        return self.texts[0] if self.texts else NO_ANSWER


def answers_of(encoded: Encoded, logits: Array, contexts: Sequence[str]) -> list[Answers]:
    """The answers to every question; ``contexts`` are their paragraphs."""
    begin, end, best = (encoded.columns[name] for name in ("from", "to", "best"))
    found: list[Answers] = []
    edges = np.searchsorted(encoded.example, np.arange(len(contexts) + 1))
    for context, first, last in zip(contexts, edges[:-1], edges[1:], strict=True):
        spans: list[tuple[float, int, int]] = []
        none = np.inf
        for window in range(first, last):
            low, high = int(encoded.starts[window]), int(encoded.starts[window + 1])
            none = min(none, float(logits[low].sum()))
            spans += [
                (score, int(begin[low + start]), int(end[low + stop]))
                for start, stop, score in _candidates(logits[low:high], begin[low:high], best[low:high])
            ]
        spans.sort(key=lambda span: -span[0])  # stable: on ties windows, then starts, in their order
        texts: dict[str, float] = {}
        for score, start, stop in spans:
            if (text := context[start:stop].strip()) and text not in texts:
                texts[text] = score
                if len(texts) == _BEST:
                    break
        found.append(Answers(tuple(texts), tuple(texts.values()), none))
    return found


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
