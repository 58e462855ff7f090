"""Where texts meet by descent: one set translates another, or holds its texts under other labels.

In: two splits of tasks. Out: how their rows are related, by what the catalogue says of their files
(``Files.made_from``, ``Files.parallel``); nothing is read. What the rows themselves
have in common is the matter of ``data.pool``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import Kin, Task

Find = Callable[[str], Task]

SAID = {
    Kin.SAME: "holds texts of",
    Kin.TRANSLATED: "translates texts of",
    Kin.COLLECTION: "has other texts of the same collection as",
}


@dataclass(frozen=True)
class Place:
    """One split of a task in one language."""

    task: Task
    split: str
    language: str

    def __str__(self) -> str:
        return f"{self.task.name} ({self.split})"


@dataclass(frozen=True)
class Relation:
    """``kin`` is the weakest step between the two, ``steps`` says all of them."""

    kin: Kin
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.steps)


@dataclass(frozen=True)
class Origin:
    """A set that rows come from, over ``steps``; ``language`` is empty where all of its languages are meant."""

    node: str
    language: str
    kin: Kin
    steps: tuple[str, ...]


def relation(mine: Sequence[Origin], theirs: Sequence[Origin]) -> Relation | None:
    """How two splits with these ``origins`` are related; None where nothing is known. The strongest relation counts.

    They are where they come from the same rows, or where one comes from the other. Two that have no more in common than
    the collection of a third are not.
    """
    found: list[Relation] = []
    for one in mine:
        for two in theirs:
            kinds = (one.kin, two.kin)
            if one.node == two.node and _meet(one.language, two.language) and kinds.count(Kin.COLLECTION) < 2:
                steps = tuple(dict.fromkeys((*one.steps, *two.steps))) or (
                    f"they are the same rows, {_named(one.node)}",
                )
                found.append(Relation(_weaker(*kinds), steps))
    return min(found, key=lambda each: (list(Kin).index(each.kin), len(each.steps)), default=None)


def origins(place: Place, find: Find) -> Iterator[Origin]:
    """The rows themselves, under every name that they have, and all that they come from; ``find`` looks up a task."""
    yield Origin(f"{place.task.name}/{place.split}", place.language, Kin.SAME, ())
    for files in place.task.candidates(place.split, place.language):
        if not files.where:
            for config in files.configs_of(place.language):
                yield Origin(f"{files.folder}{files.path}, {config}/{files.split}", "", Kin.SAME, ())
        if files.parallel:
            step = f"the languages of {files.folder} ({files.split}) translate each other"
            yield Origin(f"{files.folder}/{files.split}", "", Kin.TRANSLATED, (step,))
        for node, kin in files.made_from.items():
            step = f"{place} {SAID[kin]} {_named(node)}"
            language = place.language if kin is Kin.SAME else ""
            parents = list(_parents(node, language, find))
            if not parents:
                yield Origin(node, language, kin, (step,))
            for origin in (origin for parent in parents for origin in origins(parent, find)):
                here = origin.language if language else ""
                yield Origin(origin.node, here, _weaker(kin, origin.kin), (step, *origin.steps))


def _weaker(*kinds: Kin) -> Kin:
    return max(kinds, key=list(Kin).index)


def _parents(node: str, language: str, find: Find) -> Iterator[Place]:
    """The split that ``node`` names, in ``language`` or in each of its own; none where it is no task's.

    Raises ``Problem`` where the task has no such split.
    """
    name, _, split = node.rpartition("/")
    try:
        task = find(name)
    except Problem:
        return
    if split not in task.splits:
        raise Problem(f"made_from names '{node}', but '{name}' has no such split{nearest(split, task.splits) or '.'}")
    for code in task.languages_of(split):
        if code == language or not language:
            yield Place(task, split, code)


def _named(node: str) -> str:
    name, _, split = node.rpartition("/")
    return f"{name} ({split})" if name else node


def _meet(one: str, two: str) -> bool:
    return not one or not two or one == two
