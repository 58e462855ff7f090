"""What the benchmarks score: their tasks, languages, files and groups, in official order.

In: nothing. Out: ``Benchmark`` records of XTREME and XTREME-R. The order is the one in which scores are summed, so it
reaches the last digit of an average. Source: google-research/xtreme, ``evaluate.py``, commit 838c13b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.words import words


class Form(StrEnum):
    """How one language's references and predictions are written down."""

    LABELS = "labels"  # a label a line
    POSITIONS = "positions"  # the row of the translation, counted from 0, a line
    CHOICES = "choices"  # a JSON object with the whole number ``label`` a line
    TAGS = "tags"  # a tag a line, a blank line after each sentence, no tokens
    PAIRS = "pairs"  # two sentence names with a tab between them a line, the foreign one first
    ANSWERS = "answers"  # references: SQuAD 1.1's JSON; predictions: JSON object, question id to text
    RANKINGS = "rankings"  # JSON object, query id to names: of references all right ones, of predictions best first
    ENTITIES = "entities"  # the same, but of a reference's names only the first is right


_ENDINGS = {Form.CHOICES: "jsonl", Form.ANSWERS: "json", Form.RANKINGS: "json", Form.ENTITIES: "json"}


@dataclass(frozen=True)
class Scored:
    """A task as a benchmark scores it.

    ``scores`` maps the official names of its scores to those of the metric ("" is the metric's own reduction);
    ``main`` are those whose mean is the task's score. ``labels`` are all that references may hold. ``beside`` are
    further metrics to be shown. ``pooled``: the average is over all examples, not over the languages. ``others`` are
    languages that are scored where they are there, and are in no average. ``unanswered``: a question may have no
    answer.
    """

    name: str
    form: Form
    metric: str
    languages: tuple[str, ...]
    scores: Mapping[str, str]
    main: tuple[str, ...]
    labels: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    pooled: bool = False
    others: tuple[str, ...] = ()
    unanswered: bool = False

    @property
    def everywhere(self) -> tuple[str, ...]:
        """All languages that may be scored."""
        return (*self.languages, *self.others)

    def file(self, language: str) -> Path:
        """Where the file of ``language`` lies in a folder of references or predictions."""
        return Path(self.name) / f"test-{language}.{_ENDINGS.get(self.form, 'tsv')}"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark: its tasks in official order, and the groups over which averages are taken."""

    name: str
    title: str
    tasks: tuple[Scored, ...]
    groups: Mapping[str, tuple[str, ...]]

    def task(self, name: str) -> Scored | None:
        """The task with this name, None if the benchmark has none."""
        return next((task for task in self.tasks if task.name == name), None)


_ACCURACY = {"accuracy": ""}
_F1 = {"f1": "", "precision": "precision", "recall": "recall"}
_ANSWER = {"exact_match": "exact_match", "f1": ""}
_MAP = {"map@20": ""}

_XNLI = Scored(
    "xnli",
    Form.LABELS,
    "accuracy",
    words("ar bg de el en es fr hi ru sw th tr ur vi zh"),
    _ACCURACY,
    ("accuracy",),
    words("contradiction entailment neutral"),
)
_PAWSX = replace(_XNLI, name="pawsx", languages=words("de en es fr ja ko zh"), labels=words("0 1"))
_PANX = Scored(
    "panx",
    Form.TAGS,
    "chunk_f1",
    words(
        "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk "
        "tr et fi hu"
    ),
    _F1,
    ("f1",),
    words("B-LOC B-ORG B-PER I-LOC I-ORG I-PER O"),
)
_UDPOS = replace(
    _PANX,
    name="udpos",
    languages=words(
        "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
    ),
    labels=words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _ O"),
    beside=("token_accuracy",),
)
_BUCC = Scored("bucc2018", Form.PAIRS, "mining_f1", words("de fr ru zh"), _F1, ("f1",))
_TATOEBA = Scored(
    "tatoeba",
    Form.POSITIONS,
    "accuracy",
    words(
        "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"
    ),
    _ACCURACY,
    ("accuracy",),
)
_XQUAD = Scored(
    "xquad", Form.ANSWERS, "answer_f1", words("en es de el ru tr ar vi th zh hi"), _ANSWER, ("exact_match", "f1")
)
_MLQA = replace(_XQUAD, name="mlqa", metric="mlqa_f1", languages=words("en es de ar hi vi zh"))
_TYDIQA = replace(_XQUAD, name="tydiqa", languages=words("en ar bn fi id ko ru sw te"))
_XCOPA = replace(
    _XNLI, name="xcopa", form=Form.CHOICES, languages=words("et ht id it qu sw ta th tr vi zh"), labels=words("0 1")
)
_MEWSLIX = Scored(
    "mewslix",
    Form.ENTITIES,
    "mean_average_precision",
    words("ar de en es fa ja pl ro ta tr uk"),
    _MAP,
    ("map@20",),
)
# Listed by the official evaluator, which can neither read nor score it; scored by the rule of its own script: one pool
# of questions over all languages. The evaluator's folder of files, a language each, is ours.
_LAREQA = replace(
    _MEWSLIX, name="lareqa", form=Form.RANKINGS, languages=words("ar de el en es hi ru th tr vi zh"), pooled=True
)


def _and(task: Scored, more: str) -> Scored:
    return replace(task, languages=(*task.languages, *words(more)))


XTREME = Benchmark(
    "xtreme",
    "XTREME",
    (_PAWSX, _XNLI, _PANX, _UDPOS, _BUCC, _TATOEBA, _XQUAD, _MLQA, _TYDIQA),
    {
        "classification": ("pawsx", "xnli"),
        "tagging": ("panx", "udpos"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("bucc2018", "tatoeba"),
    },
)
XTREME_R = Benchmark(
    "xtreme-r",
    "XTREME-R",
    (
        _XNLI,
        _and(_PANX, "qu pl uk az lt pa gu ro"),
        _and(_UDPOS, "lt pl uk wo ro"),
        _and(_TATOEBA, "az lt pl uk ro"),
        _XCOPA,
        _MEWSLIX,
        _LAREQA,
        _and(_XQUAD, "ro"),
        _MLQA,
        _TYDIQA,
    ),
    {
        "classification": ("xnli", "xcopa"),
        "tagging": ("panx", "udpos"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("tatoeba", "mewslix"),
        "multi_choice": ("xcopa",),
    },
)
_ALL: Mapping[str, Benchmark] = {one.name: one for one in (XTREME, XTREME_R)}


def get_benchmark(name: str) -> Benchmark:
    """The benchmark with this name, or ``catalogue``, every task there is (``catalogue.every``). Raises ``Problem``
    with the nearest name."""
    if name in _ALL:
        return _ALL[name]
    if name == "catalogue":
        from xstilts.catalogue.every import catalogue_benchmark

        return catalogue_benchmark()
    known = (*_ALL, "catalogue")
    raise Problem(f"unknown benchmark '{name}'{nearest(name, known) or '.'} benchmarks: {', '.join(known)}")


def languages_anywhere(task: str) -> tuple[str, ...]:
    """The languages that any benchmark scores ``task`` in."""
    found = (benchmark.task(task) for benchmark in _ALL.values())
    return tuple(dict.fromkeys(language for one in found if one for language in one.languages))
