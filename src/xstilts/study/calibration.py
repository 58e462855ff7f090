"""How fast this machine trains and predicts, as ``xstilts doctor --calibrate`` measured it.

In: the file of a calibration. Out: ``Calibration``, and the seconds that a job is foreseen to take. An update is taken
to need a moment for every block, whatever is in it, and its operations over the rate that was measured at the nearest
widths and lengths; a prediction only the latter.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from xstilts.catalogue.sealed import read_sealed, replace, sealed
from xstilts.study.job import Embed, Job, Predict, Probe, Train, kind_of
from xstilts.study.manifest import Cost
from xstilts.study.settings import rows_of
from xstilts.study.shape import Shape

NAME = "calibration.json"
FORM = 1
# Seconds of a job beside its computing: to open and write what it needs; as the shipped studies showed on two cores.
EACH: Mapping[str, float] = {"train": 0.3, "predict": 0.1, "embed": 0.2, "probe": 0.3, "merge": 0.3, "score": 0.03}


@dataclass(frozen=True)
class Rate:
    """Operations a second of a ``kind`` of work with encoders of a width, on sequences of a mean length; ``moment``:
    seconds an update takes for each block, whatever is in it."""

    kind: Literal["train", "predict"]
    precision: str
    hidden: int
    length: int
    flops: float
    moment: float = 0.0


FIRST = ("classification", "multiple_choice")
SPARED = 5 / 6  # of the last block, where only first tokens are read: all of it but the keys and values of the others
LABELS = 2.5  # trainings' passes that the Fisher information takes: forward twice, and back for every label

# Of one of two processes on an AMD EPYC (Zen 4): where nothing was measured, what jobs take beside each other follows.
USUAL = (
    Rate("train", "float32", 96, 45, 41e9, 0.004),
    Rate("train", "float32", 768, 45, 122e9, 0.036),
    Rate("train", "bfloat16", 96, 45, 100e9, 0.005),
    Rate("train", "bfloat16", 768, 45, 233e9, 0.028),
    Rate("predict", "float32", 96, 45, 46e9),
    Rate("predict", "float32", 768, 45, 111e9),
    Rate("predict", "bfloat16", 96, 45, 88e9),
    Rate("predict", "bfloat16", 768, 45, 253e9),
)


@dataclass(frozen=True)
class Calibration:
    """``rates`` of one process, while ``at_once`` processes worked; ``encoding``: tokens a second from text; ``when``:
    the date, ``where``: the machine in words."""

    when: str
    where: str
    at_once: int
    encoding: float
    rates: tuple[Rate, ...]


def write(found: Calibration, cache: Path) -> Path:
    """Keep a calibration in the cache folder; where."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / NAME
    replace(path, sealed({"form": FORM, **json.loads(json.dumps(asdict(found)))}))
    return path


def read(cache: Path) -> Calibration | None:
    """The calibration of this machine, or None where there is none that is whole."""
    try:
        said = read_sealed(cache / NAME)
        if said is None or said["form"] != FORM:
            return None
        rates = tuple(Rate(**rate) for rate in said["rates"])
        return Calibration(said["when"], said["where"], said["at_once"], said["encoding"], rates)
    except (OSError, KeyError, TypeError, ValueError):
        return None


def seconds(job: Job, cost: Cost, shape: Shape | None, rates: Sequence[Rate]) -> float:
    """Seconds that ``job`` is foreseen to take in one process."""
    each = EACH[kind_of(job)]
    if shape is None or not cost.tokens:
        return each
    if isinstance(job, Train):
        examples = job.settings.updates * job.settings.batch
        rate, moment = _at(rates, "train", job.settings.precision, shape.hidden, cost.tokens / examples)
        flops = cost.flops * (1.0 - SPARED / shape.layers if _reads_one(job) else 1.0)
        if any(share.type == "mlm" for share in job.shares):  # hidden tokens are compared with the whole table
            flops += 6.0 * job.settings.masking * cost.tokens * shape.vocabulary * shape.hidden
        return each + job.settings.updates * shape.layers * moment + flops / rate
    share = job.share if isinstance(job, Probe) else None
    rows = rows_of(share) if share else job.data.rows if isinstance(job, Predict | Embed) else 0
    length = cost.tokens / rows if rows else 32.0
    precision = job.precision if isinstance(job, Predict | Embed | Probe) else "float32"
    if isinstance(job, Probe) and job.shows in ("fisher", "gradient"):  # every row goes through, and back, alone
        rate, moment = _at(rates, "train", precision, shape.hidden, length)
        passes = LABELS if job.shows == "fisher" else 1.0
        return each + passes * (rows * shape.layers * moment + cost.flops / rate)
    return each + cost.flops / _at(rates, "predict", precision, shape.hidden, length)[0]


def _reads_one(job: Train) -> bool:
    """Whether heads read nothing but the first token of a sequence."""
    return job.settings.pooling == "first" and all(share.type in FIRST for share in job.shares)


def _at(rates: Sequence[Rate], kind: str, precision: str, hidden: int, length: float) -> tuple[float, float]:
    """Operations a second and seconds of a moment between those that were measured: by the logarithms of width and
    length, not beyond the outermost."""
    own = [rate for rate in rates if rate.kind == kind and rate.precision == precision]
    own = own or [rate for rate in rates if rate.kind == kind]
    widths = sorted({rate.hidden for rate in own})
    found = []
    for width in widths:
        lengths = sorted((rate for rate in own if rate.hidden == width), key=lambda rate: rate.length)
        low, high, part = _between([rate.length for rate in lengths], length)
        found.append((_mixed(lengths[low].flops, lengths[high].flops, part), lengths[0].moment))
    low, high, part = _between(widths, hidden)
    flops, moment = (_mixed(found[low][which], found[high][which], part) for which in (0, 1))
    if hidden > widths[-1]:
        moment *= (hidden / widths[-1]) ** 2  # which is that of the optimizer, who has so many more weights
    return flops, moment


def _between(known: Sequence[float], asked: float) -> tuple[int, int, float]:
    """Between which of the rising ``known`` values ``asked`` lies, and how far from the first to the second."""
    high = next((number for number, value in enumerate(known) if value >= asked), len(known) - 1)
    low = max(0, high - 1) if known[high] > asked else high
    if low == high:
        return low, high, 0.0
    return low, high, min(1.0, max(0.0, math.log(asked / known[low]) / math.log(known[high] / known[low])))


def _mixed(low: float, high: float, part: float) -> float:
    if low <= 0 or high <= 0:
        return low + part * (high - low)
    return math.exp(math.log(low) + part * math.log(high / low))
