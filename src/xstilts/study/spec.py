"""The study file: TOML in, a checked ``Study`` out.

In: a path or a shipped study's name, and a level. Out: ``Study``, or one ``Problem`` that lists every mistake with its
section and the nearest valid name. Whether names of tasks exist and data is there is asked later, by ``plan``.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Task
from xstilts.study.defaults import Size
from xstilts.study.mistakes import mistakes_of
from xstilts.study.own import languages_apart, own_tasks
from xstilts.study.searching import Retrieval
from xstilts.study.settings import layered

LEVELS = ("quick", "small", "full")

Positive = Annotated[int, Field(gt=0)]
Share01 = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Languages = Literal["all"] | Names


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Overrides(_Table):
    """Settings that a section states: the fields of ``job.Settings``, with ``epochs`` or ``updates``."""

    epochs: Above0 | None = None
    updates: Positive | None = None
    batch: Positive | None = None
    learning_rate: Above0 | None = None
    warmup: Share01 | None = None
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    clip: Above0 | None = None
    epsilon: Above0 | None = None
    beta2: Annotated[float, Field(gt=0, lt=1)] | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    max_length: Annotated[int, Field(ge=8)] | None = None
    stride: Positive | None = None
    precision: Literal["float32", "bfloat16"] | None = None
    sampling: Literal["proportional", "capped", "temperature", "uniform", "given"] | None = None
    cap: Positive | None = None
    temperature: Above0 | None = None
    alpha: Share01 | None = None
    masking: Annotated[float, Field(gt=0, lt=1)] | None = None
    embedding_rate: Above0 | None = None
    pooling: Literal["first", "mean"] | None = None
    freeze: Literal["nothing", "body", "embeddings"] | None = None

    @model_validator(mode="after")
    def _one_length(self) -> Overrides:
        if self.epochs is not None and self.updates is not None:
            raise ValueError("'epochs' and 'updates' exclude each other: keep one")
        return self

    def settings(self) -> dict[str, Any]:
        """What is stated here, as fields of ``Settings`` and ``epochs``."""
        return {name: value for name in Overrides.model_fields if (value := getattr(self, name)) is not None}


class Architecture(_Table):
    """``job.Architecture``, as a study writes it."""

    layers: Positive
    hidden: Positive
    heads: Positive
    feedforward: Positive
    vocabulary: Annotated[int, Field(ge=100)]
    positions: Annotated[int, Field(ge=16)] = 514

    @model_validator(mode="after")
    def _whole_heads(self) -> Architecture:
        if self.hidden % self.heads:
            raise ValueError(f"'hidden' ({self.hidden}) must be a multiple of 'heads' ({self.heads})")
        return self


class Vocabulary(_Table):
    """A tokenizer to be trained on ``text`` (tasks of type ``mlm``). With an architecture, the size is its own
    and the text, unless stated, that of the pretraining stages. ``alignment`` (tasks of type ``mlm`` or ``ranking``):
    the translations that give new embeddings their start, in the space of a ready body's or of an architecture's first
    random ones."""

    size: Annotated[int, Field(ge=100)] | None = None
    text: tuple[str, ...] = ()
    alignment: tuple[str, ...] = ()
    alpha: Share01 = 0.3
    characters: Positive = 20_000_000
    languages: Languages = "all"


class Stage(Overrides):
    """One stage of pretraining: tasks (of type ``mlm`` or ``ranking``), their languages, settings.

    ``teacher``: a ready encoder whose vectors of the candidates are learned by the rankings of this stage.
    """

    tasks: Names
    teacher: str | None = None
    languages: Languages = "all"
    examples: Positive | None = None
    weights: dict[str, Above0] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _weights_fit(self) -> Stage:
        if extra := set(self.weights) - set(self.tasks):
            raise ValueError(f"'weights' names {', '.join(sorted(extra))}, which 'tasks' does not")
        if self.sampling == "given" and set(self.weights) != set(self.tasks):
            raise ValueError("sampling 'given' needs 'weights' for every task")
        return self


class Backbone(_Table):
    """A ready encoder (``path``: a folder or hub name) or one to be made (``architecture``). ``size`` picks the default
    settings: by hidden size where it is made here, else ``large`` if the name says so, else ``small``. ``layers``: keep
    only the first ones of a ready encoder."""

    path: str | None = None
    layers: Positive | None = None
    architecture: Architecture | None = None
    vocabulary: Vocabulary | None = None
    pretraining: tuple[Stage, ...] = ()
    size: Size | None = None
    retrieval_layer: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Backbone:
        if (self.path is None) == (self.architecture is None):
            raise ValueError("say either 'path' (a folder or hub name) or 'architecture'")
        if self.architecture is not None and self.layers is not None:
            raise ValueError("'layers' belongs to a ready encoder: say 'architecture.layers'")
        if self.architecture is not None:
            text = self.vocabulary.text if self.vocabulary else ()
            if not text and not self.pretraining:
                raise ValueError("an 'architecture' needs text for its tokenizer: 'pretraining' or 'vocabulary.text'")
            if self.vocabulary and self.vocabulary.size not in (None, self.architecture.vocabulary):
                raise ValueError("'vocabulary.size' differs from the architecture's 'vocabulary': leave it out")
        elif self.layers is not None and not self.pretraining:
            raise ValueError("'layers' needs 'pretraining' stages, which make the shortened encoder whole again")
        elif self.vocabulary is not None:
            if self.vocabulary.size is None or not self.vocabulary.text:
                raise ValueError("a new vocabulary for a ready body needs 'size' and 'text'")
            if not self.pretraining:
                raise ValueError("a new vocabulary needs 'pretraining' stages that train its embeddings")
        return self

    @property
    def kind(self) -> Size:
        """Which default settings fit."""
        if self.size is not None:
            return self.size
        if self.architecture is not None:
            hidden = self.architecture.hidden
            return "tiny" if hidden < 512 else "small" if hidden < 1024 else "large"
        return "large" if "large" in str(self.path).rsplit("/", 1)[-1].lower() else "small"


class Arm(Overrides):
    """One way to prepare the backbone. The empty table is the baseline.

    Settings stated here hold for the intermediate phase, those in ``target`` for the target phase. ``start``: a ready
    checkpoint instead of an intermediate phase, or one for each backbone. ``matched``: no intermediate phase, but as
    many more target updates as the intermediate phase of that arm takes.
    """

    intermediate: tuple[str, ...] = ()
    languages: Languages | None = None
    examples: Positive | None = None
    subset_seed: Annotated[int, Field(ge=0)] = 0
    labels: Literal["given", "shuffled"] = "given"
    weights: dict[str, Above0] = Field(default_factory=dict)
    start: str | dict[str, str] | None = None
    matched: str | None = None
    target: Overrides = Overrides()

    @model_validator(mode="after")
    def _one_way(self) -> Arm:
        ways = [name for name in ("intermediate", "start", "matched") if getattr(self, name)]
        if len(ways) > 1:
            raise ValueError(f"{' and '.join(repr(way) for way in ways)} exclude each other: keep one")
        stated = self.model_fields_set - {"intermediate", "start", "matched", "target"}
        if stated and not self.intermediate:
            raise ValueError(f"{', '.join(sorted(stated))}: only of use with 'intermediate'")
        if len(set(self.intermediate)) < len(self.intermediate):
            raise ValueError("'intermediate' names a task twice")
        if extra := set(self.weights) - set(self.intermediate):
            raise ValueError(f"'weights' names {', '.join(sorted(extra))}, which 'intermediate' does not")
        if self.sampling == "given" and set(self.weights) != set(self.intermediate):
            raise ValueError("sampling 'given' needs 'weights' for every intermediate task")
        return self

    @property
    def baseline(self) -> bool:
        """Whether this arm does nothing."""
        return not (self.intermediate or self.start or self.matched or self.target.settings())


class SettingsTables(_Table):
    """``[settings.<phase>]`` and ``[settings.tasks.<name>]``."""

    pretraining: Overrides = Overrides()
    intermediate: Overrides = Overrides()
    target: Overrides = Overrides()
    tasks: dict[str, Overrides] = Field(default_factory=dict)

    def of_phase(self) -> dict[str, dict[str, Any]]:
        return {name: getattr(self, name).settings() for name in ("pretraining", "intermediate", "target")}

    def of_task(self) -> dict[str, dict[str, Any]]:
        return {name: table.settings() for name, table in self.tasks.items()}


class Study(_Table):
    """A study at one level. ``name``, ``file`` and ``level`` come from where it was read.

    ``languages``: those that are scored. ``all``: the official ones of each target; ``every``: all that have data here.
    ``retrieval``: how sentences find one another (docs/retrieval.md).
    """

    question: Annotated[str, Field(min_length=1)]
    default_level: Literal["quick", "small", "full"] = "full"
    world: dict[str, Any] = Field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    backbones: Annotated[dict[str, Backbone], Field(min_length=1)]
    arms: Annotated[dict[str, Arm], Field(min_length=1)]
    targets: Names
    languages: Literal["all", "every"] | Names = "all"
    own_languages: dict[str, dict[str, Any]] = Field(default_factory=dict)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0, 1, 2)
    splits: tuple[Literal["validation", "test"], ...] = ()
    settings: SettingsTables = SettingsTables()
    train_examples: Positive | dict[str, Positive] | None = None
    evaluation_examples: Positive | dict[str, Positive] | None = None
    retrieval_layer: Annotated[int, Field(ge=0)] | None = None
    retrieval: Retrieval = Retrieval()
    claims: tuple[str, ...] = ()

    name: str = ""
    file: str = ""
    level: str = "full"

    @model_validator(mode="after")
    def _names_fit(self) -> Study:
        wrong = list(self._wrong_names())
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _wrong_names(self) -> Iterator[str]:
        for name, arm in self.arms.items():
            if arm.matched and (arm.matched == name or not getattr(self.arms.get(arm.matched), "intermediate", ())):
                others = [other for other, table in self.arms.items() if table.intermediate]
                yield (
                    f"[arms.{name}] matched: '{arm.matched}' is not an arm with an intermediate phase"
                    f"{nearest(arm.matched, others)}"
                )
            for backbone in arm.start if isinstance(arm.start, dict) else ():
                if backbone not in self.backbones:
                    yield f"[arms.{name}] start: unknown backbone '{backbone}'{nearest(backbone, self.backbones)}"
        empty = [name for name, arm in self.arms.items() if arm.baseline]
        if len(empty) > 1:
            yield f"[arms]: {' and '.join(empty)} are both empty: one baseline is enough"
        used = {*self.targets, *(task for arm in self.arms.values() for task in arm.intermediate)}
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
        for field in ("targets", "seeds", "languages"):
            values = getattr(self, field)
            if not isinstance(values, str) and len(set(values)) < len(values):
                yield f"{field}: something is named twice"

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
        hint = nearest(name_or_path, known)
        raise Problem(f"unknown study '{name_or_path}'{hint} see: xstilts studies, or give the path of a .toml file")
    return known[name_or_path]


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` laid over ``base``, table by table; ``epochs`` and ``updates`` replace one another, as do the ways to
    say one cap (number or table)."""
    merged = copy.deepcopy(dict(base))
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else copy.deepcopy(value)
    if "epochs" in merged and "updates" in merged:
        kept = layered({"epochs": base.get("epochs"), "updates": base.get("updates")}, over)
        for name in ("epochs", "updates"):
            if name not in kept:
                del merged[name]
    return merged


def load(name_or_path: str, level: str | None = None) -> Study:
    """The study at ``level`` (None: the level the file names as its default).

    Every level of the file is checked, not only the one asked for. Raises ``Problem`` with all mistakes.
    """
    path = find(name_or_path)
    place = f"studies/{path.name}" if name_or_path in shipped() else name_or_path
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{place}: not a TOML file: {error}") from None
    return study_of(raw, path.stem, place, level)


def study_of(raw: Mapping[str, Any], name: str, place: str, level: str | None = None) -> Study:
    """A ``Study`` from the tables of its file; ``place`` names the file in messages."""
    base = languages_apart({key: value for key, value in raw.items() if key != "levels"})
    levels = raw.get("levels", {})
    wrong: list[str] = []
    if not isinstance(levels, dict):
        raise Problem(f"{place}: 'levels' must be a table of tables, as in [levels.quick]")
    for key in ("name", "file", "level"):
        if key in base:
            wrong.append(f"{place}: '{key}' is not for the file to say: leave it out")
            del base[key]
    for known in levels:
        if known not in LEVELS or not isinstance(levels[known], dict):
            hint = nearest(known, LEVELS) or f": levels are {', '.join(LEVELS)}"
            wrong.append(f"{place}, [levels.{known}]: unknown level{hint}")
    of_base = _mistakes(base, place)
    wrong += of_base
    checked = {
        known: merge(base, languages_apart(levels[known]))
        for known in levels
        if known in LEVELS and isinstance(levels[known], dict)
    }
    for known, tables in checked.items():
        wrong += [text for text in _mistakes(tables, f"{place}, [levels.{known}]") if text not in wrong]
        of_level = [_mistake.replace(place, f"{place}, [levels.{known}]", 1) for _mistake in of_base]
        wrong = [text for text in wrong if text not in of_level]
    chosen = level or str(base.get("default_level", "full"))
    if chosen not in LEVELS or (chosen != "full" and chosen not in levels):
        have = [known for known in LEVELS if known in levels or known == "full"]
        wrong.append(f"{place}: no level '{chosen}'{nearest(chosen, have)} (it has {', '.join(have)})")
    if wrong:
        raise Problem(*wrong)
    study = Study.model_validate({**checked.get(chosen, base), "name": name, "file": place, "level": chosen})
    study.own_tasks()
    return study


def _mistakes(tables: Mapping[str, Any], place: str) -> list[str]:
    try:
        study = Study.model_validate({**tables, "file": place})
    except ValidationError as error:
        return mistakes_of(error, Study, place)
    try:
        study.own_tasks()
    except Problem as problem:
        return list(problem.problems)
    return []
