"""One score of a study: which languages and splits are scored, and the jobs that predict and score them.

In: a target, what predicts it. Out: ``Cell`` values with their ``Predict`` and ``Score`` jobs in the draft, and beside
them the predictions that analyses need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.language import get_language, languages
from xstilts.catalogue.task import UNTRAINED, Task, TaskType
from xstilts.study.answering import FIXED, Answering
from xstilts.study.arms import Prepared, said
from xstilts.study.backbone_table import Backbone
from xstilts.study.beside import changes
from xstilts.study.draft import Draft, check_length, longest
from xstilts.study.encoders import Encoder
from xstilts.study.identity import layers_of
from xstilts.study.job import Embed, Key, Predict, Rows, Score, Share, Tuning
from xstilts.study.manifest import Cell
from xstilts.study.protocols import Given
from xstilts.study.searching import Searching, searching
from xstilts.study.settings import evaluation_table, rows_of
from xstilts.study.targets import Model

# Of trivial predictions whose way has changed, the revision: those of an encoder keep theirs, and their keys.
FLOORS: Mapping[TaskType, int] = {TaskType.SPAN_EXTRACTION: 3}


# In what a benchmark's rankings are not trained as its own script trains them (docs/data.md).
_DUAL_ENCODER = "encoder of ours: mean over tokens, cosine times 20, whole updates compared, case kept"


@dataclass(frozen=True)
class At:
    """What a cell is about; ``search``: how sentences find one another, None for a task that is trained;
    ``answering``: how it is decided that a question has no answer, None where every one has."""

    task: Task
    split: str
    language: str
    seed: int
    search: Searching | None = None
    answering: Answering | None = None

    @property
    def metric(self) -> str:
        """What is scored."""
        return self.search.metric if self.search else self.task.metric

    @property
    def protocol(self) -> str:
        """How it is scored; scores of different protocols do not compare."""
        if self.search:
            return self.search.name
        decided = self.answering.named(self.split, self.language) if self.answering else ""
        encoder = _DUAL_ENCODER if self.task.protocol and self.task.type == TaskType.RANKING else ""
        return ", ".join(filter(None, (self.task.protocol, encoder, decided)))

    def __str__(self) -> str:
        return f"{self.task.name} {self.language} {self.split}"


def splits_of(draft: Draft, task: Task) -> list[str]:
    """The splits that are scored: those the study names, as far as the task has them, else the task's own."""
    return [split for split in draft.study.splits if split in task.splits] or [task.evaluation_split]


def fits(draft: Draft, task: Task) -> bool:
    """Whether the task can be a target of this study; if not, why is noted."""
    known, splits = draft.known, draft.study.splits
    with known.collect(f"target {task.name}"):
        if task.type == TaskType.MLM:
            raise Problem("masked language modelling can be trained on, but has no score")
        if task.parts or not task.metric:
            parts = f": score one of its parts ({', '.join(task.parts)})" if task.parts else ""
            raise Problem(f"it can be trained on, but has no score{parts}")
        if splits and not any(split in task.splits for split in splits):
            raise Problem(f"no split {' or '.join(splits)} (there is {', '.join(task.splits)})")
        if task.type not in UNTRAINED:
            known.languages(task, "train", (task.train_language,))
        return True
    return False


def check_languages(draft: Draft, targets: Sequence[Task]) -> None:
    """Every language that the study names, alone or in a group, must belong to one of its targets; where a target is
    missing, it must at least exist."""
    named = () if draft.study.languages in ("all", "every") else draft.study.languages
    official = {code for task in targets for split in splits_of(draft, task) for code in task.languages_of(split)}
    places = {"languages": named, **{f"[groups] {name}": its for name, its in draft.study.groups.items()}}
    exists = {*languages(), *draft.study.own_languages}
    lost = exists if len(targets) < len(draft.study.targets) else set()
    for place, language in ((place, code) for place, codes in places.items() for code in codes):
        if language not in official and language not in lost:
            with draft.known.collect(place):
                if not targets:
                    get_language(language)
                raise Problem(f"no target has '{language}'{nearest(language, official) or '.'} see: xstilts languages")


def evaluated(draft: Draft, task: Task, split: str) -> tuple[str, ...]:
    """Languages to score: the official ones that are there, every one that is there, or the named ones and the one
    the task trains in."""
    known, wanted = draft.known, draft.study.languages
    catalogued = task.languages_of(split)
    if wanted == "every":
        return known.there(task, split)
    if wanted == "all":
        there = known.there(task, split)
        official = [language for language in catalogued if language in (*task.languages, task.train_language)]
        if lacking := [language for language in official if language not in there]:
            known.notes[f"{task.name} ({split}): no data here in {', '.join(lacking)}"] = None
        found = tuple(language for language in there if language in official)
        if not found:
            raise Problem(f"no data in an official language; name some of those there: {', '.join(there)}")
        return found
    named = {language for language in catalogued if language in wanted}
    if not named:
        raise Problem(f"it has none of the languages {', '.join(wanted)}")
    there = known.languages(task, split, tuple(sorted(named)))
    if task.type not in UNTRAINED and known.has(task, split, task.train_language):
        there += (task.train_language,)
    return tuple(language for language in catalogued if language in there)


def scored_rows(draft: Draft, targets: Sequence[Task]) -> Iterator[Rows]:
    """Everything that the study scores; mistakes are collected."""
    for task in targets:
        with draft.known.collect(f"target {task.name}"):
            for split in splits_of(draft, task):
                for language in evaluated(draft, task, split):
                    yield draft.known.rows(task, split, language)


def reading(draft: Draft, spec: Backbone, task: Task) -> dict[str, Any]:
    """How predictions read examples: ``max_length``, ``stride``, ``precision``."""
    tables = draft.study.settings
    most = longest(spec)
    how = evaluation_table(spec.kind, task, tables.of_phase(), tables.of_task(), most)
    if task.type in UNTRAINED and most is not None:
        how["max_length"] = min(how["max_length"], most)
    if task.no_answer:
        how["null_threshold"] = FIXED
    check_length(spec, how["max_length"])
    return how


def search_of(draft: Draft, encoder: Encoder, task: Task) -> Searching | None:
    """How sentences find one another; None for a task that is trained. Raises ``Problem`` for a layer that the backbone
    does not have."""
    if task.type not in UNTRAINED:
        return None
    study, spec = draft.study, encoder.spec
    layer = spec.retrieval_layer if spec.retrieval_layer is not None else study.retrieval_layer
    layers = spec.architecture.layers if spec.architecture else layers_of(str(spec.path))
    if spec.layers and (layers is None or spec.layers < layers):
        layers = spec.layers  # a body cut to its first layers is an encoder of so many, which is trained as such
    try:
        return searching(study.retrieval, task, spec.path or "", layers, layer)
    except Problem as problem:
        raise Problem(f"backbone '{encoder.name}': {problem}") from None


def add_cell(
    draft: Draft, encoder: Encoder, arm: str, at: At, prepared: Prepared, model: Model, how: Mapping[str, Any]
) -> None:
    """The cell of a model: its predictions read examples as ``how`` says. The same rows are predicted once more after
    every change that the study's analyses need."""
    whose, pool = f"{arm}, {encoder.name}, seed {at.seed}", draft.known.pool(at.task)
    vectors = embedded(draft, encoder, at.task, pool, model.key, whose, how)
    job = replace(_prediction(draft, at, model, how), pool=pool, vectors=vectors)
    threshold: dict[str, Any] = {}
    if at.search is not None:
        job = replace(job, layer=at.search.layer, search=at.search.search)
        threshold = _threshold(draft, at, job, at.search, whose, encoder.parameters)
    if at.answering is not None:
        if at.answering.language is not None:
            tuned = (at.task, "validation", at.answering.language)
            draft.known.check_apart((*prepared.shares, *model.shares), *tuned)
        threshold = _no_answer(draft, at, job, at.answering, whose, encoder.parameters)
    score = scored(draft, at, job, f"{at}, {whose}", encoder.parameters, pool=pool, **threshold)
    for change in changes(draft.needs, draft.known, at.task, at.language):
        draft.add(replace(job, change=change), f"predict {at}, {change.name}, {whose}", encoder.parameters)
    if arm == draft.study.baseline:
        draft.baselines[encoder.name, at.task.name, at.split, at.language, at.seed] = score
    seen = _seen(at.language, encoder, (*prepared.shares, *model.shares))
    _add(draft, encoder, arm, at, score, prepared, model, seen)


def add_beside(
    draft: Draft,
    encoder: Encoder,
    arm: str,
    task: Task,
    seed: int,
    prepared: Prepared,
    models: Mapping[str, Model],
    how: Mapping[str, Any],
) -> None:
    """Predictions of which no score is made: of every one of ``models`` (by language) on labelled rows that no phase
    before it trained on; noted where there are none."""
    of: dict[Model, str] = {}
    for code, model in models.items():
        of.setdefault(model, code)
    for need, model in product(draft.needs, of):
        if not (need.of(task) and need.split):
            continue
        at = At(task, need.split, task.train_language, seed)
        try:
            draft.known.languages(task, at.split, (at.language,))
            draft.known.check_apart((*prepared.shares, *model.shares), task, at.split, at.language)
        except Problem as problem:
            draft.known.notes[f"{task.name}, {arm}: nothing to rescale confidences by: {problem}"] = None
            continue
        which = f" (model for {of[model]})" if len(of) > 1 else ""
        label = f"predict {at}, {arm}{which}, {encoder.name}, seed {seed}"
        draft.add(_prediction(draft, at, model, how), label, encoder.parameters)


def add_given(draft: Draft, encoder: Encoder, arm: str, at: At, given: Given) -> None:
    """The cell of a file of predictions, the same for every seed and backbone whose file it is. Raises ``Problem``
    where the file answers another question than the study's protocol."""
    if at.search is not None and at.search.search.queries not in ("target", "both"):
        raise Problem(
            f"'{at.task.name}': a folder holds what the target side finds, and the study's protocol lets others ask "
            f"({at.protocol}): name this arm's targets without it, or ask as the folder does"
        )
    if at.search is not None:  # how the other system searched is not known here
        name = "given, target asks" if at.task.type == TaskType.RETRIEVAL else "given"
        at = replace(at, search=replace(at.search, name=name))
    data, cap = draft.known.rows(at.task, at.split, at.language), cap_of(draft, at)
    labels = (*at.task.labels, *given.labels)
    job = Predict(at.task.name, str(at.task.type), data, labels=labels, examples=cap, given=given.checksum)
    score = scored(draft, at, job, f"{at}, {arm}", 0, pool=draft.known.pool(at.task))
    _add(draft, encoder, arm, at, score, Prepared(encoder.start), Model(None, None, (), 0, ()), "unknown")


def _prediction(draft: Draft, at: At, model: Model, how: Mapping[str, Any]) -> Predict:
    data, cap = draft.known.rows(at.task, at.split, at.language), cap_of(draft, at)
    what = (at.task.name, str(at.task.type), data)
    return Predict(*what, model=model.key, start=model.start, labels=at.task.labels, examples=cap, **how)


def cap_of(draft: Draft, at: At) -> int | None:
    """How many of the first rows are scored; None for all."""
    data, cap = draft.known.rows(at.task, at.split, at.language), draft.study.cap("evaluation_examples", at.task.name)
    return cap if cap and cap < data.rows else None


def _add(
    draft: Draft, encoder: Encoder, arm: str, at: At, score: Key, prepared: Prepared, model: Model, seen: str
) -> None:
    task, spec = at.task, draft.study.arms[arm]
    data, cap = draft.known.rows(task, at.split, at.language), cap_of(draft, at)
    untrained = task.type in UNTRAINED
    labelled = None if untrained else draft.known.training(task, task.train_language)
    guess = Predict(task.name, str(task.type), data, labelled=labelled, labels=task.labels, examples=cap)
    guess = replace(guess, revision=FLOORS.get(task.type, guess.revision))
    draft.cells.append(
        Cell(
            backbone=encoder.name,
            arm=arm,
            intermediate=said(draft.study, spec),
            intermediate_examples=sum(rows_of(share) for share in prepared.shares),
            subset_seed=spec.subset_seed,
            target=task.name,
            task_type=str(task.type),
            language=at.language,
            split=at.split,
            metric=at.metric,
            protocol=at.protocol,
            seed=at.seed,
            examples=cap or data.rows,
            updates=model.updates,
            score=score,
            floor=scored(draft, at, guess, f"{at}, floor", 0, pool=draft.known.pool(task)),
            baseline=draft.baselines.get((encoder.name, task.name, at.split, at.language, at.seed)),
            model=model.key,
            trainings=model.trainings,
            self_pair=_self_pair(draft, prepared.shares, task),
            seen=seen,
            intermediate_languages="+".join(dict.fromkeys(_languages_of(prepared.shares))),
        )
    )


def _languages_of(shares: Sequence[Share]) -> Iterator[str]:
    """The languages of labelled rows."""
    return (rows.language for share in shares if share.type != TaskType.MLM for rows in share.data)


def embedded(
    draft: Draft,
    encoder: Encoder,
    task: Task,
    pool: tuple[Rows, ...],
    model: Key | None,
    whose: str,
    how: Mapping[str, Any],
) -> tuple[Key, ...]:
    """The vectors of a ranking's candidates, once for the queries of all languages."""
    if not pool or model is None:
        return ()
    reads = {name: how[name] for name in ("max_length", "precision")}
    jobs = [Embed(task.name, str(task.type), rows, model, **reads) for rows in pool]
    names = [f"embed candidates of {task.name} {rows.language}, {whose}" for rows in pool]
    return tuple(draft.add(job, name, encoder.parameters) for job, name in zip(jobs, names, strict=True))


def _threshold(draft: Draft, at: At, job: Predict, search: Searching, whose: str, parameters: int) -> dict[str, Any]:
    """Where the threshold of ``job``'s score comes from, as fields of ``Score``."""
    if search.threshold != "validation":
        return {"threshold": search.threshold}
    if "validation" not in at.task.splits or not draft.known.has(at.task, "validation", at.language):
        raise Problem(
            f"no validation set in '{at.language}' on which a threshold could be chosen: state one, as in [retrieval] "
            "threshold = 1.06, or 'none'"
        )
    return _tuned(draft, replace(at, split="validation"), job, whose, parameters)


def _no_answer(draft: Draft, at: At, job: Predict, answering: Answering, whose: str, parameters: int) -> dict[str, Any]:
    """Where the no-answer threshold of ``job``'s score comes from, as fields of ``Score``."""
    if answering.language is None:
        return {} if answering.threshold == FIXED else {"threshold": answering.threshold}
    return _tuned(draft, replace(at, split="validation", language=answering.language), job, whose, parameters)


def _tuned(draft: Draft, there: At, job: Predict, whose: str, parameters: int) -> dict[str, Any]:
    """The same predictions of the rows ``there``, on which a threshold is chosen."""
    rows, cap = draft.known.rows(there.task, there.split, there.language), cap_of(draft, there)
    key = draft.add(replace(job, data=rows, examples=cap), f"predict {there}, {whose}", parameters)
    return {"tuned_on": Tuning(key, rows, cap)}


def scored(draft: Draft, at: At, job: Predict, label: str, parameters: int, **more: Any) -> Key:
    """The score of ``job``, predicted first."""
    prediction = draft.add(job, f"predict {label}", parameters)
    what = (job.task, job.type, at.metric, job.data, job.labels, job.examples)
    return draft.add(Score(prediction, *what, **more), f"score {label}", 0)


def _self_pair(draft: Draft, shares: Sequence[Share], task: Task) -> bool:
    """Whether an intermediate task trains on the data that the target trains on."""
    trained = [other for share in shares if (other := draft.known.tasks.get(share.task))]
    return any(other.name == task.name or bool(_lineage(other) & _lineage(task)) for other in trained)


def _lineage(task: Task) -> set[str]:
    return set(re.split(r"[\s,+]+", task.lineage)) - {""}


def _seen(language: str, encoder: Encoder, shares: Sequence[Share]) -> str:
    """What the language had before: labels in the intermediate or target phase, text in pretraining or beside it."""
    labelled = {part.language for share in shares if share.type != TaskType.MLM for part in share.data}
    plain = {part.language for share in shares if share.type == TaskType.MLM for part in share.data}
    kinds = ["labels"] if language in labelled else []
    if language in plain | encoder.text:
        kinds.append("text")
    return "+".join(kinds) or ("nothing" if encoder.whole else "unknown")
