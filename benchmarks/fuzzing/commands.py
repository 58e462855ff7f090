"""Command lines: whole ones, and how they are given, within this process or as a process of its own.

    python -m benchmarks.fuzzing.commands OUTSIDE WORD...

is ``xstilts WORD...`` with a listener: files that are changed outside of the folder it starts in are named in the file
OUTSIDE.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fuzzing import material
from benchmarks.fuzzing.breaking import Case
from benchmarks.fuzzing.watch import Guard

CODES = (0, 1, 2, 130)
PATIENCE = 120  # seconds for a process on a busy machine

# Nothing here trains: broken as they are, these lines must not begin hours of work.
_LINES = (
    "score --predictions predictions --references references --partial --json",
    "score --predictions predictions --references references --benchmark xtreme-r --rules strict --details --json",
    "plan study.toml --store store --json",
    "plan study.toml --level quick --store store",
    "run study.toml --store store --until 0s",
    "status study --store store",
    "results study.toml --store store --format csv --group language",
    "report study.toml --store store",
    "export study.toml out --store store --benchmark catalogue",
    "tasks --json",
    "languages --json",
    "backbones --json",
    "studies",
    "claims --published",
    "data check world/nli",
    "data show xnli --language en --data data",
    "data convert ccgbank ccgbank --data data",
    "store verify --store store",
    "store repair --store store",
    "store size --store store",
    "store prune --store store --weights all",
    "store merge other --store store",
    "job 0123456789abcdef0123456789abcdef --store store",
    "init mine.toml",
    "advise --target mine --type classification --data rows.jsonl --store store",
)  # fmt: skip


def lines() -> list[Case]:
    """Each line with the files that it names."""
    plan, pair = material.planned()[0].files, material.folders()[0].files
    ccg = material.publishers()[1].files
    found = []
    for line in _LINES:
        files = {
            **(plan if "study" in line or "rows" in line else {}),
            **(pair if "predictions" in line else {}),
            **(ccg if "ccgbank" in line else {}),
        }
        found.append(Case(files, tuple(line.split())))
    return found


def inside(words: Sequence[str]) -> None:
    """The line within this process. What the command itself raises comes out, except for its exit; raises
    ``RuntimeError`` for an exit code that means nothing."""
    from typer.testing import CliRunner

    from xstilts.cli import app

    done = CliRunner().invoke(app, list(words), prog_name="xstilts")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    if done.exit_code not in CODES:
        raise RuntimeError(f"exit code {done.exit_code}")


def outside(folder: Path, case: Case, python_path: str) -> str:
    """The line as a process that starts in ``folder/here``: what went wrong, nothing where all was well."""
    here, told = folder / "here", folder / "outside"
    told.unlink(missing_ok=True)
    surroundings = {
        **os.environ, "PYTHONPATH": python_path, "XSTILTS_CACHE": str(here / "cache"), "HOME": str(here / "home"),
        "TMPDIR": str(here), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "80",
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.fuzzing.commands", str(told), *case.words],
            cwd=here, env=surroundings, capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"hang: more than {PATIENCE} s"
    said = done.stderr.decode(errors="replace")
    if "Traceback (most recent call last)" in said:
        return f"traceback: {said.strip().splitlines()[-1][:200]}"
    if done.returncode not in CODES:
        return f"exit code {done.returncode}: {said[-200:]}"
    if told.exists():
        return f"written outside: {told.read_text(encoding='utf-8').splitlines()[0]}"
    return ""


def _main() -> None:
    told = Path(sys.argv[1])
    guard = Guard(Path.cwd())
    from xstilts.cli import app

    try:
        app(sys.argv[2:], prog_name="xstilts")
    finally:
        if guard.outside:
            found = "\n".join(guard.outside)
            guard.allowed = (str(told),)
            told.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    _main()
