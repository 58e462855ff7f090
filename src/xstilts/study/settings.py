"""Which settings a training has: layers of tables, the later over the earlier.

In: the defaults, the study's ``[settings]`` and the arm's own fields. Out: a full ``job.Settings`` with the number of
updates resolved from rows and epochs. Settings that can not matter are put back to their defaults, so that equal
trainings have equal keys.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from xstilts.catalogue.task import Task, TaskType
from xstilts.study import defaults
from xstilts.study.job import Phase, Settings, Share

Table = Mapping[str, Any]
_DEFAULTS = {field.name: field.default for field in fields(Settings)}


def layered(*tables: Table) -> dict[str, Any]:
    """The tables laid over each other, None left out. ``epochs`` and ``updates`` replace one another."""
    merged: dict[str, Any] = {}
    for table in tables:
        said = {name: value for name, value in table.items() if value is not None}
        for name, other in (("epochs", "updates"), ("updates", "epochs")):
            if name in said:
                merged.pop(other, None)
        merged.update(said)
    return merged


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


def settings_table(
    size: defaults.Size,
    phase: Phase,
    tasks: Sequence[Task],
    of_phase: Mapping[str, Table],
    of_task: Mapping[str, Table],
    own: Sequence[Table] = (),
    most: int | None = None,
) -> dict[str, Any]:
    """Settings of one training, with ``epochs`` or ``updates`` still open. ``most``: tokens that the encoder reads,
    which no default exceeds.

    Several tasks share one table: length and stride are the largest of theirs, the rest comes from the phase.
    """
    start = defaults.PHASES[size][phase]
    of_types, of_names = defaults.TYPES[size], defaults.TASKS[size].get(phase, {})

    def single(task: Task) -> dict[str, Any]:
        known = () if phase == "pretraining" else (of_types.get(task.type, {}), of_names.get(task.name, {}))
        usual = layered(start, *known)
        if most is not None and usual.get("max_length", _DEFAULTS["max_length"]) > most:
            usual |= {"max_length": most, "stride": min(usual.get("stride", _DEFAULTS["stride"]), most // 2)}
        return layered(usual, of_phase.get(phase, {}), of_task.get(task.name, {}))

    if len(tasks) == 1:
        return layered(single(tasks[0]), *own)
    several = {} if phase == "pretraining" else dict(defaults.SEVERAL)
    lengths = [single(task) for task in tasks]
    longest = {
        name: max((table.get(name, _DEFAULTS[name]) for table in lengths), default=_DEFAULTS[name])
        for name in ("max_length", "stride")
    }
    if phase == "intermediate" and any(task.type == TaskType.MLM for task in tasks):
        several["learning_rate"] = start["learning_rate"] * defaults.ALONGSIDE_MLM
    return layered(start, several, longest, of_phase.get(phase, {}), *own)


def evaluation_table(
    size: defaults.Size,
    task: Task,
    of_phase: Mapping[str, Table],
    of_task: Mapping[str, Table],
    most: int | None = None,
) -> dict[str, Any]:
    """``max_length``, ``stride`` and ``precision`` of the predictions of ``task``."""
    table = settings_table(size, "target", [task], of_phase, of_task, most=most)
    return {name: table.get(name, _DEFAULTS[name]) for name in ("max_length", "stride", "precision")}


def rows_of(share: Share) -> int:
    """Rows that a share trains on: all of its languages together, capped by ``examples``; of translations the rows of
    one language, or as many in each."""
    if not share.translations:
        rows = sum(part.rows for part in share.data)
        return rows if share.examples is None else min(rows, share.examples)
    said = share.data[0].rows if share.examples is None else min(share.data[0].rows, share.examples)
    return said * (len(share.data) if share.translations == "each" else 1)


def epoch_of(shares: Iterable[Share], sampling: str, cap: int) -> int:
    """Examples of one epoch: the sum of the shares, each cut at ``cap`` where the sampling is ``capped``."""
    return sum(min(rows_of(share), cap) if sampling == "capped" else rows_of(share) for share in shares)


def resolve(table: Table, shares: Sequence[Share], more: int = 0) -> Settings:
    """``Settings`` with updates = ceil(rows x epochs / batch), or as stated, and ``more`` on top."""
    values = {name: value for name, value in table.items() if name not in ("epochs", "updates")}
    mlm = any(share.type == TaskType.MLM for share in shares)
    if len(shares) == 1:
        values.pop("sampling", None)
    drop = {
        "cap": values.get("sampling") != "capped",
        "temperature": values.get("sampling") != "temperature",
        "masking": not mlm,
        "alpha": not any(len(share.data) > 1 for share in shares),
    }
    values = {name: value for name, value in values.items() if not drop.get(name)}
    if "updates" in table:
        updates = int(table["updates"])
    else:
        sampling, cap = values.get("sampling", "proportional"), values.get("cap", _DEFAULTS["cap"])
        examples = epoch_of(shares, sampling, cap)
        updates = max(1, math.ceil(examples * table["epochs"] / table["batch"]))
    return Settings(updates=updates + more, **values)
