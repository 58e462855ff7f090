"""What ``plan --simulate N`` tells: how long the rest of a study takes on so many workers of a kind.

In: a plan, what is left of it, a number of workers, a device. Out: a few lines. Nothing is started.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem, nearest
from xstilts.cli.frame import put
from xstilts.cli.machine import cores

if TYPE_CHECKING:
    from xstilts.study.footprint import Device
    from xstilts.study.manifest import Plan
    from xstilts.study.simulate import Seconds, Simulated

SimulateOption = Annotated[
    int | None, typer.Option("--simulate", min=1, metavar="N", help="How long the rest takes on N workers.")
]
DeviceOption = Annotated[
    str, typer.Option("--device", help="Of --simulate: here (N processes of this machine), A10, A100 or H100 each.")
]
HERE = "here"
# Seconds until a process does its first job: here it is forked from one that has loaded everything; elsewhere it loads
# the libraries, finds its device and reads weights from a shared folder.
BEGIN_HERE, BEGIN = 0.3, 15.0


def device_of(name: str, devices: Sequence[Device]) -> Device:
    """The device called ``name``, in any case. Raises ``Problem``."""
    known = {device.name.lower(): device for device in devices}
    if name.lower() not in known:
        hint = nearest(name, [device.name for device in devices]) or "."
        raise Problem(f"--device '{name}' is unknown{hint} there are {', '.join(one.name for one in devices)}")
    return known[name.lower()]


def simulated(plan: Plan, done: Collection[str], workers: int, device: Device) -> tuple[Simulated, Seconds]:
    """The rest of ``plan`` on ``workers``, and the seconds that its jobs were taken to last."""
    from xstilts.study.place import Room
    from xstilts.study.simulate import seconds_on, simulate

    if device.name != HERE:
        seconds = seconds_on(plan, device)
        return simulate(plan, done, Room(workers, threads=1), seconds, BEGIN), seconds
    # A calibration measured processes of one thread; without one, one product had all threads.
    measured = 1 if device.rates else int(os.environ.get("OMP_NUM_THREADS") or cores())
    seconds = seconds_on(plan, device, measured * max(1.0, workers / cores()))  # more processes than cores take turns
    return simulate(plan, done, Room(workers, cores()), seconds, BEGIN_HERE), seconds


def put_simulated(plan: Plan, found: Simulated, seconds: Seconds, device: Device) -> None:
    """The lines."""
    from xstilts.cli.progress import duration
    from xstilts.study.place import Placement

    where = "processes of this machine" if device.name == HERE else f"{device.name}, one process each"
    put(f"\nsimulated on {found.workers} {where}, placed as a run places them")
    put(f"  ends after     {duration(found.seconds)}")
    put(f"  work           {duration(found.work)} of one worker, in {found.processes:,} processes")
    put(f"  efficiency     {found.efficiency:.1%}")
    put(
        f"  critical path  {duration(found.chain)}: no number of workers is faster; {found.workers} can not be below "
        f"{duration(found.bound)}"
    )
    for key in found.critical:
        if plan.costs[key].tokens:
            put(f"    {duration(seconds(key, 1)):>14}  {plan.labels[key]}")
    begin = BEGIN_HERE if device.name == HERE else BEGIN
    largest = max(Placement(plan).sizes.values(), default=0.0) / 2**30
    put(
        f"  assumed: speeds as above, {begin:g} s until a process begins, every worker equally fast and never lost, no "
        f"queue; the largest job needs\n  {largest:.1f} GiB"
    )
