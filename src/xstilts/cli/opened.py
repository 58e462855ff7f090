"""From what the user named to what the rooms need: a study, its plan, its store.

In: the arguments of a command. Out: ``Opened``. Nothing is computed, only planned; torch is not loaded.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.catalogue.errors import Problem
from xstilts.cli.machine import cores

if TYPE_CHECKING:
    from xstilts.study.manifest import Plan
    from xstilts.study.protocols import Places
    from xstilts.study.spec import Study
    from xstilts.study.store import Store

_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class Opened:
    """A study that was planned just now."""

    plan: Plan
    places: Places
    store: Store


def opened(
    study: str,
    level: str | None,
    store: Path,
    data: Path | None,
    *,
    variant: str | None = None,
    fetch: bool = False,
    estimate: bool = False,
) -> Opened:
    """Read and plan ``study``; with ``fetch`` what it needs of the hub is downloaded and its revisions are locked; with
    ``estimate`` nothing is looked up, and every set is as large as the official one.

    Raises ``Problem`` with every mistake.
    """
    from xstilts.analysis.named import mistakes, needs_of
    from xstilts.data.lock import NAME, read_lock, write_lock
    from xstilts.jobs.overlap import asked_of, overlaps
    from xstilts.jobs.sources import open_source
    from xstilts.study.identity import identify, identify_for_plan
    from xstilts.study.plan import places_of, plan
    from xstilts.study.protocols import Places
    from xstilts.study.spec import find, load
    from xstilts.study.store import Store

    if data is not None and not data.is_dir():
        raise Problem(f"no data folder '{data}': check --data or XSTILTS_DATA")
    found = load(study, level, variant)
    folder = str(data.resolve()) if data else None
    base = str(find(study).resolve().parent)
    locked = read_lock(store / NAME)
    places = Places(folder, found.world, found.tasks, {}, base, found.own_languages, locked)
    if estimate:
        return Opened(estimated(found, places), places, Store(store))
    source = open_source(places, fetch)
    wrong = mistakes(found.analyses, f"{found.file}, analyses")
    wrong += [line for task in found.own_tasks().values() for line in source.mistakes(task)]
    try:
        planned = plan(found, source, identify=identify if fetch else identify_for_plan, needs=needs_of(found.analyses))
    except Problem as problem:
        more = [line for line in problem.problems if not line.endswith(tuple(wrong))]
        raise Problem(*source.said_once([*wrong, *more])) from None
    if wrong:
        raise Problem(*wrong)
    if fetch:
        made(store)
    planned = replace(
        planned,
        notes=(*planned.notes, *source.notes()),
        overlaps=overlaps(source, asked_of(planned), near=found.exclude_overlap == "near"),
    )
    if fetch and source.hub.taken:
        write_lock(store / NAME, source.hub.taken)
    places = replace(places_of(found, planned, folder), base=base, revisions=source.hub.taken)
    return Opened(planned, places, Store(store))


def made(folder: Path, option: str = "--store") -> None:
    """Make ``folder``, which ``option`` named, if need be. Raises ``Problem`` where it can not be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"can not make the folder '{folder}' ({error.strerror}): name one that can be written, with {option}"
        ) from error


def estimated(study: Study, places: Places) -> Plan:
    """The plan of ``study`` with official sizes."""
    from xstilts.analysis.named import mistakes, needs_of
    from xstilts.jobs.estimated import Estimated, unidentified
    from xstilts.jobs.sources import open_source
    from xstilts.study.plan import plan

    if wrong := mistakes(study.analyses, f"{study.file}, analyses"):
        raise Problem(*wrong)
    source = Estimated(open_source(places, fetch=False, online=False))
    planned = plan(study, source, identify=unidentified, needs=needs_of(study.analyses))
    said = "an estimate: official sizes, nothing was looked up; keys are not those of a run, nothing counts as done"
    return replace(planned, notes=(said, *source.assumed, *planned.notes))


def remembered(study: str, level: str | None, store: Path, *, variant: str | None = None) -> tuple[Plan, Store]:
    """The plan of a study that was run into ``store``, without its file or data. ``study`` may be ``name@level`` or
    ``name+variant@level``."""
    from xstilts.study.spec import load
    from xstilts.study.store import Store

    place = Store(store)
    known = place.studies()
    name = Path(study).stem if study.endswith(".toml") else study
    if "@" not in name:
        there = [one for one in known if _is_form(one, name, level, variant)]
        if len(there) == 1:
            return place.plan(there[0]), place
        if level is None or (variant is None and there):
            wanted = load(study.partition("+")[0], level, variant or name.partition("+")[2] or None)
            name, level = wanted.name, wanted.level
        elif variant is not None:
            name = f"{name}+{variant}"
        name = f"{name}@{level}"
    if name not in known:
        there = [one for one in known if _bare(one) == _bare(name)]
        other = f" (there is {', '.join(there)})" if there else ""
        raise Problem(
            f"'{name}' was not run into the store '{store}'{other}: {run_of(study, name)}, or name another --store"
        )
    return place.plan(name), place


def run_of(study: str, form: str) -> str:
    """The command that runs ``study``, as it was named, in the form ``name+variant@level``."""
    name, _, level = form.rpartition("@")
    bare, _, variant = name.partition("+")
    said = study if study.endswith(".toml") else bare
    return shlex.join(["xstilts", "run", said, *(["--variant", variant] if variant else []), "--level", level])


def _bare(name: str) -> str:
    """A study's name without its level and variant."""
    return name.rpartition("@")[0].partition("+")[0]


def _is_form(known: str, name: str, level: str | None, variant: str | None) -> bool:
    """Whether ``known``, as ``name+variant@level``, is a form of what is asked for."""
    study, _, its_level = known.rpartition("@")
    bare, _, its_variant = study.partition("+")
    return name in (study, bare) and level in (None, its_level) and variant in (None, its_variant)


def workers_of(asked: int | None) -> int:
    """Processes to run at once: as asked, else one a GPU, else one a core."""
    if asked is not None:
        return asked
    return len(gpus()) or cores()


def gpus() -> tuple[str, ...]:
    """The NVIDIA devices that may be used, as ``CUDA_VISIBLE_DEVICES`` names them."""
    there = Path("/proc/driver/nvidia/gpus")
    if not there.is_dir():
        return ()
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = map(str, range(len(list(there.iterdir())))) if said is None else said.split(",")
    return tuple(name for name in names if name.strip())


def seconds_of(text: str | None, option: str = "--until") -> float | None:
    """``45m``, ``2h``, ``1h30m``, ``90s`` as seconds; ``option`` is where it was said."""
    if text is None:
        return None
    found = _TIME.fullmatch(text.strip().lower())
    if not found or not any(found.groups()):
        raise Problem(f"{option} '{text}' is no length of time: write 45m, 2h, 1h30m or 90s")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds
