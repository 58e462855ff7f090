"""The study file: TOML in, a checked ``Study`` out.

In: a path or a shipped study's name, a level and a variant. Out: ``Study``, or one ``Problem`` that lists every mistake
with its section and the nearest valid name. Whether names of tasks exist and data is there is asked later, by ``plan``;
where there is no later, unknown names are told with the other mistakes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from xstilts.catalogue.claim import Claim, own_claims
from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Task
from xstilts.study.answering import Threshold
from xstilts.study.arm_table import Arm
from xstilts.study.backbone_table import Backbone
from xstilts.study.evidence import Evidence
from xstilts.study.forms import Tables, choose
from xstilts.study.misnamed import with_unknown_names
from xstilts.study.mistakes import mistakes_of
from xstilts.study.overlap import Exclude
from xstilts.study.own import own_tasks
from xstilts.study.search_table import RateSearch
from xstilts.study.searching import Retrieval
from xstilts.study.settings import merge
from xstilts.study.table import Names, Natural, Overrides, Positive, Table

_OURS = ("name", "file", "level")


class SettingsTables(Table):
    """``[settings.<phase>]`` and ``[settings.tasks.<name>]``."""

    pretraining: Overrides = Overrides()
    intermediate: Overrides = Overrides()
    target: Overrides = Overrides()
    tasks: dict[str, Overrides] = Field(default_factory=dict)

    def of_phase(self) -> dict[str, dict[str, Any]]:
        return {name: getattr(self, name).settings() for name in ("pretraining", "intermediate", "target")}

    def of_task(self) -> dict[str, dict[str, Any]]:
        return {name: table.settings() for name, table in self.tasks.items()}


class Study(Table):
    """A study in one form. ``name``, ``file`` and ``level`` come from where it was read.

    ``languages``: those that are scored. ``all``: the official ones of each target; ``every``: all that have data here.
    ``analyses``: what the report tells beside the scores; whether they exist is asked by whoever knows them.
    ``groups``: sets of languages, by name, that analyses tell apart, such as those with little text.
    ``exclude_overlap``: training rows that are left out, because they have a text that is scored (``equal``) or nearly
    one (``near``).
    ``retrieval``: how sentences find one another (docs/retrieval.md).
    ``search``: learning rates that every arm tries before its target phase.
    ``no_answer_threshold``: from where on a question that may have no answer counts as having none: chosen on
    ``validation`` rows with labels, or a number.
    """

    question: Annotated[str, Field(min_length=1)]
    default_level: Literal["ci", "quick", "small", "full"] = "full"
    world: dict[str, Any] = Field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    backbones: Annotated[dict[str, Backbone], Field(min_length=1)]
    arms: Annotated[dict[str, Arm], Field(min_length=1)]
    targets: Names
    languages: Literal["all", "every"] | Names = "all"
    own_languages: dict[str, dict[str, Any]] = Field(default_factory=dict)
    seeds: Annotated[tuple[Natural, ...], Field(min_length=1)] = (0, 1, 2)
    splits: tuple[Literal["validation", "test"], ...] = ()
    settings: SettingsTables = SettingsTables()
    train_examples: Positive | dict[str, Positive] | None = None
    evaluation_examples: Positive | dict[str, Positive] | None = None
    exclude_overlap: Exclude = "nothing"
    retrieval_layer: Natural | None = None
    retrieval: Retrieval = Retrieval()
    search: RateSearch | None = None
    no_answer_threshold: Threshold = "validation"
    claims: tuple[dict[str, Any], ...] = ()
    analyses: tuple[str, ...] = ()
    groups: dict[str, Names] = Field(default_factory=dict)
    evidence: Evidence = Evidence()

    name: str = ""
    file: str = ""
    level: str = "full"

    @model_validator(mode="before")
    @classmethod
    def _alike(cls, tables: Any) -> Any:
        """Backbones that are ``like`` another: their tables lie over the other's."""
        if not isinstance(tables, Mapping) or not isinstance(found := tables.get("backbones"), Mapping):
            return tables
        made = {}
        for name, table in found.items():
            made[name] = table
            if isinstance(table, Mapping) and "like" in table:
                other = found.get(str(table["like"]))
                if not isinstance(other, Mapping) or "like" in other:
                    others = [one for one, its in found.items() if isinstance(its, Mapping) and "like" not in its]
                    raise ValueError(
                        f"[backbones.{name}] like: '{table['like']}' is no backbone with a table of its own"
                        f"{nearest(str(table['like']), others)}"
                    )
                made[name] = merge(other, {field: value for field, value in table.items() if field != "like"})
        return {**tables, "backbones": made}

    @model_validator(mode="after")
    def _names_fit(self) -> Study:
        wrong = list(self._wrong_names())
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _wrong_names(self) -> Iterator[str]:
        for name, arm in self.arms.items():
            yield from (f"[arms.{name}] {text}" for text in self._wrong_in(name, arm))
        empty = [name for name, arm in self.arms.items() if arm.baseline]
        if len(empty) > 1:
            yield f"[arms]: {' and '.join(empty)} are both empty: one baseline is enough"
        used = {*self.targets, *(task for arm in self.arms.values() for task in arm.tasks())}
        stages = [stage for backbone in self.backbones.values() for stage in backbone.pretraining]
        used.update(task for stage in stages for task in stage.tasks)
        tables: dict[str, Mapping[str, Any]] = {"settings.tasks": self.settings.tasks}
        for field in ("train_examples", "evaluation_examples"):
            if isinstance(caps := getattr(self, field), dict):
                tables[field] = caps
        for place, table in tables.items():
            for task in table:
                if task not in used:
                    yield f"[{place}] {task}: no task of this study{nearest(task, used)}"
        if self.search is not None:
            yield from self._wrong_search(self.search)
        for field in ("targets", "seeds", "languages", "analyses"):
            values = getattr(self, field)
            if not isinstance(values, str) and len(set(values)) < len(values):
                yield f"{field}: something is named twice"

    def _wrong_in(self, name: str, arm: Arm) -> Iterator[str]:
        """What an arm names that the study does not have."""
        if arm.matched and (arm.matched == name or arm.matched not in self.arms or not self.arms[arm.matched].prepares):
            others = [other for other, table in self.arms.items() if table.prepares]
            hint = nearest(arm.matched, others)
            yield f"matched: '{arm.matched}' is not an arm with an intermediate phase{hint}"
        for backbone in arm.start if isinstance(arm.start, dict) else ():
            if backbone not in self.backbones:
                yield f"start: unknown backbone '{backbone}'{nearest(backbone, self.backbones)}"
        for added in arm.add:
            trained = [each for each, table in self.arms.items() if table.steps and not table.add and each != name]
            if added not in trained:
                yield f"add: '{added}' is not an arm with trainings of its own{nearest(added, trained)}"
        if (other := arm.target.rate_of) is not None:
            yield from self._wrong_rate_of(name, other)
        named = [("targets", arm.targets or ())]
        for field in ("translate_train", "few_shot"):
            if (said := getattr(arm.target, field)) is not None:
                named.append((f"target.{field}.tasks", tuple(said.tasks)))
        for place, targets in named:
            for target in targets:
                if target not in self.targets:
                    yield f"{place}: '{target}' is no target of this study{nearest(target, self.targets)}"

    def _wrong_search(self, search: RateSearch) -> Iterator[str]:
        if search.seed in self.seeds:
            yield f"[search] seed: {search.seed} is one of 'seeds', whose results are reported: take another"
        for target in search.learning_rate if isinstance(search.learning_rate, dict) else ():
            if target not in self.targets:
                yield f"[search] learning_rate: '{target}' is no target of this study{nearest(target, self.targets)}"

    def _wrong_rate_of(self, name: str, other: str) -> Iterator[str]:
        """What is wrong with the arm ``other``, whose learning rate the arm ``name`` takes."""
        if self.search is None:
            yield "target.rate_of: no rate is searched: it needs [search]"
        if self.arms[name].target.learning_rate is not None:
            yield "target.rate_of and target.learning_rate exclude each other: keep one"
        searched = [arm for arm, table in self.arms.items() if table.searched and arm != name]
        if other not in searched:
            yield f"target.rate_of: '{other}' is not an arm whose rate is searched{nearest(other, searched)}"

    @property
    def trained_seeds(self) -> tuple[int, ...]:
        """The seeds that are reported, and that of the search for learning rates."""
        return (*self.seeds, *((self.search.seed,) if self.search else ()))

    @property
    def baseline(self) -> str | None:
        """The name of the arm that does nothing."""
        return next((name for name, arm in self.arms.items() if arm.baseline), None)

    def cap(self, which: Literal["train_examples", "evaluation_examples"], task: str) -> int | None:
        """The cap on the rows of ``task``, if there is one."""
        caps = getattr(self, which)
        found: int | None = caps.get(task) if isinstance(caps, dict) else caps
        return found

    def own_tasks(self) -> dict[str, Task]:
        """The tasks of ``[tasks]``, checked. Raises ``Problem`` with every mistake in them and in ``[languages]``."""
        return own_tasks(self.tasks, self.own_languages, self.file)

    def own_claims(self) -> dict[str, Claim]:
        """The claims of ``[[claims]]``, checked. Raises ``Problem`` with every mistake in them."""
        return own_claims(self.claims, self.file, self.arms, self.targets, tuple(self.groups))


def shipped() -> dict[str, Path]:
    """The studies of the package, by name."""
    folder = Path(str(files("xstilts"))) / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find(name_or_path: str) -> Path:
    """The study file that is meant. Raises ``Problem`` with the nearest name."""
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if path.is_file():
            return path
        raise Problem(f"no study file '{name_or_path}': check the path, or make one with: xstilts init")
    known = shipped()
    if name_or_path not in known:
        file = f"./{name_or_path}.toml"
        hint = f": did you mean '{file}'?" if Path(file).is_file() else nearest(name_or_path, known) or "."
        raise Problem(f"unknown study '{name_or_path}'{hint} see: xstilts studies, or give the path of a .toml file")
    return known[name_or_path]


def read(name_or_path: str) -> tuple[dict[str, Any], str]:
    """The tables of a study file, and its name in messages. Raises ``Problem`` where it is no TOML file."""
    path = find(name_or_path)
    place = f"studies/{path.name}" if name_or_path in shipped() else name_or_path
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), place
    except (ValueError, RecursionError) as error:
        raise Problem(f"{place}: not a TOML file: {error}") from None


def load(name_or_path: str, level: str | None = None, variant: str | None = None) -> Study:
    """The study at ``level`` in ``variant`` (None: those that the file names as its defaults).

    Every form of the file is checked, not only the one asked for. Raises ``Problem`` with all mistakes.
    """
    raw, place = read(name_or_path)
    try:
        return study_of(raw, find(name_or_path).stem, place, level, variant)
    except Problem as problem:
        raise Problem(*with_unknown_names(raw, place, problem.problems)) from None


def study_of(raw: Tables, name: str, place: str, level: str | None = None, variant: str | None = None) -> Study:
    """A ``Study`` from the tables of its file; ``place`` names the file in messages. A study with variants is called
    ``name+variant``."""
    told = [f"{place}: '{key}' is not for the file to say: leave it out" for key in _OURS if key in raw]
    said = {key: value for key, value in raw.items() if key not in _OURS}
    try:
        chosen = choose(said, place, level, variant, _mistakes)
    except Problem as problem:
        raise Problem(*told, *problem.problems) from None
    if told:
        raise Problem(*told)
    called = f"{name}+{chosen.variant}" if chosen.variant else name
    study = Study.model_validate({**chosen.tables, "name": called, "file": place, "level": chosen.level})
    study.own_tasks()
    study.own_claims()
    return study


def _mistakes(tables: Tables, place: str) -> list[str]:
    try:
        study = Study.model_validate({**tables, "file": place})
    except ValidationError as error:
        return mistakes_of(error, Study, place)
    wrong: list[str] = []
    for check in (study.own_tasks, study.own_claims):
        try:
            check()
        except Problem as problem:
            wrong += problem.problems
    return wrong
