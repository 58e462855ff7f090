"""From a study to its plan: resolve names and rows, check everything, produce each job once.

In: a ``Study``, a ``Source``, how to find a task by name and how to identify a backbone. Out: a ``Plan``, or one
``Problem`` with every mistake. The phases behind a row of the table are one chain of ``Train`` jobs; chains that begin
alike share their beginning because equal jobs have equal keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Task, TaskType
from xstilts.study import defaults
from xstilts.study.identity import identify as identify_folder
from xstilts.study.identity import known_as
from xstilts.study.job import (
    Architecture,
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
from xstilts.study.plan import Cell, Cost, Plan
from xstilts.study.protocols import Places, Source
from xstilts.study.settings import evaluation_table, resolve, rows_of, settings_table
from xstilts.study.spec import Arm, Backbone, Study

Find = Callable[[str], Task]
Identify = Callable[[str], str]


def plan(study: Study, source: Source, find: Find | None = None, identify: Identify = identify_folder) -> Plan:
    """The jobs and cells of ``study``. ``find`` looks up a task by name (the catalogue's, if not given); a study's own
    tasks come first. Raises ``Problem`` with every mistake that was found."""
    if find is None:
        from xstilts.catalogue.find import task as find
    return _Planner(study, source, find, identify).plan()


def places_of(study: Study, plan: Plan, data: str | None = None) -> Places:
    """Where the jobs of ``plan`` find what they name."""
    return Places(data=data, world=study.world, tasks=study.tasks, backbones=plan.backbones)


@dataclass(frozen=True)
class _Prepared:
    """A backbone with its pretraining: where trainings start, and what its text covered (None: not known)."""

    name: str
    spec: Backbone
    start: Start
    parameters: int
    text: frozenset[str] | None


@dataclass(frozen=True)
class _Ready:
    """A backbone after an arm: where target trainings start, what was trained on."""

    start: Start
    training: Key | None = None
    shares: tuple[Share, ...] = ()
    updates: int = 0


@dataclass
class _Planner:
    study: Study
    source: Source
    find: Find
    identify: Identify
    jobs: dict[Key, Job] = field(default_factory=dict)
    labels: dict[Key, str] = field(default_factory=dict)
    costs: dict[Key, Cost] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    backbones: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    own: dict[str, Task] = field(default_factory=dict)
    found: dict[str, Task | None] = field(default_factory=dict)
    rows_known: dict[tuple[str, str, str], Rows] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    unshared: int = 0

    def plan(self) -> Plan:
        study = self.study
        self.own = study.own_tasks()
        targets = [task for name in study.targets if (task := self.task(name, "targets"))]
        for task in targets:
            self.check_target(task)
        self.check_languages(targets)
        prepared = [found for name, spec in study.backbones.items() if (found := self.prepare(name, spec))]
        for backbone in prepared:
            ready = {name: found for name, arm in study.arms.items() if (found := self.ready(backbone, name, arm))}
            for task in targets:
                with self.collect(f"target {task.name}"):
                    self.target(backbone, ready, task)
        # An arm's own mistakes are found even where no backbone could be prepared.
        if not prepared:
            for name, arm in study.arms.items():
                self.shares(name, arm)
        if self.wrong:
            raise Problem(*self.wrong)
        used = [task for task in self.found.values() if task]
        return Plan(
            study=study.name,
            file=study.file,
            level=study.level,
            question=study.question,
            jobs=self.jobs,
            cells=tuple(self.cells),
            labels=self.labels,
            costs=self.costs,
            backbones=self.backbones,
            tasks={task.name: _shown(task) for task in used},
            notes=tuple(self.notes),
            unshared=self.unshared,
        )

    # What is asked of the source and the catalogue, with mistakes collected.

    @contextmanager
    def collect(self, place: str) -> Iterator[None]:
        try:
            yield
        except Problem as problem:
            for text in problem.problems:
                self.wrong[f"{self.study.file}, {place}: {text}"] = None

    def task(self, name: str, place: str) -> Task | None:
        if name not in self.found:
            self.found[name] = None
            with self.collect(place):
                self.found[name] = self.own[name] if name in self.own else self.look_up(name)
        return self.found[name]

    def look_up(self, name: str) -> Task:
        try:
            return self.find(name)
        except Problem:
            if hint := nearest(name, self.own):
                raise Problem(f"unknown task '{name}'{hint}") from None
            raise

    def rows(self, task: Task, split: str, language: str) -> Rows:
        at = (task.name, split, language)
        if at not in self.rows_known:
            self.rows_known[at] = self.source.rows(task, split, language)
        return self.rows_known[at]

    def available(self, task: Task, split: str) -> tuple[str, ...]:
        return self.source.languages(task, split)

    def identity(self, path: str) -> Start:
        if path not in self.identities:
            self.identities[path] = self.identify(path)
        name = known_as(path)
        other = self.backbones.setdefault(name, path)
        if other != path and self.identities[other] != self.identities[path]:
            raise Problem(f"'{other}' and '{path}' are different backbones of one name: rename one folder")
        return Start(backbone=name, checksum=self.identities[path])

    def add(self, job: Job, label: str, parameters: int) -> Key:
        key = key_of(job)
        self.unshared += 1
        if key not in self.jobs:
            self.jobs[key], self.labels[key], self.costs[key] = job, label, _cost(job, parameters)
        return key

    # The backbone.

    def prepare(self, name: str, spec: Backbone) -> _Prepared | None:
        place = f"[backbones.{name}]"
        before = len(self.wrong)
        start = Start()
        text: set[str] = set()
        with self.collect(place):
            start = self.origin(name, spec)
        stages = [self.stage(spec, stage, f"{place} pretraining") for stage in spec.pretraining]
        if len(self.wrong) > before:
            return None
        parameters = _parameters(spec)
        for number, (shares, settings) in enumerate(stages, 1):
            text.update(part.language for share in shares for part in share.data)
            label = f"pretraining {name}" + (f", stage {number}" if len(stages) > 1 else "")
            start = Start(job=self.add(Train("pretraining", start, shares, settings, seed=0), label, parameters))
        return _Prepared(name, spec, start, parameters, None if spec.path else frozenset(text))

    def origin(self, name: str, spec: Backbone) -> Start:
        """Where pretraining, or all else, begins."""
        vocabulary = spec.vocabulary
        if spec.architecture is None:
            ready = self.identity(str(spec.path))
            if vocabulary is None:
                return ready
            return Start(backbone=ready.backbone, checksum=ready.checksum, vocabulary=self.vocabulary(name, spec))
        built = Architecture(**spec.architecture.model_dump())
        return Start(architecture=built, vocabulary=self.vocabulary(name, spec))

    def vocabulary(self, name: str, spec: Backbone) -> Vocabulary:
        said = spec.vocabulary
        size = spec.architecture.vocabulary if spec.architecture else said.size if said else None
        names = said.text if said and said.text else tuple(dict.fromkeys(t for s in spec.pretraining for t in s.tasks))
        place = f"[backbones.{name}] vocabulary"
        text = [rows for task in names for rows in self.text(task, place)]
        alignment = [rows for task in (said.alignment if said else ()) for rows in self.text(task, place)]
        values = {"alpha": said.alpha, "characters": said.characters} if said else {}
        return Vocabulary(size=int(size or 0), text=tuple(text), alignment=tuple(alignment), **values)

    def text(self, name: str, place: str) -> list[Rows]:
        """All languages of a task of type ``mlm``; of other tasks in a pretraining stage, nothing."""
        task = self.task(name, place)
        if task is None or task.type != TaskType.MLM:
            return []
        return [self.rows(task, "train", language) for language in self.available(task, "train")]

    def stage(self, spec: Backbone, stage: Any, place: str) -> tuple[tuple[Share, ...], Settings]:
        tasks = [task for name in stage.tasks if (task := self.task(name, place))]
        shares: list[Share] = []
        for task in tasks:
            with self.collect(place):
                languages = self.languages_of(task, "train", stage.languages)
                shares.append(self.share(task, languages, stage.examples, stage.weights.get(task.name, 1.0)))
        settings = Settings(1, 1, 1.0)
        if shares and len(shares) == len(stage.tasks):
            with self.collect(place):
                settings = self.resolve(spec, "pretraining", tasks, shares, [stage.settings()])
        return tuple(shares), settings

    # Shares and settings.

    def languages_of(self, task: Task, split: str, wanted: Any) -> tuple[str, ...]:
        """The languages of ``split`` that are wanted and there. Raises ``Problem`` where one is not."""
        there = self.available(task, split)
        if not there:
            raise Problem(f"no data for '{task.name}' ({split}): see: xstilts data check {task.name}")
        if wanted == "all":
            return there
        if lacking := [language for language in wanted if language not in there]:
            raise Problem(
                f"'{task.name}' ({split}) has no data in {', '.join(lacking)}"
                f"{nearest(lacking[0], there)} (there are {', '.join(there)})"
            )
        return tuple(language for language in there if language in wanted)

    def share(
        self,
        task: Task,
        languages: tuple[str, ...],
        examples: int | None = None,
        weight: float = 1.0,
        subset_seed: int = 0,
        shuffled: bool = False,
    ) -> Share:
        """One task inside a training; a cap that cuts nothing is left out, so that it makes no other key."""
        if task.type == TaskType.RETRIEVAL:
            raise Problem(f"'{task.name}' is a retrieval task: nothing can be trained on it")
        data = tuple(self.rows(task, "train", language) for language in languages)
        cut = examples is not None and examples < sum(part.rows for part in data)
        return Share(
            task=task.name,
            type=str(task.type),
            data=data,
            labels=task.labels,
            examples=examples if cut else None,
            subset_seed=subset_seed if cut else 0,
            shuffled_labels=shuffled,
            weight=weight,
        )

    def resolve(
        self, spec: Backbone, phase: Phase, tasks: list[Task], shares: list[Share], own: list[Any], more: int = 0
    ) -> Settings:
        tables = self.study.settings
        table = settings_table(spec.kind, phase, tasks, tables.of_phase(), tables.of_task(), own)
        settings = resolve(table, shares, more)
        self.check_length(spec, settings.max_length)
        return settings

    def check_length(self, spec: Backbone, length: int) -> None:
        if spec.architecture and length > spec.architecture.positions - 2:
            raise Problem(
                f"max_length {length} is more than the architecture's positions - 2 = "
                f"{spec.architecture.positions - 2}: lower one or raise the other"
            )

    # The arm.

    def shares(self, name: str, arm: Arm) -> list[tuple[Task, Share]]:
        """The tasks of an intermediate phase with their rows."""
        found = []
        for task_name in arm.intermediate:
            task = self.task(task_name, f"[arms.{name}] intermediate")
            if task is None:
                continue
            with self.collect(f"[arms.{name}] intermediate"):
                mlm = task.type == TaskType.MLM
                wanted = "all" if mlm else arm.languages or (task.train_language,)
                languages = self.languages_of(task, "train", wanted)
                caps = [cap for cap in (arm.examples, self.study.cap("train_examples", task_name)) if cap]
                cap = min(caps) if caps and not mlm else None
                weight = arm.weights.get(task_name, 1.0) if arm.sampling == "given" else 1.0
                shuffled = arm.labels == "shuffled" and not mlm
                found.append((task, self.share(task, languages, cap, weight, arm.subset_seed, shuffled)))
        return found

    def ready(self, backbone: _Prepared, name: str, arm: Arm) -> dict[int, _Ready] | None:
        """The starting points of the target phase, by seed."""
        place = f"[arms.{name}]"
        seeds = self.study.seeds
        if arm.start:
            path = arm.start.get(backbone.name) if isinstance(arm.start, dict) else arm.start
            if path is None:
                with self.collect(f"{place} start"):
                    raise Problem(f"no checkpoint for backbone '{backbone.name}'")
                return None
            with self.collect(f"{place} start"):
                return {seed: _Ready(self.identity(path)) for seed in seeds}
            return None
        if not arm.intermediate:
            return {seed: _Ready(backbone.start) for seed in seeds}
        pairs = self.shares(name, arm)
        if len(pairs) < len(arm.intermediate):
            return None
        tasks, shares = [task for task, _ in pairs], [share for _, share in pairs]
        with self.collect(place):
            settings = self.resolve(backbone.spec, "intermediate", tasks, shares, [arm.settings()])
            found: dict[int, _Ready] = {}
            for seed in seeds:
                job = Train("intermediate", backbone.start, tuple(shares), settings, seed)
                key = self.add(job, f"intermediate {name}, {backbone.name}, seed {seed}", backbone.parameters)
                found[seed] = _Ready(Start(job=key), key, tuple(shares), settings.updates)
            return found
        return None

    # The target.

    def splits_of(self, task: Task) -> list[str]:
        return [split for split in self.study.splits if split in task.splits] or [task.evaluation_split]

    def check_target(self, task: Task) -> None:
        with self.collect("targets"):
            if task.type == TaskType.MLM:
                raise Problem(f"'{task.name}' is masked language modelling: it can be trained on, but has no score")
            if self.study.splits and not any(split in task.splits for split in self.study.splits):
                raise Problem(f"'{task.name}' has no split {' or '.join(self.study.splits)}")
            for split in self.splits_of(task):
                if split not in task.splits:
                    raise Problem(f"'{task.name}' has no split '{split}'")
            if task.type != TaskType.RETRIEVAL:
                self.languages_of(task, "train", (task.train_language,))

    def check_languages(self, targets: list[Task]) -> None:
        """Every language that the study names must belong to one of its targets."""
        if self.study.languages == "all" or not targets:
            return
        known = {language for task in targets for split in self.splits_of(task) for language in task.languages_of(split)}
        for language in self.study.languages:
            if language not in known:
                hint = nearest(language, known)
                self.wrong[f"{self.study.file}, languages: no target has '{language}'{hint} see: xstilts languages"] = None

    def evaluated(self, task: Task, split: str) -> tuple[str, ...]:
        """Languages to score: of the named ones those the task has officially, and the one it trains in."""
        there = self.available(task, split)
        if not there:
            raise Problem(f"no data for '{task.name}' ({split}): see: xstilts data check {task.name}")
        official = task.languages_of(split)
        if self.study.languages == "all":
            if lacking := [language for language in official if language not in there]:
                self.notes[f"{task.name} ({split}): no data here in {', '.join(lacking)}"] = None
            return there
        named = [language for language in official if language in self.study.languages]
        if lacking := [language for language in named if language not in there]:
            raise Problem(f"'{task.name}' ({split}) has no data in {', '.join(lacking)} (there are {', '.join(there)})")
        if not named:
            raise Problem(f"'{task.name}' has none of the languages {', '.join(self.study.languages)}")
        own = {task.train_language} if task.type != TaskType.RETRIEVAL else set()
        return tuple(language for language in there if language in {*named, *own})

    def target(self, backbone: _Prepared, ready: dict[str, dict[int, _Ready]], task: Task) -> None:
        spec, study = backbone.spec, self.study
        tables = study.settings
        how = evaluation_table(spec.kind, task, tables.of_phase(), tables.of_task())
        positions = spec.architecture.positions if spec.architecture else None
        if task.type == TaskType.RETRIEVAL and positions:
            how["max_length"] = min(how["max_length"], positions - 2)
        self.check_length(spec, how["max_length"])
        layer = spec.retrieval_layer if spec.retrieval_layer is not None else study.retrieval_layer
        if task.type != TaskType.RETRIEVAL:
            layer = None
        order = sorted(ready, key=lambda name: name != study.baseline)
        baseline: dict[tuple[str, str, int], Key] = {}
        for name, seed in product(order, study.seeds):
            model, start, trainings, updates, trained = self.trained(backbone, name, ready, task, seed)
            for split in self.splits_of(task):
                for language in self.evaluated(task, split):
                    data = self.rows(task, split, language)
                    cap = study.cap("evaluation_examples", task.name)
                    cap = cap if cap and cap < data.rows else None
                    labelled = trained[0].data[0] if trained else None
                    job = Predict(
                        task.name, str(task.type), data, model, start, None, task.labels, cap, layer=layer, **how
                    )
                    guess = Predict(task.name, str(task.type), data, None, None, labelled, task.labels, cap)
                    what = f"{task.name} {language} {split}"
                    score = self.score(task, job, f"{what}, {name}, {backbone.name}, seed {seed}", backbone.parameters)
                    floor = self.score(task, guess, f"{what}, floor", 0)
                    if name == study.baseline:
                        baseline[split, language, seed] = score
                    made = ready[name][seed]
                    self.cells.append(
                        Cell(
                            backbone=backbone.name,
                            arm=name,
                            intermediate=study.arms[name].intermediate,
                            intermediate_examples=sum(rows_of(share) for share in made.shares),
                            subset_seed=study.arms[name].subset_seed,
                            target=task.name,
                            task_type=str(task.type),
                            language=language,
                            split=split,
                            metric=task.metric,
                            protocol=task.protocol,
                            seed=seed,
                            examples=cap or data.rows,
                            updates=updates,
                            score=score,
                            floor=floor,
                            baseline=baseline.get((split, language, seed)),
                            model=model or (start.job if start else None),
                            trainings=trainings,
                            self_pair=self.self_pair(made.shares, task),
                            seen=_seen(language, backbone.text, (*made.shares, *trained)),
                        )
                    )

    def trained(
        self, backbone: _Prepared, arm: str, ready: dict[str, dict[int, _Ready]], task: Task, seed: int
    ) -> tuple[Key | None, Start | None, tuple[Key, ...], int, tuple[Share, ...]]:
        """The model that predicts (a training's key, or a start used as it is), what was trained, the target's share."""
        made = ready[arm][seed]
        before = (made.training,) if made.training else ()
        if task.type == TaskType.RETRIEVAL:
            if made.start.job:
                return made.start.job, None, before, made.updates, ()
            return None, made.start, before, made.updates, ()
        spec = self.study.arms[arm]
        cap = self.study.cap("train_examples", task.name)
        share = self.share(task, (task.train_language,), cap)
        matched = ready.get(spec.matched, {}).get(seed) if spec.matched else None
        settings = self.resolve(
            backbone.spec, "target", [task], [share], [spec.target.settings()], matched.updates if matched else 0
        )
        job = Train("target", made.start, (share,), settings, seed)
        key = self.add(job, f"target {task.name}, {arm}, {backbone.name}, seed {seed}", backbone.parameters)
        return key, None, (*before, key), made.updates + settings.updates, (share,)

    def score(self, task: Task, job: Predict, label: str, parameters: int) -> Key:
        prediction = self.add(job, f"predict {label}", parameters)
        score = Score(prediction, task.name, str(task.type), task.metric, job.data, task.labels, job.examples)
        return self.add(score, f"score {label}", 0)

    def self_pair(self, shares: tuple[Share, ...], task: Task) -> bool:
        """Whether an intermediate task trains on the data that the target trains on."""
        trained = [other for share in shares if (other := self.found.get(share.task))]
        return any(other.name == task.name or _lineage(other) & _lineage(task) for other in trained)


def _lineage(task: Task) -> set[str]:
    return set(re.split(r"[\s,+]+", task.lineage)) - {""}


def _shown(task: Task) -> dict[str, Any]:
    names = ("title", "metric", "protocol", "train_language", "evaluation_split", "lineage", "licence", "notes")
    return {"type": str(task.type), **{name: getattr(task, name) for name in names}}


def _seen(language: str, text: frozenset[str] | None, shares: tuple[Share, ...]) -> str:
    """What the language had before: labels in the intermediate or target phase, text in pretraining or beside it."""
    labelled = {part.language for share in shares if share.type != TaskType.MLM for part in share.data}
    plain = {part.language for share in shares if share.type == TaskType.MLM for part in share.data}
    kinds = ["labels"] if language in labelled else []
    if language in plain or (text is not None and language in text):
        kinds.append("text")
    return "+".join(kinds) or ("unknown" if text is None else "nothing")


def _parameters(spec: Backbone) -> int:
    """Weights without embeddings: per layer four h x h projections and two h x f."""
    if (made := spec.architecture) is None:
        return defaults.PARAMETERS[spec.kind]
    return made.layers * (4 * made.hidden * made.hidden + 2 * made.hidden * made.feedforward)


def _cost(job: Job, parameters: int) -> Cost:
    """Estimated from assumed tokens an example; training is three passes."""
    if isinstance(job, Score):
        return Cost(0, 0.0)
    if isinstance(job, Predict):
        rows = min(job.examples or job.data.rows, job.data.rows)
        tokens = rows * min(defaults.TOKENS[job.type], job.max_length) * (2 if job.type == TaskType.RETRIEVAL else 1)
        return Cost(tokens, 2.0 * parameters * tokens)
    total = sum(rows_of(share) for share in job.shares) or 1
    mean = sum(rows_of(share) * min(defaults.TOKENS[share.type], job.settings.max_length) for share in job.shares) / total
    tokens = int(job.settings.updates * job.settings.batch * mean)
    return Cost(tokens, 6.0 * parameters * tokens)
