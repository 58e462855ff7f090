"""A running study as it is watched: live on a terminal, lines elsewhere, as JSON, or not at all.

In: a plan, its store, the events of its run. Out: what is shown, on standard error, so that results can be piped.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from xstilts.catalogue.errors import Problem, nearest
from xstilts.cli.frame import say
from xstilts.cli.progress import KINDS, duration, job_line

if TYPE_CHECKING:
    from rich.console import Group

    from xstilts.study.manifest import Plan
    from xstilts.study.run import Event
    from xstilts.study.store import Store

EVERY = 10.0  # seconds between two lines where there is no terminal
FORMS = ("auto", "lines", "json", "quiet")
TOLD = ("planned", "note", "stopping")

Report = Callable[["Event"], None]


class Tally:
    """What of a study is done by kind of job, and the last score."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self._plan, self._store = plan, store
        self.total = Counter(plan.phase(key) for key in plan.jobs)
        self.done: Counter[str] = Counter()
        self.last = ""

    def take(self, event: Event) -> None:
        """Count what has just happened."""
        if event.kind == "planned":
            self.done = Counter(self._plan.phase(key) for key in self._plan.jobs if self._store.stored(key))
        elif event.kind == "done" and event.key is not None:
            found = self._plan.phase(event.key)
            self.done[found] += 1
            if found == "score":
                score = self._store.record(event.key).get("score")
                label = event.message.removeprefix("score ")
                self.last = f"{label}: {score:.1f}" if isinstance(score, (int, float)) else self.last

    def phases(self) -> str:
        """``intermediate training 2/4, prediction 10/40``."""
        return ", ".join(f"{KINDS[name]} {self.done[name]}/{count}" for name, count in self.total.items())


@contextmanager
def watching(plan: Plan, store: Store, form: str = "auto", streams: Sequence[str] = ()) -> Iterator[Report]:
    """A function that shows events while inside, in a form of ``FORMS``, and sends finished jobs to ``streams``."""
    if form not in FORMS:
        raise Problem(f"--progress '{form}' is unknown{nearest(form, FORMS) or '.'} forms: {', '.join(FORMS)}")
    tally = Tally(plan, store)
    with _sending(plan, store, streams) as send, _shown(form, tally) as show:

        def report(event: Event) -> None:
            tally.take(event)
            show(event)
            if event.kind == "done" and event.key is not None:
                send(event.key)

        yield report


@contextmanager
def _shown(form: str, tally: Tally) -> Iterator[Report]:
    if form == "quiet":
        yield _failures
    elif form == "json":
        yield lambda event: say(json.dumps(plain(event, tally), ensure_ascii=False))
    elif form == "auto" and sys.stderr.isatty():
        with _live(tally) as report:
            yield report
    else:
        yield _Lines(tally).report


@contextmanager
def _sending(plan: Plan, store: Store, names: Sequence[str]) -> Iterator[Callable[[str], None]]:
    if not names:
        yield lambda key: None
        return
    from xstilts.report.streams import Streams, opened

    streams = Streams(plan, store, {name: opened(name, plan.name) for name in names}, say)
    try:
        yield streams.done
    finally:
        streams.close()


def plain(event: Event, tally: Tally) -> Mapping[str, object]:
    """An event as JSON: its fields, with jobs done by kind and the last score."""
    return {
        **asdict(event),
        "phases": {name: [tally.done[name], n] for name, n in tally.total.items()},
        "last": tally.last,
    }


def _failures(event: Event) -> None:
    if event.kind == "failed":
        say(f"failed: {event.message}")


def event_line(event: Event) -> str:
    """Where a running study stands, in one line."""
    parts = [f"{event.done}/{event.total} jobs done"]
    if event.failed:
        parts.append(f"{event.failed} failed")
    parts.append(f"{duration(event.seconds)} so far")
    if event.seconds_left:
        parts.append(f"about {duration(event.seconds_left)} left")
    now = "; ".join(job_line(job.label, job.done, job.total, job.tokens_per_second) for job in event.running)
    return ", ".join(parts) + (f" | {now}" if now else "")


class _Lines:
    """Says failures at once and where the study stands every ``EVERY`` seconds."""

    def __init__(self, tally: Tally) -> None:
        self._said, self._tally = time.monotonic(), tally

    def report(self, event: Event) -> None:
        if event.kind == "failed":
            say(f"failed: {event.message}")
        elif event.kind in TOLD:
            say(event.message)
        elif event.done < event.total and time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            say(event_line(event) + (f" | last: {self._tally.last}" if self._tally.last else ""))


@contextmanager
def _live(tally: Tally) -> Iterator[Report]:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    console = Console(stderr=True)

    def view(event: Event) -> Group:
        left = f"about {duration(event.seconds_left)} left" if event.seconds_left else ""
        head = f"{event.done}/{event.total} jobs" + (f", {event.failed} failed" if event.failed else "")
        lines = [
            Text(
                f"  {job_line(job.label, job.done, job.total, job.tokens_per_second)}",
                overflow="ellipsis",
                no_wrap=True,
            )
            for job in event.running
        ]
        bar = ProgressBar(total=max(event.total, 1), completed=event.done, width=min(60, console.width))
        last = [Text(f"last score: {tally.last}", overflow="ellipsis", no_wrap=True)] if tally.last else []
        said = Text(f"{head}, {duration(event.seconds)} so far {left}")
        return Group(said, bar, Text(tally.phases(), style="dim"), *lines, *last)

    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def report(event: Event) -> None:
            if event.kind == "failed":
                live.console.print(Text(f"failed: {event.message}", style="red"))
            elif event.kind == "note":
                live.console.print(Text(event.message))
            live.update(view(event))

        yield report
