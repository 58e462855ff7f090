"""A job is a frozen value, and its key is what it says.

In: what the planner resolved. Out: ``Train``, ``Merge``, ``Embed``, ``Probe``, ``Predict``, ``Score`` values with
``key``. Paths, device, workers, micro-batches and log levels are not here, so they can not change a key. ``where`` to
find data lies beside the job in the store, outside the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xstilts.catalogue.protocol import PLAIN, Search
from xstilts.study.canonical import built, canonical

Key = str
Phase = Literal["pretraining", "intermediate", "target"]
Translations = Literal["", "once", "each"]


@dataclass(frozen=True)
class Rows:
    """Exactly which rows: ``checksum`` covers the content and how it is read, ``rows`` their number.

    ``without`` names rows that are left out of them, by their numbers from 0: ``"3,7-9"``.
    """

    task: str
    split: str
    language: str
    rows: int
    checksum: str
    without: str = ""

    @property
    def identity(self) -> str:
        """What encoded rows are kept under."""
        return hashlib.sha256(f"{self.checksum}:{self.without}".encode()).hexdigest() if self.without else self.checksum


@dataclass(frozen=True)
class Share:
    """One task inside a training. ``examples`` caps the rows of all languages together (None: all).

    A capped share takes nested subsets: the first n of a permutation drawn from ``subset_seed``. ``weight`` is used by
    the sampling rule ``given``. ``translations``: rows of several languages translate one another, and each is taken
    ``once``, in one of its languages, or in ``each``; ``examples`` then counts what is said, not in how many languages.
    """

    task: str
    type: str
    data: tuple[Rows, ...]
    labels: tuple[str, ...] = ()
    examples: int | None = None
    subset_seed: int = 0
    shuffled_labels: bool = False
    weight: float = 1.0
    translations: Literal["", "once", "each"] = ""


@dataclass(frozen=True)
class Architecture:
    """An encoder to be made from nothing, in XLM-R's form."""

    layers: int
    hidden: int
    heads: int
    feedforward: int
    vocabulary: int
    positions: int = 514


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer to be trained on ``text``; ``alignment`` (word or sentence pairs) lets new embeddings start from an
    old vocabulary's through translation."""

    size: int
    text: tuple[Rows, ...]
    alpha: float = 0.3
    characters: int = 20_000_000
    alignment: tuple[Rows, ...] = ()


@dataclass(frozen=True)
class Start:
    """What a training starts from: exactly one of an earlier job, a ready backbone, or an architecture.

    ``backbone`` is a hub name or the name of a folder and ``checksum`` the digest of its files; with ``vocabulary`` its
    body is kept and its embeddings are made anew.
    """

    job: Key | None = None
    backbone: str | None = None
    checksum: str | None = None
    architecture: Architecture | None = None
    vocabulary: Vocabulary | None = None
    layers: int | None = None


@dataclass(frozen=True)
class Settings:
    """How one phase trains. ``batch`` counts examples an update, ``warmup`` is a share of the updates.
    ``embedding_rate`` multiplies the learning rate of the table of token vectors.
    ``pooling``: what a classification reads of a sequence, its first token, the mean over all, or the means of both its
    texts and how they differ. ``freeze_layers``: the embeddings and so many of the first layers stay as they are.
    ``lora``: the encoder stays as it is but for matrices of this rank that are added to those of its layers.
    ``averaged``: the weights are the mean over so many moments of the second half of the updates."""

    updates: int
    batch: int
    learning_rate: float
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    epsilon: float = 1e-8
    beta2: float = 0.999
    dropout: float = 0.1
    max_length: int = 128
    stride: int = 64
    precision: Literal["float32", "bfloat16"] = "float32"
    sampling: Literal["proportional", "capped", "temperature", "uniform", "given"] = "proportional"
    cap: int = 131_072
    temperature: float = 1.0
    alpha: float = 0.3
    masking: float = 0.15
    embedding_rate: float = 1.0
    pooling: Literal["first", "mean", "both"] = "first"
    freeze: Literal["nothing", "body", "embeddings"] = "nothing"
    freeze_layers: int = 0
    lora: int = 0
    averaged: int = 1


@dataclass(frozen=True)
class Candidate:
    """A learning rate that was tried, and the job that scored it."""

    learning_rate: float
    score: Key


@dataclass(frozen=True)
class Train:
    """One phase: from ``start``, on ``shares``, to weights. Heads are new, or those it starts from are ``kept``.

    With a ``teacher``, rankings learn its vectors of the candidates (distillation), instead of their own. Where there
    are ``candidates``, the learning rate is that of the best score among them (``choice.chosen``), and the settings
    say 0: the job is the same whatever the scores turn out to be, so that it can be planned before they are known.
    A ``trial`` of a rate that is too high ends with the weights it began with, and so with a poor score; any other
    training whose loss becomes no number fails.
    """

    phase: Phase
    start: Start
    shares: tuple[Share, ...]
    settings: Settings
    seed: int
    teacher: Start | None = None
    heads: Literal["new", "kept"] = "new"
    candidates: tuple[Candidate, ...] = ()
    trial: bool = False
    revision: int = 1

    @property
    def inputs(self) -> tuple[Key, ...]:
        return (*self.weights, *(one.score for one in self.candidates))

    @property
    def weights(self) -> tuple[Key, ...]:
        """The jobs whose weights it starts from or learns from."""
        starts = (self.start, self.teacher)
        return tuple(start.job for start in starts if start is not None and start.job)


@dataclass(frozen=True)
class Part:
    """Weights, and what they are multiplied by."""

    start: Start
    weight: float


@dataclass(frozen=True)
class Merge:
    """A sum of encoders, weight by weight, each multiplied: a mean, or a backbone with what trainings changed added to
    it. Heads are left out."""

    parts: tuple[Part, ...]
    revision: int = 1

    @property
    def inputs(self) -> tuple[Key, ...]:
        return tuple(dict.fromkeys(part.start.job for part in self.parts if part.start.job))

    @property
    def weights(self) -> tuple[Key, ...]:
        """The jobs whose weights it takes."""
        return self.inputs


@dataclass(frozen=True)
class Change:
    """What is done to every pair of texts before it is predicted: a name of ``data.change``; ``dictionary``: its
    words."""

    name: str
    seed: int = 0
    dictionary: Rows | None = None


@dataclass(frozen=True)
class Embed:
    """The vectors that the training ``model`` gives the candidates of a ranking in one language."""

    task: str
    type: str
    data: Rows
    model: Key
    max_length: int = 128
    precision: Literal["float32", "bfloat16"] = "float32"
    revision: int = 1

    @property
    def inputs(self) -> tuple[Key, ...]:
        return (self.model,)


@dataclass(frozen=True)
class Predict:
    """Predictions of one model on one split of one task in one language.

    ``model`` is the training's key; for a backbone used as it is (retrieval, nothing trained) ``start`` names it;
    with neither, it is the floor: a trivial predictor that knows the rows ``labelled``. ``null_threshold``: a question
    has no answer where that scores more than this above the best answer (a score may choose another threshold); None
    where every question has one. ``given``:
    the SHA-256 of a file that holds another system's predictions; nothing is then computed.
    ``change``: predicted are the rows so changed, and no score is made of them. ``layer`` (None: the last) and
    ``search`` say how sentences find one another. A ranking looks among the candidates ``pool``, whose vectors the jobs
    ``vectors`` made, in the same order.
    """

    task: str
    type: str
    data: Rows
    model: Key | None = None
    start: Start | None = None
    labelled: Rows | None = None
    labels: tuple[str, ...] = ()
    examples: int | None = None
    max_length: int = 128
    stride: int = 64
    layer: int | None = None
    precision: Literal["float32", "bfloat16"] = "float32"
    null_threshold: float | None = None
    given: str | None = None
    change: Change | None = None
    search: Search = PLAIN
    pool: tuple[Rows, ...] = ()
    vectors: tuple[Key, ...] = ()
    revision: int = 2

    @property
    def inputs(self) -> tuple[Key, ...]:
        start = self.start.job if self.start else None
        return (*(key for key in (self.model, start) if key), *self.vectors)

    @property
    def computed(self) -> bool:
        """Whether a network predicts; floors and given predictions need none."""
        return self.model is not None or self.start is not None


@dataclass(frozen=True)
class Probe:
    """What a model shows of a task's first rows, for similarities of tasks (docs/science.md). ``shows``: the mean
    ``text`` vector; ``features`` of labelled rows, with what the head of the task ``head`` makes of them; ``pairs``,
    features of either side of translations; the ``fisher`` information of the weights of ``model``; the ``gradient`` of
    the task's loss at ``start`` under the head of ``model``; the ``change`` of weights from ``start`` to ``model``,
    which needs no rows. ``start`` names the encoder before any of this.
    """

    shows: Literal["text", "features", "pairs", "fisher", "gradient", "change"]
    model: Key | None = None
    start: Start | None = None
    share: Share | None = None
    head: str = ""
    max_length: int = 128
    stride: int = 64
    precision: Literal["float32", "bfloat16"] = "float32"
    revision: int = 1

    @property
    def inputs(self) -> tuple[Key, ...]:
        start = self.start.job if self.start else None
        return tuple(key for key in (self.model, start) if key)


@dataclass(frozen=True)
class Tuning:
    """Predictions of labelled rows on which a threshold is chosen: mined pairs, or answers that may be none."""

    prediction: Key
    data: Rows
    examples: int | None = None


@dataclass(frozen=True)
class Score:
    """Counts per example and the score of one prediction.

    Of mined pairs only those count whose score reaches the ``threshold``, or the one that is best on ``tuned_on``. A
    question that may have no answer has none where that scores more than the threshold above the best one.
    ``pool`` holds the candidates of a ranking.
    """

    prediction: Key
    task: str
    type: str
    metric: str
    data: Rows
    labels: tuple[str, ...] = ()
    examples: int | None = None
    tuned_on: Tuning | None = None
    threshold: float | None = None
    pool: tuple[Rows, ...] = ()
    revision: int = 1

    @property
    def inputs(self) -> tuple[Key, ...]:
        tuning = (self.tuned_on.prediction,) if self.tuned_on else ()
        return tuple(dict.fromkeys((self.prediction, *tuning)))


Job = Train | Merge | Embed | Probe | Predict | Score
KINDS: Mapping[str, type[Train] | type[Merge] | type[Embed] | type[Probe] | type[Predict] | type[Score]] = {
    "train": Train,
    "merge": Merge,
    "embed": Embed,
    "probe": Probe,
    "predict": Predict,
    "score": Score,
}


def kind_of(job: Job) -> str:
    """``train``, ``merge``, ``embed``, ``probe``, ``predict`` or ``score``."""
    return type(job).__name__.lower()


def phase_of(job: Job) -> str:
    """The phase of a training, the kind of any other job."""
    return job.phase if isinstance(job, Train) else kind_of(job)


def to_json(job: Job) -> dict[str, Any]:
    """The job as canonical JSON, with its kind."""
    return {"kind": kind_of(job), **canonical(job)}


def key_of(job: Job) -> Key:
    """The job's key: the first 32 hex digits of the SHA-256 of its canonical JSON."""
    text = json.dumps(to_json(job), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def from_json(value: Mapping[str, Any]) -> Job:
    """The job that ``to_json`` wrote, equal and with the same key. Raises ``TypeError`` where it is none."""
    kind = str(value.get("kind"))
    if kind not in KINDS:
        raise TypeError(f"{kind!r} is not a kind of job")
    job: Job = built(KINDS[kind], {name: item for name, item in value.items() if name != "kind"})
    return job
