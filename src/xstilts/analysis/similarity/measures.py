"""What was known of an intermediate task and a target before one was trained before the other, as numbers by name.

In: a reader of probes and training texts, the names of a pair. Out: arrays of one number an intermediate task, higher
is more alike; NaN where a measure is not defined for the target or its probe is not there. Only the first seed's models
are read, and no score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from xstilts.analysis.gains import BASELINE
from xstilts.analysis.material import Array, Reader
from xstilts.analysis.similarity.alike import cka, cosine, fused
from xstilts.analysis.similarity.transfer import leep, logme, nce, regularised_h_score
from xstilts.analysis.similarity.vocabulary import divergence, words

Numbers = npt.NDArray[np.float64]

SIZE, VOCABULARY = "size", "vocabulary"
TEXT, TEXT_IN_LANGUAGE = "text embedding", "text embedding, in the language"
TASK, GRADIENT, CHANGE = "task embedding", "gradient", "task vector"
LOGME, H_SCORE, LEEP, NCE, CKA = "LogME", "H-score", "LEEP", "NCE", "CKA"
MEASURES = (SIZE, VOCABULARY, TEXT, TEXT_IN_LANGUAGE, TASK, LOGME, H_SCORE, CKA, GRADIENT, CHANGE, LEEP, NCE)

Item = TypeVar("Item")

LEADING = 128  # principal components that are kept where rows are few
ALIGNED = 1_000  # rows whose kernel is computed


@dataclass
class Pairs:
    """``read``: probes and texts of a study; ``arms``: the arm of each backbone and intermediate task."""

    read: Reader
    arms: Mapping[tuple[str, str], str]
    _words: dict[str, Counter[str]] = field(default_factory=dict)

    def of_target(self, backbone: str, target: str, tasks: Sequence[str]) -> dict[str, Numbers]:
        """The measures that are the same in every language, by name: [tasks] each."""
        sketches = {
            shows: ([self._own(shows, backbone, task) for task in tasks], self._of(shows, backbone, BASELINE, target))
            for shows in ("fisher", "gradient", "change")
        }
        text = self._of("text", backbone, BASELINE, target)
        texts = [self._own("text", backbone, task) for task in tasks]
        features = [self.read.shown("features", backbone, self.arms[backbone, task], target) for task in tasks]
        own = self.read.shown("features", backbone, BASELINE, target)
        return {
            TEXT: _each(texts, lambda one: cosine(one, text) if text is not None else np.nan),
            TASK: _by_layer(*sketches["fisher"]),
            GRADIENT: _cosines(*sketches["gradient"]),
            CHANGE: _cosines(*sketches["change"]),
            LOGME: _each(features, lambda one: logme(standardised(one["features"]), one["labels"])),
            H_SCORE: _each(features, lambda one: regularised_h_score(one["features"], one["labels"])),
            CKA: _each(features, lambda one: _aligned(one, own)),
            LEEP: _each(features, lambda one: leep(one["outputs"], one["labels"]) if "outputs" in one else np.nan),
            NCE: _each(
                features, lambda one: nce(one["outputs"].argmax(1), one["labels"]) if "outputs" in one else np.nan
            ),
        }

    def in_language(self, backbone: str, target: str, language: str, tasks: Sequence[str]) -> dict[str, Numbers]:
        """The measures that know the language: the likeness of its text; of a target without training, too, how alike
        translations are to each model, and of all its text."""
        probe = self.read.shown("text", backbone, "", target, language)
        text = None if probe is None else probe["text"]
        texts = [self._own("text", backbone, task) for task in tasks]
        likeness = _each(texts, lambda one: cosine(one, text) if text is not None else np.nan)
        found = {TEXT_IN_LANGUAGE: likeness}
        pairs = [self.read.shown("pairs", backbone, self.arms[backbone, task], target, language) for task in tasks]
        if any(pair is not None for pair in pairs):
            found |= {TEXT: likeness, CKA: _each(pairs, lambda one: cka(one["source"], one["target"]))}
        return found

    def vocabulary(self, scores: Mapping[str, str], target: str) -> Numbers:
        """Less the divergence of the words that either phase trained on; ``scores``: a score's key by task."""
        found = []
        for task, score in scores.items():
            texts = self.read.trained_on(score)
            for name in texts.keys() - self._words.keys():
                self._words[name] = words(texts[name])
            both = task in texts and target in texts
            found.append(-divergence(self._words[task], self._words[target]) if both else np.nan)
        return np.array(found)

    def _own(self, shows: str, backbone: str, task: str) -> Array | None:
        return self._of(shows, backbone, self.arms[backbone, task], "")

    def _of(self, shows: str, backbone: str, arm: str, target: str) -> Array | None:
        found = self.read.shown(shows, backbone, arm, target)
        return None if found is None else found["text" if shows == "text" else "sketch"]


def standardised(features: Array) -> Numbers:
    """Columns of mean 0 and variance 1; the first 128 principal components where there are no more rows than columns,
    since a linear model of as many features as rows explains any labels."""
    found = np.asarray(features, dtype=np.float64)
    found = found - found.mean(axis=0)
    spread = found.std(axis=0)
    found = found / np.where(spread > 0, spread, 1.0)
    if len(found) > found.shape[1]:
        return np.asarray(found)
    u, s, _ = np.linalg.svd(found, full_matrices=False)
    kept = min(LEADING, max(1, len(found) // 4))
    leading: Numbers = u[:, :kept] * s[:kept]
    return leading


def _aligned(one: Mapping[str, Array], other: Mapping[str, Array] | None) -> float:
    """How alike two models see the same rows."""
    if other is None or len(one["features"]) != len(other["features"]):
        return float("nan")
    rows = np.linspace(0, len(one["features"]) - 1, min(ALIGNED, len(one["features"]))).astype(int)
    return cka(one["features"][rows], other["features"][rows])


def _cosines(sketches: Sequence[Array | None], other: Array | None) -> Numbers:
    return _each(sketches, lambda one: cosine(one, other) if other is not None else np.nan)


def _by_layer(sketches: Sequence[Array | None], other: Array | None) -> Numbers:
    """Cosines layer by layer, whose ranks are fused."""
    if other is None or any(one is None for one in sketches):
        return np.full(len(sketches), np.nan)
    values = [[cosine(row, its) for row, its in zip(one, other, strict=True)] for one in sketches if one is not None]
    return fused(np.array(values).T)


def _each(items: Sequence[Item | None], measure: Callable[[Item], float]) -> Numbers:
    return np.array([np.nan if item is None else measure(item) for item in items])
