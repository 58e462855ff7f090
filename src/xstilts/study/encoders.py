"""What every arm begins with: a backbone, ready or made anew, and its pretraining.

In: a ``[backbones.NAME]`` table. Out: ``Encoder``, with a ``Train`` job a stage in the draft; mistakes are collected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xstilts.catalogue.task import TaskType
from xstilts.study.backbone_table import Backbone, Stage
from xstilts.study.cost import parameters_of
from xstilts.study.draft import Draft, check_trainable
from xstilts.study.job import Architecture, Settings, Share, Start, Train, Vocabulary


@dataclass(frozen=True)
class Encoder:
    """A backbone with its pretraining: where trainings start, and languages whose text it is known to have seen
    (``whole``: no others)."""

    name: str
    spec: Backbone
    start: Start
    parameters: int
    text: frozenset[str]
    whole: bool


def encoder(draft: Draft, name: str, spec: Backbone) -> Encoder | None:
    """The backbone of this name; None where something is wrong with it."""
    known = draft.known
    place, wrong = f"[backbones.{name}]", len(known.wrong)
    start = Start()
    stages = [_stage(draft, spec, stage, f"{place} pretraining") for stage in spec.pretraining]
    teachers: list[Start | None] = []
    with known.collect(place):
        start = _origin(draft, place, spec)
        teachers = [known.ready(stage.teacher) if stage.teacher else None for stage in spec.pretraining]
    if len(known.wrong) > wrong:
        return None
    parameters = parameters_of(spec)
    for number, (shares, settings) in enumerate(stages, 1):
        label = f"pretraining {name}" + (f", stage {number}" if len(stages) > 1 else "")
        train = Train("pretraining", start, shares, settings, seed=0, teacher=teachers[number - 1])
        start = Start(job=draft.add(train, label, parameters))
    text = frozenset(part.language for shares, _ in stages for share in shares for part in share.data)
    return Encoder(name, spec, start, parameters, text, whole=spec.path is None)


def _origin(draft: Draft, place: str, spec: Backbone) -> Start:
    """Where pretraining, or all else, begins."""
    ready = draft.known.ready(spec.path) if spec.path else Start()
    if spec.vocabulary is None and spec.architecture is None:
        return replace(ready, layers=spec.layers)
    made = Architecture(**spec.architecture.model_dump()) if spec.architecture else None
    vocabulary = _vocabulary(draft, f"{place} vocabulary", spec)
    return replace(ready, architecture=made, vocabulary=vocabulary, layers=spec.layers)


def _vocabulary(draft: Draft, place: str, spec: Backbone) -> Vocabulary:
    known, said = draft.known, spec.vocabulary
    size = spec.architecture.vocabulary if spec.architecture else (said.size if said else None) or 0
    names = list(said.text) if said else []
    if not names:
        staged = dict.fromkeys(name for stage in spec.pretraining for name in stage.tasks)
        names = [name for name in staged if (task := known.task(name, place)) and task.type == TaskType.MLM]
    languages = said.languages if said else "all"
    text = tuple(rows for name in names for rows in known.text(name, place, languages))
    aligning = said.alignment if said else ()
    alignment = tuple(rows for name in aligning for rows in known.pairs(name, place, languages))
    if said is None:
        return Vocabulary(size, text)
    return Vocabulary(size, text, said.alpha, said.characters, alignment)


def _stage(draft: Draft, spec: Backbone, stage: Stage, place: str) -> tuple[tuple[Share, ...], Settings]:
    known = draft.known
    tasks = [task for name in stage.tasks if (task := known.task(name, place))]
    shares: list[Share] = []
    for task in tasks:
        with known.collect(place):
            check_trainable(task)
            languages = known.some(task, stage.languages)
            weight = stage.weights.get(task.name, 1.0) if stage.sampling == "given" else 1.0
            shares.append(known.share(task, languages, stage.examples, weight))
    settings = Settings(1, 1, 1.0)
    if len(shares) == len(stage.tasks):
        with known.collect(place):
            settings = draft.settings(spec, "pretraining", tasks, shares, [stage.settings()])
    return tuple(shares), settings
