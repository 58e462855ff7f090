"""The two seams of a study: where rows come from, and what starts jobs.

In: nothing. Out: ``Source`` and ``Backend``, which ``cli`` fills in, so that planning knows neither data folders nor
schedulers; ``Places``, what a job needs to find things and what must stay outside its key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from xstilts.catalogue.task import Task
from xstilts.study.job import Key, Rows


@dataclass(frozen=True)
class Given:
    """A file of predictions that another system made, checked against the rows it is about.

    ``labels`` are those that it uses beside the task's own; ``notes`` what a reader of its score should know.
    """

    path: str
    checksum: str
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """Where the rows of tasks are found. Only counts and checksums here; jobs read the rows themselves."""

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        """Languages whose rows can be had, in the task's order; empty if none. Only those ``among`` which it is asked
        are looked for."""

    def settled(self, task: Task) -> Task:
        """``task`` with its labels, where these are found in its training rows and these can be had. Raises
        ``Problem``."""

    def rows(self, task: Task, split: str, language: str) -> Rows:
        """How many rows, and the digest of their content and of how they are read. Raises ``Problem``."""

    def tokens(self, rows: Rows) -> float | None:
        """Mean tokens of one of ``rows``, guessed and cut nowhere; None where nothing is known of them."""

    def given(self, folder: str, rows: Rows, examples: int | None) -> Given:
        """The predictions of the first ``examples`` of ``rows`` (None: of all) in ``folder``. Raises ``Problem`` with
        every mistake in the file."""

    def apart(self, rows: Rows, scored: tuple[Rows, ...], near: bool) -> Rows:
        """``rows`` without those that have a text of ``scored`` ones, or nearly one (``near``). Raises ``Problem``."""


@dataclass(frozen=True)
class Outcome:
    """How a started group of jobs ended: ``failure`` is None, or what went wrong in one line. ``killed``: from outside,
    so that another try may end better."""

    keys: tuple[Key, ...]
    failure: str | None
    killed: bool = False


class Backend(Protocol):
    """Starts ``xstilts job KEY... --store DIR`` somewhere and tells when it ended.

    ``slots``: groups at once, as things stand now. ``threads`` of every process, None where the cores of this machine
    are shared out. ``memory``: bytes that all of them share, None where nobody has to count them here.
    """

    @property
    def slots(self) -> int: ...

    @property
    def threads(self) -> int | None: ...

    @property
    def memory(self) -> float | None: ...

    def start(self, keys: Sequence[Key], threads: int, memory: float) -> None:
        """Start one process that does ``keys`` in order; ``memory``: bytes that it is estimated to need. Returns at
        once."""

    def finished(self, timeout: float) -> list[Outcome]:
        """Groups that ended since the last call, waiting at most ``timeout`` seconds for one."""

    def end(self, keys: Sequence[Key]) -> None:
        """Kill the process of a group that was started with ``keys``; ``finished`` tells of it as of any other."""

    def stop(self) -> None:
        """Ask every running group to save its checkpoint and end; returns when all have."""


@dataclass(frozen=True)
class Places:
    """Where a job finds things on this machine. Never part of a key.

    ``data``: a data folder. ``world``: settings of the constructed languages. ``tasks``: a study's own tasks, as the
    fields of ``Task``; relative paths in them start at ``base``. ``backbones``: ``Start.backbone`` to a folder or hub
    name. ``languages``: a study's own, as the fields of ``Language``. ``revisions``: the commits at which data sets of
    the hub are read. ``predictions``: ``Predict.given`` to the file with that content. ``held``: how trainings are held
    by devices, by what they begin with (``held.Held``).
    """

    data: str | None = None
    world: Mapping[str, Any] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    backbones: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None
    languages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    predictions: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
