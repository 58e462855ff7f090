"""Commands about this machine: ``doctor``, ``init``, and ``job``, which backends start.

In: options. Out: what will be used here; a first study file; one or more finished jobs.
"""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem, without_passwords
from xstilts.cli.frame import STORE, DataOption, JsonOption, StoreOption, command, put, put_json

if TYPE_CHECKING:
    from xstilts.study.calibration import Rate


@command("job")
def job(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of planned jobs, done in this order.")],
    store: StoreOption = STORE,
    threads: Annotated[int, typer.Option(min=1, help="Threads of this process.")] = 1,
    parent: Annotated[
        int | None, typer.Option(metavar="PID", help="End, with a checkpoint, when this is no more the parent process.")
    ] = None,
) -> None:
    """Do jobs that a plan has written into the store. Started by backends."""
    if not store.is_dir():
        raise Problem(f"there is no store '{store}': name the one that the study was planned into, with --store")
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    from xstilts.jobs.work import main as do
    from xstilts.study import turn
    from xstilts.study.store import Store

    alone = (lambda: os.getppid() != parent) if parent else None
    place = Store(store)
    raise typer.Exit(turn.last(lambda: turn.do(place, keys, lambda mine: do(mine, str(store), threads), alone)))


@command("doctor")
def doctor(
    store: StoreOption = STORE,
    data: DataOption = None,
    json: JsonOption = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Measure for about a minute how fast this machine is, for plans.")
    ] = False,
) -> None:
    """What of this machine will be used."""
    if calibrate:
        _calibrate(json)
        return
    found = examined(store, data)
    if json:
        put_json(found)
        return
    width = max(len(name) for name in found)
    for name, value in found.items():
        put(f"{name:<{width}}  {_plain(value)}")
    for line in advice(found):
        put(f"note: {line}")


def _calibrate(json: bool) -> None:
    """Measure, keep what was found where plans look for it, and show it."""
    from dataclasses import asdict

    from xstilts.cli.catalogue import put_table
    from xstilts.jobs.calibrate import calibrated
    from xstilts.jobs.sources import cache_folder
    from xstilts.study.calibration import write

    here = f"{cores()} cores, {memory() or 0:.0f} GiB, {platform.processor() or platform.machine()}"
    found = calibrated(cores(), here)
    path = write(found, cache_folder())
    if json:
        put_json(asdict(found))
        return
    rows = [
        (one.kind, one.precision, str(one.hidden), str(one.length), f"{one.flops / 1e9:.1f}", f"{1e3 * one.moment:.1f}")
        for one in found.rates
    ]
    put_table(("work", "precision", "width", "tokens", "GFLOP/s", "ms a block"), rows)
    put(
        f"of each of {found.at_once} processes at work at the same time, one thread each; ms a block: of every update; "
        f"texts: {found.encoding:,.0f} tokens a second\nwritten: {path}; plans of this machine now go by it"
    )


def examined(store: Path, data: Path | None) -> dict[str, object]:
    """Everything that ``doctor`` prints, by name. Memory in GiB."""
    import torch
    from huggingface_hub import constants as hub

    gpus = (
        [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    )
    return {
        "xstilts": metadata.version("xstilts"),
        "python": f"{platform.python_version()} ({sys.executable})",
        "torch": torch.__version__,
        "transformers": metadata.version("transformers"),
        "cores": cores(),
        "memory_gib": memory(),
        "gpus": gpus,
        "bfloat16": bool(gpus and torch.cuda.is_bf16_supported()) or brief_numbers(),
        "gflops_float32": round(speed() / 1e9),
        "store": str(store.resolve()),
        "store_exists": store.is_dir(),
        "store_writable": _writable(store),
        "data": str(data.resolve()) if data else None,
        "data_tables": sum(1 for _ in data.rglob("*.parquet")) if data and data.is_dir() else 0,
        "hub": "not asked (HF_HUB_OFFLINE)" if hub.is_offline_mode() else without_passwords(hub.ENDPOINT),
    }


def advice(found: dict[str, object]) -> list[str]:
    """What the user may want to change."""
    lines = []
    if not found["store_writable"]:
        lines.append("the store cannot be written here: use --store DIR or XSTILTS_STORE")
    if found["data"] and not found["data_tables"]:
        lines.append(f"no .parquet file lies under {found['data']}: check --data or XSTILTS_DATA")
    if not found["data"]:
        lines.append(
            "no data folder is set: the constructed languages need none, human languages come from --data or the hub"
        )
    return lines


def rates() -> tuple[Rate, ...]:
    """What ``doctor --calibrate`` found of this machine; nothing where it was not asked."""
    from xstilts.jobs.sources import cache_folder
    from xstilts.study.calibration import read

    known = read(cache_folder())
    return known.rates if known else ()


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> float | None:
    """Installed memory in GiB, where the system says."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def speed() -> float:
    """Operations a second of this machine's processor in dense products of float32 matrices, measured: the best of
    some tries in a quarter of a second."""
    import time

    import numpy as np

    size, best, begun = 1024, 0.0, time.perf_counter()
    matrix = np.random.default_rng(0).standard_normal((size, size), np.float32)
    while time.perf_counter() - begun < 0.25:
        start = time.perf_counter()
        matrix @ matrix
        best = max(best, 2.0 * size**3 / (time.perf_counter() - start))
    return best


def brief_numbers() -> bool:
    """Whether the processor multiplies bfloat16 in hardware."""
    return bool({"amx_bf16", "avx512_bf16"} & cpu_flags())


def cpu_flags() -> set[str]:
    """The processor's feature flags, where the system lists them (Linux)."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return set()
    lines = (line for line in text.splitlines() if line.startswith(("flags", "Features")))
    return set(next(lines, "").partition(":")[2].split())


def _writable(store: Path) -> bool:
    """Whether the store, or the nearest folder above it that exists, can be written."""
    place = store.resolve()
    while not place.exists():
        place = place.parent
    return os.access(place, os.W_OK)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "-" if value is None else str(value)
