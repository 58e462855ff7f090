"""One piece of the work, in a process of its own, so that a crash or a hang ends no more than that.

    python -m benchmarks.fuzzing.worker WORK READER WAY NUMBER CASES

Out: ``WORK/piece.json`` with the cases read and what went wrong; the files of the case being read lie in ``WORK/now``,
so that whoever started this process can say what ended it. Ways: ``mutated`` (a seeded generator), ``hypothesis``,
``guided`` (atheris), ``processes`` (command lines) and ``again`` (the cases of ``WORK/again.json``).
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzzing.breaking import Case, break_bytes, broken, case_from_json, odd_of
from benchmarks.fuzzing.commands import PATIENCE, outside
from benchmarks.fuzzing.readers import READERS, Reader
from benchmarks.fuzzing.watch import SECONDS, Guard, ended
from xstilts.catalogue.errors import Problem

_MEMORY = 12 << 30  # bytes of address space


class Piece:
    """Where cases are put and counted."""

    def __init__(self, work: Path, reader: Reader) -> None:
        self.work = work
        self.reader = reader
        self.now = work / "now"
        self.cases = 0
        self.findings: list[dict[str, Any]] = []
        # A command writes where its words say; no other reader writes but where it is told to.
        places = (work,) if reader.read is READERS["commands"].read else (self.now / "made", self.now / "store")
        self.guard = Guard(*places, work / "cache", work / "tmp")
        self.begun = time.monotonic()

    def warm(self) -> None:
        """Read whole files first, without a limit of time: what is imported then does not count as theirs."""
        for case in self.reader.seeds():
            self.put(self.now, case)
            with contextlib.suppress(Problem):
                self.reader.read(self.now, case)
        self.guard.outside.clear()

    def read(self, case: Case) -> None:
        """Read one case and note what went wrong."""
        self.put(self.now, case)
        faulthandler.dump_traceback_later(SECONDS + 5, exit=True)
        problem = ended(lambda: self.reader.read(self.now, case), self.guard)
        faulthandler.cancel_dump_traceback_later()
        self.note(case, problem)

    def run(self, case: Case) -> None:
        """Give one command line as a process."""
        self.put(self.now / "here", case)
        faulthandler.dump_traceback_later(PATIENCE + 10, exit=True)
        problem = outside(self.now, case, os.pathsep.join(sys.path))
        faulthandler.cancel_dump_traceback_later()
        self.note(case, problem)

    def note(self, case: Case, problem: str) -> None:
        self.cases += 1
        if problem:
            self.findings.append({"problem": problem, "case": case.to_json()})

    def put(self, folder: Path, case: Case) -> None:
        shutil.rmtree(self.now, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in case.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (self.work / "words.json").write_text(json.dumps(Case({}, case.words).to_json()), encoding="utf-8")

    def keep(self) -> None:
        """Tell the parent."""
        found = {"cases": self.cases, "findings": self.findings, "seconds": time.monotonic() - self.begun}
        (self.work / "piece.json").write_text(json.dumps(found), encoding="utf-8")


def mutated(piece: Piece, name: str, number: int, cases: int, give: Callable[[Case], None]) -> None:
    dice = Random(f"{name} {number}")
    seeds = piece.reader.seeds()
    for _ in range(cases):
        give(broken(dice.choice(seeds), dice, odd_of(dice)))


def hypothesis(piece: Piece, number: int, cases: int) -> None:
    """Where Hypothesis decides what is broken, and draws the odd values of any shape."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.text(st.characters(categories=["Cs", "Cc"]))
    )
    odd = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    )

    @seed(number)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.sampled_from(piece.reader.seeds()), st.randoms(use_true_random=False), st.lists(odd, min_size=4, max_size=4)
    )
    def every(case: Case, dice: Random, values: list[Any]) -> None:
        piece.read(broken(case, dice, lambda: values[dice.randrange(4)]))

    every()


def guided(piece: Piece, name: str, number: int, cases: int) -> None:
    """The search by coverage: atheris keeps what reaches new lines of ours, and breaks it further."""
    import atheris

    with atheris.instrument_imports(include=["xstilts"]):
        from xstilts.catalogue import traits  # noqa: F401
        from xstilts.data import convert, given, load, lock, stated  # noqa: F401
        from xstilts.metrics import benchmark  # noqa: F401
        from xstilts.study import identity, spec, store  # noqa: F401
    seeds = piece.reader.seeds()
    corpus = piece.work.parent / "corpus" / name
    if not corpus.is_dir():
        corpus.mkdir(parents=True)
        for place, case in enumerate(seeds):
            for inner, file in enumerate(sorted(case.files)):
                (corpus / f"seed-{place}-{inner}").write_bytes(bytes([place, inner]) + case.files[file])
    piece.guard.allowed = (*piece.guard.allowed, f"{corpus}{os.sep}")

    def one(content: bytes) -> None:
        case = seeds[(content[0] if content else 0) % len(seeds)]
        files = sorted(case.files)
        piece.read(
            Case({**case.files, files[(content[1] if len(content) > 1 else 0) % len(files)]: content[2:]}, case.words)
        )
        if piece.cases >= cases:
            piece.keep()
            os._exit(0)

    def custom(content: bytes, size: int, seed: int) -> bytes:
        dice = Random(seed)
        changed = atheris.Mutate(content, size) if dice.random() < 0.5 else content[:2] + break_bytes(content[2:], dice)
        return bytes(changed[:size])

    options = [
        "fuzz",
        str(corpus),
        f"-seed={number + 1}",
        "-max_len=20000",
        "-verbosity=0",
        f"-runs={10 * cases}",
        "-rss_limit_mb=0",
    ]
    atheris.Setup(options, one, custom_mutator=custom)
    atheris.Fuzz()


def main() -> None:
    work, name, way, number, cases = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.update(XSTILTS_CACHE=str(work / "cache"), HF_HUB_OFFLINE="1", TMPDIR=str(work / "tmp"))
    (work / "tmp").mkdir(exist_ok=True)
    sys.dont_write_bytecode = True
    piece = Piece(work, READERS[name])
    if way in ("mutated", "hypothesis", "again"):
        piece.warm()
    if way == "mutated":
        mutated(piece, name, number, cases, piece.read)
    elif way == "processes":
        mutated(piece, f"{name} as processes", number, cases, piece.run)
    elif way == "hypothesis":
        hypothesis(piece, number, cases)
    elif way == "guided":
        guided(piece, name, number, cases)
    else:
        for one in json.loads((work / "again.json").read_text(encoding="utf-8")):
            piece.read(case_from_json(one))
    piece.keep()


if __name__ == "__main__":
    main()
