"""From a study to its plan: resolve names and rows, check everything, produce each job once.

In: a ``Study``, a ``Source``, how to find a task by name and how to identify a backbone. Out: a ``Plan``, or one
``Problem`` with every mistake. The phases behind a score are one chain of ``Train`` jobs; chains that begin alike share
their beginning because equal jobs have equal keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from xstilts.catalogue.backbone import retrieval_layer
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.find import get_task
from xstilts.catalogue.task import Task, TaskType
from xstilts.study import defaults
from xstilts.study.identity import body_parameters, layers_of
from xstilts.study.identity import identify as identify_files
from xstilts.study.job import (
    Architecture,
    Embed,
    Job,
    Key,
    Phase,
    Predict,
    Rows,
    Score,
    Settings,
    Share,
    Start,
    Train,
    Vocabulary,
    key_of,
)
from xstilts.study.known import Find, Identify, Known
from xstilts.study.manifest import Cell, Cost, Plan
from xstilts.study.protocols import Places, Source
from xstilts.study.settings import evaluation_table, resolve, rows_of, settings_table
from xstilts.study.spec import Arm, Backbone, Stage, Study


def plan(study: Study, source: Source, find: Find = get_task, identify: Identify = identify_files) -> Plan:
    """The jobs and cells of ``study``. ``find`` looks up a task by its name, first among the study's own tasks.

    Raises ``Problem`` with every mistake that was found.
    """
    return _Planner(study, Known(study, source, find, identify)).plan()


def places_of(study: Study, plan: Plan, data: str | None = None) -> Places:
    """Where the jobs of ``plan`` find what they name."""
    return Places(data, study.world, study.tasks, plan.backbones, languages=study.own_languages)


@dataclass(frozen=True)
class _Encoder:
    """A backbone with its pretraining: where trainings start, and languages whose text it is known to have seen
    (``whole``: no others)."""

    name: str
    spec: Backbone
    start: Start
    parameters: int
    text: frozenset[str]
    whole: bool


@dataclass(frozen=True)
class _Prepared:
    """A backbone after an arm: where target trainings start, and what the intermediate phase was."""

    start: Start
    training: Key | None = None
    shares: tuple[Share, ...] = ()
    updates: int = 0


@dataclass(frozen=True)
class _Model:
    """What predicts: a training's key or a start used as it is; the trainings behind it, the target's share."""

    key: Key | None
    start: Start | None
    trainings: tuple[Key, ...]
    updates: int
    shares: tuple[Share, ...]


@dataclass
class _Planner:
    study: Study
    known: Known
    jobs: dict[Key, Job] = field(default_factory=dict)
    labels: dict[Key, str] = field(default_factory=dict)
    costs: dict[Key, Cost] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    baselines: dict[tuple[str, str, str, str, int], Key] = field(default_factory=dict)

    def plan(self) -> Plan:
        study, known = self.study, self.known
        targets = [task for name in study.targets if (task := known.task(name, "targets"))]
        targets = [task for task in targets if self.fits(task)]
        self.check_languages(targets)
        for name, arm in study.arms.items():
            self.intermediate(name, arm)
        encoders = [self.encoder(name, spec) for name, spec in study.backbones.items()]
        for encoder in filter(None, encoders):
            arms = {name: found for name, arm in study.arms.items() if (found := self.arm(encoder, name, arm))}
            for task in targets:
                with known.collect(f"target {task.name}"):
                    self.target(encoder, arms, task)
        if known.wrong:
            raise Problem(*known.wrong)
        return Plan(
            study=study.name,
            file=study.file,
            level=study.level,
            question=study.question,
            jobs=self.jobs,
            cells=tuple(self.cells),
            labels=self.labels,
            costs=self.costs,
            backbones=known.backbones,
            tasks={task.name: _shown(task) for task in known.tasks.values() if task},
            notes=(*known.notes, *known.sizes()),
            languages=study.own_languages,
        )

    def add(self, job: Job, label: str, parameters: int) -> Key:
        key = key_of(job)
        if key not in self.jobs:
            self.jobs[key], self.labels[key], self.costs[key] = job, label, _cost(job, parameters)
        return key

    # Backbones and their pretraining.

    def encoder(self, name: str, spec: Backbone) -> _Encoder | None:
        place, wrong = f"[backbones.{name}]", len(self.known.wrong)
        start = Start()
        stages = [self.stage(spec, stage, f"{place} pretraining") for stage in spec.pretraining]
        teachers: list[Start | None] = []
        with self.known.collect(place):
            start = self.origin(place, spec)
            teachers = [self.known.ready(stage.teacher) if stage.teacher else None for stage in spec.pretraining]
        if len(self.known.wrong) > wrong:
            return None
        parameters = _parameters(spec)
        for number, (shares, settings) in enumerate(stages, 1):
            label = f"pretraining {name}" + (f", stage {number}" if len(stages) > 1 else "")
            train = Train("pretraining", start, shares, settings, seed=0, teacher=teachers[number - 1])
            start = Start(job=self.add(train, label, parameters))
        text = frozenset(part.language for shares, _ in stages for share in shares for part in share.data)
        return _Encoder(name, spec, start, parameters, text, whole=spec.path is None)

    def origin(self, place: str, spec: Backbone) -> Start:
        """Where pretraining, or all else, begins."""
        ready = self.known.ready(spec.path) if spec.path else Start()
        if spec.vocabulary is None and spec.architecture is None:
            return replace(ready, layers=spec.layers)
        made = Architecture(**spec.architecture.model_dump()) if spec.architecture else None
        vocabulary = self.vocabulary(f"{place} vocabulary", spec)
        return replace(ready, architecture=made, vocabulary=vocabulary, layers=spec.layers)

    def vocabulary(self, place: str, spec: Backbone) -> Vocabulary:
        said = spec.vocabulary
        size = spec.architecture.vocabulary if spec.architecture else (said.size if said else None) or 0
        names = list(said.text) if said else []
        if not names:
            staged = dict.fromkeys(name for stage in spec.pretraining for name in stage.tasks)
            names = [name for name in staged if (task := self.known.task(name, place)) and task.type == TaskType.MLM]
        languages = said.languages if said else "all"
        text = tuple(rows for name in names for rows in self.known.text(name, place, languages))
        aligning = said.alignment if said else ()
        alignment = tuple(rows for name in aligning for rows in self.known.pairs(name, place, languages))
        if said is None:
            return Vocabulary(size, text)
        return Vocabulary(size, text, said.alpha, said.characters, alignment)

    def stage(self, spec: Backbone, stage: Stage, place: str) -> tuple[tuple[Share, ...], Settings]:
        tasks = [task for name in stage.tasks if (task := self.known.task(name, place))]
        shares: list[Share] = []
        for task in tasks:
            with self.known.collect(place):
                _check_trainable(task)
                languages = self.known.some(task, stage.languages)
                weight = stage.weights.get(task.name, 1.0) if stage.sampling == "given" else 1.0
                shares.append(self.known.share(task, languages, stage.examples, weight))
        settings = Settings(1, 1, 1.0)
        if len(shares) == len(stage.tasks):
            with self.known.collect(place):
                settings = self.settings(spec, "pretraining", tasks, shares, stage.settings())
        return tuple(shares), settings

    def settings(
        self,
        spec: Backbone,
        phase: Phase,
        tasks: Sequence[Task],
        shares: Sequence[Share],
        own: Mapping[str, Any],
        more: int = 0,
    ) -> Settings:
        """The settings of one training; ``more`` updates come on top."""
        tables = self.study.settings
        table = settings_table(spec.kind, phase, tasks, tables.of_phase(), tables.of_task(), [own])
        settings = resolve(table, shares, more)
        _check_length(spec, settings.max_length)
        return settings

    # Arms.

    def intermediate(self, name: str, arm: Arm) -> list[tuple[Task, Share]]:
        """The tasks of an arm's intermediate phase with their rows."""
        place = f"[arms.{name}] intermediate"
        found = []
        for task_name in arm.intermediate:
            if (task := self.known.task(task_name, place)) is None:
                continue
            with self.known.collect(place):
                _check_trainable(task)
                mlm = task.type == TaskType.MLM
                languages = self.known.languages(
                    task, "train", "all" if mlm else arm.languages or (task.train_language,)
                )
                caps = [cap for cap in (arm.examples, self.study.cap("train_examples", task_name)) if cap and not mlm]
                weight = arm.weights.get(task_name, 1.0) if arm.sampling == "given" else 1.0
                shuffled = arm.labels == "shuffled" and not mlm
                share = self.known.share(task, languages, min(caps, default=None), weight, arm.subset_seed, shuffled)
                found.append((task, share))
        return found

    def arm(self, encoder: _Encoder, name: str, arm: Arm) -> dict[int, _Prepared] | None:
        """The starting points of the target phase, by seed; None where something is wrong."""
        place, seeds = f"[arms.{name}]", self.study.seeds
        if arm.start:
            with self.known.collect(f"{place} start"):
                path = arm.start.get(encoder.name) if isinstance(arm.start, dict) else arm.start
                if path is None:
                    raise Problem(f"no checkpoint for the backbone '{encoder.name}'")
                return dict.fromkeys(seeds, _Prepared(self.known.ready(path)))
            return None
        if not arm.intermediate:
            return dict.fromkeys(seeds, _Prepared(encoder.start))
        pairs = self.intermediate(name, arm)
        if len(pairs) < len(arm.intermediate):
            return None
        shares = tuple(share for _, share in pairs)
        with self.known.collect(place):
            settings = self.settings(encoder.spec, "intermediate", [task for task, _ in pairs], shares, arm.settings())
            found: dict[int, _Prepared] = {}
            for seed in seeds:
                job = Train("intermediate", encoder.start, shares, settings, seed)
                key = self.add(job, f"intermediate {name}, {encoder.name}, seed {seed}", encoder.parameters)
                found[seed] = _Prepared(Start(job=key), key, shares, settings.updates)
            return found
        return None

    # Targets.

    def splits(self, task: Task) -> list[str]:
        return [split for split in self.study.splits if split in task.splits] or [task.evaluation_split]

    def fits(self, task: Task) -> bool:
        """Whether the task can be a target of this study; if not, why is noted."""
        with self.known.collect(f"target {task.name}"):
            if task.type == TaskType.MLM:
                raise Problem("masked language modelling can be trained on, but has no score")
            if task.parts or not task.metric:
                parts = f": score one of its parts ({', '.join(task.parts)})" if task.parts else ""
                raise Problem(f"it can be trained on, but has no score{parts}")
            if self.study.splits and not any(split in task.splits for split in self.study.splits):
                raise Problem(f"no split {' or '.join(self.study.splits)} (there is {', '.join(task.splits)})")
            if task.type != TaskType.RETRIEVAL:
                self.known.languages(task, "train", (task.train_language,))
            return True
        return False

    def check_languages(self, targets: Sequence[Task]) -> None:
        """Every language that the study names must belong to one of its targets."""
        named = () if self.study.languages in ("all", "every") or not targets else self.study.languages
        official = {code for task in targets for split in self.splits(task) for code in task.languages_of(split)}
        for language in named:
            if language not in official:
                with self.known.collect("languages"):
                    raise Problem(f"no target has '{language}'{nearest(language, official)} see: xstilts languages")

    def evaluated(self, task: Task, split: str) -> tuple[str, ...]:
        """Languages to score: the official ones that are there, every one that is there, or the named ones and the one
        the task trains in."""
        there, catalogued = self.known.there(task, split), task.languages_of(split)
        if self.study.languages == "every":
            return there
        if self.study.languages == "all":
            official = [language for language in catalogued if language in (*task.languages, task.train_language)]
            if lacking := [language for language in official if language not in there]:
                self.known.notes[f"{task.name} ({split}): no data here in {', '.join(lacking)}"] = None
            found = tuple(language for language in there if language in official)
            if not found:
                raise Problem(f"no data in an official language; name some of those there: {', '.join(there)}")
            return found
        named = {language for language in catalogued if language in self.study.languages}
        if not named:
            raise Problem(f"it has none of the languages {', '.join(self.study.languages)}")
        self.known.languages(task, split, tuple(sorted(named)))
        if task.type != TaskType.RETRIEVAL:
            named.add(task.train_language)
        return tuple(language for language in there if language in named)

    def target(self, encoder: _Encoder, arms: Mapping[str, Mapping[int, _Prepared]], task: Task) -> None:
        """Everything of one backbone and one target: trainings, predictions, scores, cells."""
        how = self.reading(encoder.spec, task)
        order = sorted(arms, key=lambda name: name != self.study.baseline)
        for arm, seed in product(order, self.study.seeds):
            model = self.model(encoder, arms, task, arm, seed)
            for split in self.splits(task):
                for language in self.evaluated(task, split):
                    self.known.check_apart((*arms[arm][seed].shares, *model.shares), task, split, language)
                    self.cell(encoder, arm, arms[arm][seed], task, model, (split, language, seed), how)

    def reading(self, spec: Backbone, task: Task) -> dict[str, Any]:
        """How predictions read examples: ``max_length``, ``stride``, ``precision`` and, for retrieval, ``layer``."""
        tables = self.study.settings
        how = evaluation_table(spec.kind, task, tables.of_phase(), tables.of_task())
        if task.type == TaskType.RETRIEVAL:
            if spec.architecture:
                how["max_length"] = min(how["max_length"], spec.architecture.positions - 2)
            layer = spec.retrieval_layer if spec.retrieval_layer is not None else self.study.retrieval_layer
            layers = spec.architecture.layers if spec.architecture else layers_of(str(spec.path))
            how["layer"] = retrieval_layer(spec.path or "", layers) if layer is None and layers else layer
        if task.no_answer:
            how["null_threshold"] = 0.0
        _check_length(spec, how["max_length"])
        return how

    def model(
        self, encoder: _Encoder, arms: Mapping[str, Mapping[int, _Prepared]], task: Task, arm: str, seed: int
    ) -> _Model:
        prepared, spec = arms[arm][seed], self.study.arms[arm]
        before = (prepared.training,) if prepared.training else ()
        if task.type == TaskType.RETRIEVAL:
            key = prepared.start.job
            return _Model(key, None if key else prepared.start, before, prepared.updates, ())
        share = self.known.share(task, (task.train_language,), self.study.cap("train_examples", task.name))
        more = arms[spec.matched][seed].updates if spec.matched and spec.matched in arms else 0
        settings = self.settings(encoder.spec, "target", [task], [share], spec.target.settings(), more)
        job = Train("target", prepared.start, (share,), settings, seed)
        key = self.add(job, f"target {task.name}, {arm}, {encoder.name}, seed {seed}", encoder.parameters)
        return _Model(key, None, (*before, key), prepared.updates + settings.updates, (share,))

    def cell(
        self,
        encoder: _Encoder,
        arm: str,
        prepared: _Prepared,
        task: Task,
        model: _Model,
        at: tuple[str, str, int],
        how: Mapping[str, Any],
    ) -> None:
        split, language, seed = at
        data, cap = self.known.rows(task, split, language), self.study.cap("evaluation_examples", task.name)
        cap = cap if cap and cap < data.rows else None
        what = (task.name, str(task.type), data)
        labelled = model.shares[0].data[0] if model.shares else None
        pool = self.known.pool(task)
        vectors = self.embedded(encoder, task, pool, model, f"{arm}, {encoder.name}, seed {seed}", how)
        job = Predict(
            *what,
            model=model.key,
            start=model.start,
            labels=task.labels,
            examples=cap,
            pool=pool,
            vectors=vectors,
            **how,
        )
        guess = Predict(*what, labelled=labelled, labels=task.labels, examples=cap)
        label = f"{task.name} {language} {split}"
        score = self.scored(task, job, f"{label}, {arm}, {encoder.name}, seed {seed}", encoder.parameters, pool)
        floor = self.scored(task, guess, f"{label}, floor", 0, pool)
        if arm == self.study.baseline:
            self.baselines[encoder.name, task.name, *at] = score
        self.cells.append(
            Cell(
                backbone=encoder.name,
                arm=arm,
                intermediate=self.study.arms[arm].intermediate,
                intermediate_examples=sum(rows_of(share) for share in prepared.shares),
                subset_seed=self.study.arms[arm].subset_seed,
                target=task.name,
                task_type=str(task.type),
                language=language,
                split=split,
                metric=task.metric,
                protocol=task.protocol,
                seed=seed,
                examples=cap or data.rows,
                updates=model.updates,
                score=score,
                floor=floor,
                baseline=self.baselines.get((encoder.name, task.name, *at)),
                model=model.key,
                trainings=model.trainings,
                self_pair=self.self_pair(prepared.shares, task),
                seen=_seen(language, encoder, (*prepared.shares, *model.shares)),
            )
        )

    def scored(self, task: Task, job: Predict, label: str, parameters: int, pool: tuple[Rows, ...]) -> Key:
        prediction = self.add(job, f"predict {label}", parameters)
        score = Score(prediction, task.name, str(task.type), task.metric, job.data, task.labels, job.examples, pool)
        return self.add(score, f"score {label}", 0)

    def embedded(
        self, encoder: _Encoder, task: Task, pool: tuple[Rows, ...], model: _Model, label: str, how: Mapping[str, Any]
    ) -> tuple[Key, ...]:
        """The vectors of a ranking's candidates, once for the queries of all languages."""
        if not pool or model.key is None:
            return ()
        reads = {name: how[name] for name in ("max_length", "precision")}
        jobs = [Embed(task.name, str(task.type), rows, model.key, **reads) for rows in pool]
        names = [f"embed candidates of {task.name} {rows.language}, {label}" for rows in pool]
        return tuple(self.add(job, name, encoder.parameters) for job, name in zip(jobs, names, strict=True))

    def self_pair(self, shares: Sequence[Share], task: Task) -> bool:
        """Whether an intermediate task trains on the data that the target trains on."""
        trained = [other for share in shares if (other := self.known.tasks.get(share.task))]
        return any(other.name == task.name or bool(_lineage(other) & _lineage(task)) for other in trained)


def _check_trainable(task: Task) -> None:
    if task.type == TaskType.RETRIEVAL:
        raise Problem(f"'{task.name}' is a retrieval task: nothing can be trained on it")


def _check_length(spec: Backbone, length: int) -> None:
    if spec.architecture and length > spec.architecture.positions - 2:
        most = spec.architecture.positions - 2
        raise Problem(f"max_length {length} is more than the architecture reads (positions - 2 = {most})")


def _lineage(task: Task) -> set[str]:
    return set(re.split(r"[\s,+]+", task.lineage)) - {""}


def _shown(task: Task) -> dict[str, Any]:
    names = ("title", "metric", "protocol", "train_language", "evaluation_split", "lineage", "licence", "notes")
    return {"type": str(task.type), **{name: getattr(task, name) for name in names}}


def _seen(language: str, encoder: _Encoder, shares: Sequence[Share]) -> str:
    """What the language had before: labels in the intermediate or target phase, text in pretraining or beside it."""
    labelled = {part.language for share in shares if share.type != TaskType.MLM for part in share.data}
    plain = {part.language for share in shares if share.type == TaskType.MLM for part in share.data}
    kinds = ["labels"] if language in labelled else []
    if language in plain | encoder.text:
        kinds.append("text")
    return "+".join(kinds) or ("nothing" if encoder.whole else "unknown")


def _parameters(spec: Backbone) -> int:
    """Weights without embeddings: per layer four h x h projections and two h x f."""
    if (made := spec.architecture) is None:
        return body_parameters(str(spec.path), spec.layers) or defaults.PARAMETERS[spec.kind]
    return made.layers * (4 * made.hidden * made.hidden + 2 * made.hidden * made.feedforward)


def _cost(job: Job, parameters: int) -> Cost:
    """Estimated from assumed tokens an example; training is three passes."""
    if isinstance(job, Score):
        return Cost(0, 0.0)
    if isinstance(job, Embed):
        tokens = job.data.rows * min(defaults.TOKENS[job.type], job.max_length)
        return Cost(tokens, 2.0 * parameters * tokens)
    if isinstance(job, Predict) and job.model is None and job.start is None:
        return Cost(0, 0.0)
    if isinstance(job, Predict):
        rows = min(job.examples or job.data.rows, job.data.rows)
        tokens = rows * min(defaults.TOKENS[job.type], job.max_length) * (2 if job.type == TaskType.RETRIEVAL else 1)
        return Cost(tokens, 2.0 * parameters * tokens)
    rows = sum(rows_of(share) for share in job.shares) or 1
    cut = job.settings.max_length
    mean = sum(rows_of(share) * min(defaults.TOKENS[share.type], cut) for share in job.shares) / rows
    tokens = int(job.settings.updates * job.settings.batch * mean)
    return Cost(tokens, 6.0 * parameters * tokens)
