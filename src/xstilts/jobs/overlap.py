"""What a plan, or some tasks, both train on and score.

In: a ``Plan`` (or tasks) and the sources of this machine. Out: ``Overlap`` values, one a pair of a split that is
trained on and one that is scored; rows that a study is to leave out. What was found is kept in the cache, by the
checksums of all rows, so that a study is compared once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from xstilts.catalogue.lineage import Origin, Place, Relation, origins, relation
from xstilts.catalogue.task import CANDIDATES, Kin, Task
from xstilts.data.kept import kept
from xstilts.jobs.compare import Scored
from xstilts.jobs.sources import AllSources, cache_folder
from xstilts.study.job import Key, Merge, Predict, Rows, Score, Start, Train
from xstilts.study.manifest import Plan
from xstilts.study.overlap import Meeting, Overlap, overlap_from_json

REVISION = 1  # counts up when the same rows give other findings
MEETINGS = 3  # examples of one pair of splits

Phases = Mapping[Rows, frozenset[str]]  # rows that train, with the phases in which they do
_NOTHING: Phases = {}


@dataclass(frozen=True)
class Asked:
    """What is to be compared: for each set of scored rows those that train behind its score, with the phases in which
    they do; and how many of the scored rows count, where that is capped."""

    behind: Mapping[Rows, Phases]
    caps: Mapping[Rows, int] = field(default_factory=dict)


def asked_of(plan: Plan) -> Asked:
    """What ``plan`` trains on and scores."""
    known: dict[Key, Phases] = {}
    alike: dict[frozenset[tuple[Rows, frozenset[str]]], Phases] = {}  # seeds train on the same rows
    behind: dict[Rows, dict[int, Phases]] = {}
    caps: dict[Rows, int] = {}
    for cell in plan.cells:
        score = plan.jobs[cell.score]
        assert isinstance(score, Score)
        predict = plan.jobs[score.prediction]
        assert isinstance(predict, Predict)
        for found in (
            *(_trained(plan, key, known, alike) for key in predict.inputs if key not in predict.vectors),
            _of_start(predict.start),
        ):
            for rows in (score.data, *score.pool):  # a candidate that trained is found more easily, in any language
                behind.setdefault(rows, {})[id(found)] = found
        if score.examples is not None:
            caps[score.data] = max(caps.get(score.data, 0), score.examples)
    return Asked({rows: _together(parts.values()) for rows, parts in behind.items()}, caps)


def asked_of_tasks(source: AllSources, tasks: Sequence[Task]) -> Asked:
    """Everything here that ``tasks`` train on, and everything here that they can be scored on."""
    trained = [(task, "train") for task in tasks if "train" in task.splits]
    trained += [(source.task(name), "train") for task in tasks for name in task.parts]
    scored = [
        (task, split) for task in tasks if task.metric for split in task.splits if split not in ("train", CANDIDATES)
    ]
    train, score = (
        [
            source.rows(*place, code)
            for place in places
            for code in place[0].languages_of(place[1])
            if source.here(*place, code)
        ]
        for places in (trained, scored)
    )
    files = {(rows.checksum, rows.language): rows for rows in reversed(train)}  # tasks may train on the same files
    alone = [rows for rows in train if files[rows.checksum, rows.language] == rows]
    return Asked({rows: dict.fromkeys(alone, frozenset()) for rows in score})


def overlaps(source: AllSources, asked: Asked, near: bool, constructed: bool = False) -> tuple[Overlap, ...]:
    """What is both trained on and scored, as far as the rows are here, and how the sets are related.

    ``near``: nearly equal texts count, too; raises ``Problem`` where the package for this is not installed. The
    constructed languages, whose sets are made apart, are compared only where ``constructed`` says so.
    """
    here = {rows for rows in _all(asked) if source.here(source.task(rows.task), rows.split, rows.language)}
    if not constructed:
        here = {rows for rows in here if not made(rows)}
    folder, name = cache_folder() / "overlap", _digest(source, asked, here)
    near = near or (folder / f"{name}-near").is_dir()  # who looked for near ones found the equal ones, too

    def write(place: Path) -> None:
        found = [asdict(one) for one in _compared(source, asked, here, near)]
        (place / "overlaps.json").write_text(json.dumps(found), encoding="utf-8")

    place = kept(folder / f"{name}{'-near' if near else ''}", write)
    return tuple(map(overlap_from_json, json.loads((place / "overlaps.json").read_text(encoding="utf-8"))))


def not_here(source: AllSources, asked: Asked) -> list[str]:
    """A line for each split of which languages could not be compared, because their rows are not on this machine."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for rows in _all(asked):
        if not source.here(source.task(rows.task), rows.split, rows.language):
            lacking.setdefault((rows.task, rows.split), []).append(rows.language)
    return [
        f"not compared, because not on this machine: {task} ({split}) in {' '.join(codes)}; "
        f"xstilts data fetch {task} brings them"
        for (task, split), codes in lacking.items()
    ]


def made(rows: Rows) -> bool:
    """Whether these are rows of the constructed languages."""
    return rows.task.startswith("world/")


def _all(asked: Asked) -> list[Rows]:
    """All rows that are compared, each once."""
    return list(dict.fromkeys(rows for scored, trained in asked.behind.items() for rows in (scored, *trained)))


def _compared(source: AllSources, asked: Asked, here: set[Rows], near: bool) -> Iterator[Overlap]:
    texts = Scored(source, [rows for rows in asked.behind if rows in here], near, asked.caps)
    pairs: dict[tuple[str, str, str, str], dict[Rows, list[Rows]]] = {}
    for scored, trained in asked.behind.items():
        for rows in trained:
            names = (rows.task, rows.split, scored.task, scored.split)
            pairs.setdefault(names, {}).setdefault(scored, []).append(rows)
    known: dict[Rows, tuple[Origin, ...]] = {}
    for sets in pairs.values():
        related = _related(source, sets, known)
        found = _pair(asked, sets, here, texts, related)
        if found.met or related:
            yield found


def _pair(
    asked: Asked, sets: Mapping[Rows, Sequence[Rows]], here: set[Rows], texts: Scored, related: Relation | None
) -> Overlap:
    """What one split that is trained on and one that is scored have in common: ``sets`` has their languages."""
    counts, size, languages = np.zeros(3, int), 0, []
    found: list[list[Meeting]] = [[], [], []]
    compared = {
        scored: [rows for rows in trained if rows in here] for scored, trained in sets.items() if scored in here
    }
    for scored, trained in compared.items():
        cap = min(scored.rows, asked.caps.get(scored, scored.rows))
        size += cap
        if not trained:
            continue
        met = texts.met(scored, trained)
        kinds = [
            kind[:cap] for kind in (met.own == 1, (met.own > 0) & (met.own < 1), (met.own == 0) & (met.elsewhere > 0))
        ]
        counts += [kind.sum() for kind in kinds]
        languages += [scored.language] if any(kind.any() for kind in kinds) else []
        for meetings, kind in zip(found, kinds, strict=True):
            shown = np.flatnonzero(kind)[: max(0, MEETINGS - len(meetings))]
            meetings += [texts.meeting(scored, int(row), met) for row in shown]
    one, others = next(iter(sets.items()))
    training = {rows: None for trained in sets.values() for rows in trained}
    seen = [rows for rows in training if rows in here]
    examples = [*(each for kind in found for each in kind[:1]), *(each for kind in found for each in kind[1:])]
    return Overlap(
        trained=others[0].task,
        trained_split=others[0].split,
        phases=tuple(
            sorted(
                {name for scored, trained in sets.items() for rows in trained for name in asked.behind[scored][rows]}
            )
        ),
        scored=one.task,
        split=one.split,
        trained_rows=sum(rows.rows for rows in seen),
        trained_met=sum(len(texts.trained_met(rows, list(compared))) for rows in seen) if counts.any() else 0,
        rows=size,
        equal=int(counts[0]),
        near=int(counts[1]) if texts.near else None,
        elsewhere=int(counts[2]),
        languages=tuple(languages),
        kin=str(related.kin) if related else "",
        lineage=str(related) if related else "",
        meetings=tuple(examples[:MEETINGS]),
    )


def _related(
    source: AllSources, sets: Mapping[Rows, Sequence[Rows]], known: dict[Rows, tuple[Origin, ...]]
) -> Relation | None:
    """The closest relation of any two languages of a pair; ``known`` collects origins. A task's own splits are as far
    apart as their makers made them: of them only the rows tell."""
    found: list[Relation] = []
    for scored, trained in sets.items():
        for rows in (scored, *trained):
            if rows not in known:
                place = Place(source.task(rows.task), rows.split, rows.language)
                known[rows] = () if made(rows) else tuple(origins(place, source.task))
        others = [rows for rows in trained if rows.task != scored.task]
        found += [one for rows in others if (one := relation(known[rows], known[scored]))]
    return min(found, key=lambda one: (list(Kin).index(one.kin), len(one.steps)), default=None)


def _trained(
    plan: Plan,
    key: Key,
    known: dict[Key, Phases],
    alike: dict[frozenset[tuple[Rows, frozenset[str]]], Phases],
) -> Phases:
    """The rows of a training and of all before it, with the phases in which they are trained on; one value for equal
    ones."""
    if key not in known:
        job = plan.jobs[key]
        assert isinstance(job, Train | Merge)
        shares = job.shares if isinstance(job, Train) else ()
        phase = job.phase if isinstance(job, Train) else ""
        own = {rows: frozenset((str(phase),)) for share in shares for rows in share.data}
        before = [_trained(plan, needed, known, alike) for needed in job.weights]
        starts = [job.start] if isinstance(job, Train) else [part.start for part in job.parts]
        found = _together([*before, *map(_of_start, starts), own])
        known[key] = alike.setdefault(frozenset(found.items()), found)
    return known[key]


def _of_start(start: Start | None) -> Phases:
    """What a vocabulary was made from."""
    if start is None or start.vocabulary is None:
        return _NOTHING
    return dict.fromkeys((*start.vocabulary.text, *start.vocabulary.alignment), frozenset(("vocabulary",)))


def _together(parts: Iterable[Phases]) -> Phases:
    """All rows of ``parts``, with all their phases."""
    found: dict[Rows, frozenset[str]] = {}
    for part in parts:
        for rows, phases in part.items():
            found[rows] = found.get(rows, frozenset()) | phases
    return found


def _digest(source: AllSources, asked: Asked, here: set[Rows]) -> str:
    """A name for what was found, by everything that decides it: the rows, and what is said of their origin."""
    number = {rows: place for place, rows in enumerate(_all(asked))}
    said = [
        [number[scored], asked.caps.get(scored), [[number[rows], *sorted(phases)] for rows, phases in trained.items()]]
        for scored, trained in asked.behind.items()
    ]
    sets = [[asdict(rows), rows in here, _origins_said(source, rows)] for rows in number]
    return sha256(json.dumps([REVISION, sets, said]).encode()).hexdigest()[:32]


def _origins_said(source: AllSources, rows: Rows) -> list[list[str]]:
    place = Place(source.task(rows.task), rows.split, rows.language)
    parallel = [[files.parallel] for files in place.task.candidates(rows.split, rows.language)]
    return parallel if made(rows) else [*parallel, *([one.node, *one.steps] for one in origins(place, source.task))]
