"""The command ``plan``: what a study will do, and what that takes of this machine and others.

In: a study's name or file and options. Out: tables on standard output, or JSON. Nothing is started.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.cli.frame import (
    STORE,
    DataOption,
    JsonOption,
    LevelOption,
    StoreOption,
    StudyArgument,
    VariantOption,
    command,
    put,
    put_json,
)
from xstilts.cli.machine import brief_numbers, memory, rates, speed
from xstilts.cli.simulated import HERE, DeviceOption, SimulateOption, device_of, put_simulated, simulated

if TYPE_CHECKING:
    from xstilts.study.footprint import Device, Work
    from xstilts.study.manifest import Plan
    from xstilts.study.store import Store

# What a training gets of a processor's float32 products, and how much faster bfloat16 is where the processor has it:
# what the shipped studies showed on two cores.
SHARE, BRIEF = 0.35, 2.8
SHOWN = 20  # shared trainings

EstimateOption = Annotated[
    bool, typer.Option("--estimate", help="Look nothing up: take every data set to be as large as the official one.")
]


@command("plan")
def plan(
    study: StudyArgument,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    data: DataOption = None,
    estimate: EstimateOption = False,
    simulate: SimulateOption = None,
    device: DeviceOption = HERE,
    json: JsonOption = False,
) -> None:
    """The jobs of a study: what is done, what is shared, what the rest takes of machines, which gain it can detect.
    Starts nothing."""
    from dataclasses import asdict

    from xstilts.analysis.foresight import detectable
    from xstilts.analysis.table import of_store
    from xstilts.cli.opened import opened
    from xstilts.study.footprint import GPUS, work_of

    devices = (here(), *GPUS)
    wanted = device_of(device, devices)
    found = opened(study, level, store, data, variant=variant, estimate=estimate)
    done = {key for key in found.plan.jobs if found.store.has(key)}
    foreseen = detectable(found.plan, of_store(found.plan, found.store))
    left = [key for key in found.plan.jobs if key not in done]
    works = work_of(found.plan, left, devices)
    ended = simulated(found.plan, done, simulate, wanted) if simulate else None
    if json:
        said: dict[str, Any] = found.plan.to_json()
        said["smallest_gain"] = asdict(foreseen) if foreseen else None
        said["work"] = [asdict(work) for work in works]
        if ended:
            said["simulated"] = {"device": wanted.name, **asdict(ended[0]), "efficiency": ended[0].efficiency}
        for item in said["jobs"]:
            item["done"] = item["key"] in done
        put_json(said)
        return
    _print_jobs(found.plan, done)
    _print_work(found.plan, works, set(left), devices)
    if ended:
        put_simulated(found.plan, *ended, wanted)
    _print_notes(found.plan, found.store)
    for line in foreseen.lines() if foreseen else ():
        put(line)


def here() -> Device:
    """This machine's processor as a device; its speed is measured, now or by a calibration."""
    from xstilts.study.footprint import Device

    fast = speed()
    return Device("here", fast * (BRIEF if brief_numbers() else 1.0), fast, memory() or 0.0, SHARE, rates())


def _print_jobs(plan: Plan, done: set[str]) -> None:
    from xstilts.cli.catalogue import put_table
    from xstilts.cli.progress import KINDS

    put(f"{plan.name}: {plan.question}")
    put(f"{len(plan.cells)} scores from {len(plan.jobs)} jobs, {len(done)} of them done\n")
    finished = [plan.phase(key) for key in done]
    rows = [(KINDS[name], str(count), str(finished.count(name))) for name, count in plan.counts().items()]
    put_table(("jobs", "planned", "done"), rows)
    shared = plan.shared()
    if shared:
        put("")
        rows = [(item.label, str(item.trainings), str(item.scores)) for item in shared]
        put_table(("trained once", "for trainings", "for scores"), rows[:SHOWN])
        if len(rows) > SHOWN:
            put(f"and {len(rows) - SHOWN} more: --json")


def _print_work(plan: Plan, works: list[Work], left: set[str], devices: tuple[Device, ...]) -> None:
    """Tokens, operations, memory, disk and hours of what is left, phase by phase, with what they rest on."""
    from xstilts.cli.catalogue import put_table
    from xstilts.cli.progress import KINDS
    from xstilts.study.footprint import ASSUMED, ASSUMED_LITTLE, GIB, LITTLE, fits, work_of

    rows = [
        (
            KINDS.get(work.phase, work.phase),
            f"{work.jobs:,}",
            f"{work.tokens:.2g}",
            f"{work.flops:.2g}",
            f"{work.memory / GIB:.1f}",
            f"{work.disk / GIB:.1f}",
            *(_hours(work.hours[device.name]) for device in devices),
        )
        for work in (*works, *_of_search(work_of(plan, plan.of_search() & left, devices)))
    ]
    put("\nleft to do, estimated (memory and disk in GiB; hours, one job after another on one device)")
    columns = ("phase", "jobs", "tokens", "FLOPs", "memory", "disk", *(one.name for one in devices))
    put_table(columns, rows)
    own = (
        "here by its\n  calibration, in one process of one thread"
        if devices[0].rates
        else f"{SHARE:.0%} of what this processor\n  reaches in products of matrices, measured now "
        f"({devices[0].float32 / 1e9:.0f} GFLOP/s; xstilts doctor --calibrate measures better)"
    )
    put(
        f"assumed: {ASSUMED:.0%} of a GPU's dense peak ({ASSUMED_LITTLE:.0%} for encoders below {LITTLE / 1e6:.0f} "
        f"million weights), {own}; 6 operations a weight and token in training, 2 in\n  prediction; "
        "lengths guessed from the characters of rows, or usual ones of a type; memory is that of the\n  largest job, "
        "disk what the store keeps; not counted: starting processes (seconds a training), reading and encoding data"
    )
    for name, phases in fits(works, devices).items():
        if phases:
            said = ", ".join(KINDS.get(phase, phase) for phase in phases)
            put(f"{name} is too small for: {said} (more shards, recompute or lora help: docs/study-file.md)")


def _of_search(works: list[Work]) -> list[Work]:
    """The whole of the search for learning rates as one line."""
    for work in works[-1:]:
        work.phase = "of it for rates"
    return works[-1:]


def _hours(value: float) -> str:
    """Hours with two digits: ``0.12``, ``3.4``, ``1,200``."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _print_notes(plan: Plan, store: Store) -> None:
    from xstilts.cli.study import more
    from xstilts.report.terminal import show_section

    for note in plan.notes:
        put(f"note: {note}")
    for section in filter(lambda section: section.rows, more(plan, store)):
        put("")
        show_section(section, sys.stdout)
