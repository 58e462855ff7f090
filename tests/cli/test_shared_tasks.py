"""A task that an installed package shares: found, read, and told apart from a broken one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
from pathlib import Path
from xstilts.catalogue import Files, Task, TaskType
ROWS = str(Path(__file__).parent / "rows.{language}.csv")
FILES = Files("", ("{language}",), "test", path=ROWS)
TASK = Task("shared", "Shared with others", TaskType.CLASSIFICATION, "accuracy", ("en", "sw"), {"test": FILES},
            labels=("no", "yes"))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package, as an installer lays it out."""
    info = tmp_path / "shared_rows-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shared-rows\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[xstilts.tasks]\nshared = shared_rows:TASK\n")
    inside = tmp_path / "shared_rows"
    inside.mkdir()
    (inside / "__init__.py").write_text(MODULE)
    for code in ("en", "sw"):
        (inside / f"rows.{code}.csv").write_text(f"text_a,label\n{code} first,yes\n{code} second,no\n")
    return tmp_path


def xstilts(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), *sys.path])}
    command = [sys.executable, "-m", "xstilts", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, cwd=package, timeout=120)


def test_a_shared_task_is_one_of_the_catalogue(package: Path) -> None:
    done = xstilts(package, "data", "show", "shared", "--language", "sw", "--json")
    assert done.returncode == 0, done.stderr
    (part,) = json.loads(done.stdout)
    assert part["place"] == "own file" and part["examples"][0] == {"text_a": "sw first", "text_b": None, "label": "yes"}
    assert "shared" in [row["name"] for row in json.loads(xstilts(package, "tasks", "--json").stdout)]


def test_mistakes_in_shared_rows_are_told(package: Path) -> None:
    (package / "shared_rows/rows.sw.csv").write_text("text_a,label\na,maybe\nb,no\n")
    done = xstilts(package, "data", "check", "shared")
    assert done.returncode == 1
    assert "rows.sw.csv, row 1 (line 2): unknown label 'maybe'" in done.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"accuracy"', '"answer_f1"'), "metric: 'answer_f1' does not fit"),
        (('("en", "sw")', '("en", "xx")'), "unknown language 'xx'"),
        (('Task("shared"', 'Task("mnli"'), "must be a Task of that name"),
        (("import Files", "import Fils"), "can not be imported"),
    ],
)
def test_a_broken_package_is_named(package: Path, change: tuple[str, str], told: str) -> None:
    (package / "shared_rows/__init__.py").write_text(MODULE.replace(*change))
    done = xstilts(package, "data", "show", "shared")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert told in done.stderr and "of the package shared-rows in the group xstilts.tasks" in done.stderr
