"""What a study names, looked up once: tasks, rows, languages, backbones.

In: a ``Study``, a ``Source``, how to find a task and how to identify a backbone. Out: ``Known``, which answers or
raises ``Problem``, and keeps the mistakes that ``plan`` reports together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import CANDIDATES, Task, TaskType
from xstilts.study import defaults
from xstilts.study.identity import UNKNOWN, known_as
from xstilts.study.job import Rows, Share, Start, Translations
from xstilts.study.protocols import Given, Source
from xstilts.study.spec import Study
from xstilts.study.table import Languages

Find = Callable[[str, Mapping[str, Task]], Task]
Identify = Callable[[str], str]


@dataclass(frozen=True)
class _Collect:
    wrong: dict[str, None]
    place: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Problem):
            self.wrong.update(dict.fromkeys(f"{self.place}: {text}" for text in error.problems))
            return True
        return False


@dataclass
class Known:
    """The answers so far, and ``wrong``: every mistake, in the order of discovery."""

    study: Study
    source: Source
    find: Find
    identify: Identify
    wrong: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    tasks: dict[str, Task | None] = field(default_factory=dict)
    backbones: dict[str, str] = field(default_factory=dict)
    predictions: dict[str, str] = field(default_factory=dict)
    scored: tuple[Rows, ...] = ()
    _own: dict[str, Task] = field(default_factory=dict)
    _apart: dict[Rows, Rows] = field(default_factory=dict)
    _rows: dict[tuple[str, str, str], Rows] = field(default_factory=dict)
    _there: dict[tuple[str, str, tuple[str, ...] | None], tuple[str, ...]] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
    _given: dict[tuple[str, Rows, int | None], Given] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._own = self.study.own_tasks()

    def collect(self, place: str) -> _Collect:
        """Inside it, a ``Problem`` is kept with its place instead of raised."""
        return _Collect(self.wrong, f"{self.study.file}, {place}")

    def task(self, name: str, place: str) -> Task | None:
        """The task of this name: the study's own, else the catalogue's; None, noted once, where there is none."""
        if name not in self.tasks:
            self.tasks[name] = None
            with self.collect(place):
                self.named(name)
        return self.tasks[name]

    def named(self, name: str) -> Task:
        """``task``, but a name that is unknown is raised."""
        if (found := self.tasks.get(name)) is None:
            found = self.tasks[name] = self._found(name)
        return found

    def _found(self, name: str) -> Task:
        return self.source.settled(self._own.get(name) or self.find(name, self._own))

    def parts(self, task: Task) -> list[Task]:
        """The tasks whose training rows ``task`` trains on. Raises ``Problem`` naming those without any."""
        parts = [self._found(name) for name in task.parts]
        if lacking := [part.name for part in parts if not self.source.languages(part, "train")]:
            have = ", ".join(part.name for part in parts if part.name not in lacking) or "none"
            raise Problem(f"'{task.name}' is made of several sets: no data for {', '.join(lacking)} (there is {have})")
        return parts or [task]

    def rows(self, task: Task, split: str, language: str) -> Rows:
        """``Source.rows``, asked once."""
        at = (task.name, split, language)
        if at not in self._rows:
            self._rows[at] = self.source.rows(task, split, language)
        return self._rows[at]

    def tokens(self, data: Sequence[Rows], kind: str) -> float:
        """Mean tokens of a row of a task type in ``data``, cut nowhere; the type's usual ones where nobody knows."""
        sizes = [(rows.rows, self.source.tokens(rows) or defaults.TOKENS[kind]) for rows in data]
        return math.fsum(count * each for count, each in sizes) / max(1, sum(count for count, _ in sizes))

    def training(self, task: Task, language: str, split: str = "train") -> Rows:
        """The rows of ``task`` to train on; where the study says so, without those that are ``scored``, too."""
        rows, how = self.rows(task, split, language), self.study.exclude_overlap
        if how == "nothing":
            return rows
        if rows not in self._apart:
            self._apart[rows] = left = self.source.apart(rows, self.scored, how == "near")
            if less := rows.rows - left.rows:
                why = "they are scored, too" + (", or nearly" if how == "near" else "")
                place = f"{task.name} ({split}, {language})"
                self.notes[f"{place}: {less:,} of {rows.rows:,} rows are left out, because {why}"] = None
        return self._apart[rows]

    def sizes(self) -> list[str]:
        """A line for each split, among those asked for, whose sets are not as large as the official ones."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for (name, split, language), rows in self._rows.items():
            task = self.tasks.get(name) or self.find(name, self._own)
            if official := task.splits[split].official.get(language):
                found.setdefault((name, split), []).append((rows.rows, official))
        return [
            f"{name} ({split}): {sum(here for here, _ in sets):,} rows here, {sum(size for _, size in sets):,} in the "
            f"official set{f's of the same {len(sets)} languages' if len(sets) > 1 else ''}"
            for (name, split), sets in found.items()
            if any(here != size for here, size in sets)
        ]

    def stand_ins(self) -> list[str]:
        """A line for each task that stands in for another."""
        found = [task for task in self.tasks.values() if task and task.in_place_of]
        return [
            f"{task.name} stands in for {task.in_place_of}, whose scores its own do not compare with" for task in found
        ]

    def pool(self, task: Task) -> tuple[Rows, ...]:
        """The candidates of a ranking in every language that has some, whatever languages are asked; none for a task
        of another type."""
        if CANDIDATES not in task.splits:
            return ()
        there = self.there(task, CANDIDATES)
        if lacking := [code for code in task.languages_of(CANDIDATES) if code not in there]:
            self.notes[
                f"{task.name} (candidates): none here in {', '.join(lacking)}, so that the pool is smaller than the "
                "official one and scores do not compare with it"
            ] = None
        return tuple(self.rows(task, CANDIDATES, language) for language in there)

    def has(self, task: Task, split: str, language: str) -> bool:
        """Whether there are rows of this split in this language."""
        try:
            return language in self._among(task, split, (language,))
        except Problem:
            return False

    def there(self, task: Task, split: str) -> tuple[str, ...]:
        """Languages with rows. Raises ``Problem`` where there are none."""
        if found := self._among(task, split, None):
            return found
        raise Problem(f"no data for '{task.name}' ({split}): {task.to_get or f'see: xstilts data check {task.name}'}")

    def _among(self, task: Task, split: str, wanted: Collection[str] | None) -> tuple[str, ...]:
        """Languages with rows, of ``wanted`` ones alone: what nobody wants is not asked for, which may be far away."""
        at = (task.name, split, None if wanted is None else tuple(sorted(wanted)))
        if at not in self._there and task.parts and split == "train":
            parts = [self._among(part, split, wanted) for part in self.parts(task)]
            self._there[at] = tuple(code for code in task.languages if all(code in there for there in parts))
        if at not in self._there:
            self._there[at] = self.source.languages(task, split, wanted) if split in task.splits else ()
        return self._there[at]

    def languages(self, task: Task, split: str, wanted: Languages) -> tuple[str, ...]:
        """Those of the languages with rows that are wanted. Raises ``Problem`` where a wanted one has none."""
        if wanted == "all":
            return self.there(task, split)
        found = self._among(task, split, wanted)
        if lacking := [language for language in wanted if language not in found]:
            there = self.there(task, split)
            raise Problem(
                f"'{task.name}' ({split}) has no data in {', '.join(lacking)}"
                f"{nearest(lacking[0], there)} (there is {', '.join(there)})"
            )
        return found

    def some(self, task: Task, wanted: Languages) -> tuple[str, ...]:
        """Languages to pretrain in: of the wanted ones, those with rows. Raises ``Problem`` where there is none."""
        if wanted == "all":
            return self.there(task, "train")
        if found := self._among(task, "train", wanted):
            return found
        there = ", ".join(self.there(task, "train"))
        raise Problem(f"'{task.name}' has no data in any of the languages wanted (there is {there})")

    def text(self, name: str, place: str, languages: Languages) -> list[Rows]:
        """Training text of a task of type ``mlm``."""
        task = self.task(name, place)
        if task is None:
            return []
        if task.type != TaskType.MLM:
            raise Problem(f"'{name}' is no text: a vocabulary is made from tasks of type mlm")
        return [self.training(task, language) for language in self.some(task, languages)]

    def pairs(self, name: str, place: str, languages: Languages) -> list[Rows]:
        """Translations of a task of type ``mlm`` or ``ranking``."""
        task = self.task(name, place)
        if task is None:
            return []
        if task.type not in (TaskType.MLM, TaskType.RANKING):
            raise Problem(f"'{name}' has no translations: an alignment is made from tasks of type mlm or ranking")
        return [self.training(task, language) for language in self.some(task, languages)]

    def share(
        self,
        task: Task,
        languages: tuple[str, ...],
        examples: int | None = None,
        weight: float = 1.0,
        subset_seed: int = 0,
        shuffled: bool = False,
        translations: Translations = "",
    ) -> Share:
        """One task inside a training; a cap that cuts nothing is left out, so that it makes no other key."""
        data = tuple(self.training(part, language) for part in self.parts(task) for language in languages)
        return self.share_of(task, data, examples, weight, subset_seed, shuffled, translations)

    def share_of(
        self,
        task: Task,
        data: tuple[Rows, ...],
        examples: int | None = None,
        weight: float = 1.0,
        subset_seed: int = 0,
        shuffled: bool = False,
        translations: Translations = "",
    ) -> Share:
        """``share`` with rows that may be those of another task, read as rows of this one. Raises ``Problem`` where
        they can not be translations of one another, and should be."""
        data = tuple(rows for rows in data if rows.rows or not rows.without)
        if not data:
            raise Problem(
                f"every row that '{task.name}' would train on is scored, too: train on others, or score others"
            )
        how = translations if len(data) > 1 else ""
        if how and (len({part.rows for part in data}) > 1 or any(part.without for part in data)):
            counts = ", ".join(f"{part.language} {part.rows:,}" for part in data)
            raise Problem(
                f"'{task.name}': the rows of these languages are no translations of one another, they differ in number "
                f"or some are left out ({counts}): name others, or leave out 'translations'"
            )
        rows = data[0].rows if how else sum(part.rows for part in data)
        cut = examples is not None and examples < rows
        return Share(
            task=task.name,
            type=str(task.type),
            data=data,
            labels=task.labels,
            examples=examples if cut else None,
            subset_seed=subset_seed if cut or how == "once" else 0,
            shuffled_labels=shuffled,
            weight=weight,
            translations=how,
        )

    def check_apart(self, shares: Sequence[Share], task: Task, split: str, language: str) -> None:
        """Raises ``Problem`` where one of ``shares`` trains on the very files that are scored."""
        scored = places(task, split, language)
        for rows in (rows for share in shares for rows in share.data):
            if both := scored & places(self.find(rows.task, self._own), rows.split, rows.language):
                place = "/".join(filter(None, min(both)))
                raise Problem(
                    f"{split} ({language}) is scored on {place}, on which a phase before it trains through "
                    f"'{rows.task}': leave out that language there, or score another split"
                )

    def ready(self, path: str) -> Start:
        """A ready backbone, identified. Raises ``Problem`` where it is not there or its name is taken."""
        if path not in self._digests:
            self._digests[path] = self.identify(path)
            if self._digests[path] == UNKNOWN:
                self.notes[f"{path}: its commit is not known here, so the keys of this plan are not final"] = None
        name = known_as(path)
        other = self.backbones.setdefault(name, path)
        if self._digests[other] != self._digests[path]:
            raise Problem(f"'{other}' and '{path}' are different backbones of one name: rename one folder")
        return Start(backbone=name, checksum=self._digests[path])

    def given(self, folder: str, rows: Rows, examples: int | None) -> Given:
        """``Source.given``, asked once; what is to be said of the file is noted."""
        at = (folder, rows, examples)
        if at not in self._given:
            self._given[at] = self.source.given(folder, rows, examples)
            self.notes.update(dict.fromkeys(self._given[at].notes))
            self.predictions[self._given[at].checksum] = self._given[at].path
        return self._given[at]


def places(task: Task, split: str, language: str) -> set[tuple[str, str, str]]:
    """Set, configuration and split of the files that may hold these rows; none where only some rows of them count."""
    found: set[tuple[str, str, str]] = set()
    for files in task.candidates(split, language):
        if files.path:
            found.add((files.path.format(language=files.names.get(language, language)), "", ""))
        elif not files.where:
            found |= {(files.folder, config, files.split) for config in files.configs_of(language)}
    return found
