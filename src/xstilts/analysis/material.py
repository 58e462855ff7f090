"""What an analysis works on, and what one is.

In: the long table of results, a reader of what its scores came from, what counts as evidence. Out: ``Material``,
``Analysis``. The reader is a protocol, since data and store belong to other rooms; the command line passes one in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from xstilts.analysis.section import Section
from xstilts.study.job import Key

if TYPE_CHECKING:
    from xstilts.analysis.calibration.table import Calibrated
    from xstilts.study.evidence import Evidence
    from xstilts.study.needs import Need, Probing

Array = np.ndarray[Any, np.dtype[Any]]


class Reader(Protocol):
    """What lies behind a score, found by its key (column ``job``). Every table has one row an example, in the order of
    the data; None where it is not in the store or the rows are not to be had on this machine.
    """

    def predictions(self, score: Key) -> pa.Table | None:
        """The predictions, as ``metrics.PREDICTIONS`` has them, with a column ``logits`` where they were kept."""

    def counts(self, score: Key) -> pa.Table | None:
        """The counts of the score's metric, one column a count."""

    def gold(self, score: Key) -> pa.Table | None:
        """The rows that were scored: texts and labels."""

    def labelled(self, score: Key, split: str) -> tuple[pa.Table, pa.Table] | None:
        """Predictions of the same model on ``split`` of the language that has labels, and these rows (see ``Need``)."""

    def trained_on(self, score: Key) -> Mapping[str, Sequence[str]]:
        """Texts of the first rows that the intermediate and target phases behind a score trained on, by task; of a
        target without training those that were scored. Nothing for rows that are not to be had."""

    def pieces(self, score: Key) -> tuple[int, int] | None:
        """How many tokens the model's own tokenizer makes of the scored rows' texts, and how many of them it does not
        know."""

    def shown(
        self, shows: str, backbone: str, arm: str = "", target: str = "", language: str = ""
    ) -> Mapping[str, Array] | None:
        """The arrays of a probe (``study.job.Probe``) by name: what it ``shows`` of a backbone after an ``arm`` (empty:
        before any; the study's baseline: after the target phase alone) on the rows of a ``target`` (empty: of the arm's
        own task) in a ``language`` (empty: the labelled one)."""

    def changed(self, score: Key, change: str) -> pa.Table | None:
        """Predictions of the same model on the scored rows after a change (see ``Need``), with a column ``changed``:
        which rows are any different."""


@dataclass(frozen=True)
class Material:
    """``frame``: the long table of one study (``analysis.table.COLUMNS``); ``read``: what its scores came from;
    ``groups``: sets of languages that the study tells apart; ``traits``: what a user knows of languages beyond the
    catalogue."""

    frame: pl.DataFrame
    read: Reader
    evidence: Evidence
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    traits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def calibrated(self) -> Calibrated:
        """``calibration.table.calibrated``, which several analyses read, computed once."""
        from xstilts.analysis.calibration.table import calibrated

        return calibrated(self)


@dataclass(frozen=True)
class Analysis:
    """``name`` is that of its file; ``answers`` says in a few words what it tells; ``run`` gives titled tables;
    ``needs``: predictions and probes beside the scored predictions, which a study that names the analysis makes.

    What can not be said (too few seeds, languages or sizes) is a section too, which says so: never an empty list.
    """

    name: str
    answers: str
    run: Callable[[Material], Sequence[Section]]
    needs: tuple[Need | Probing, ...] = ()
