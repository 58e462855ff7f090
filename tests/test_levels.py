"""The house plan, held by tests: which room may import which, and what must not be loaded to plan, score and report."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import xstilts

ROOT = Path(xstilts.__file__).parent

# docs/architecture.md, "Rooms and levels".
LEVEL = {
    "catalogue": 0,
    "metrics": 1,
    "data": 1,
    "study": 1,
    "literature": 1,
    "world": 2,
    "model": 2,
    "analysis": 2,
    "train": 3,
    "evaluate": 3,
    "jobs": 4,
    "report": 4,
    "cli": 5,
}
MAY_IMPORT = {
    "catalogue": set(),
    "metrics": {"catalogue"},
    "data": {"catalogue"},
    "study": {"catalogue"},
    "literature": {"catalogue"},
    "world": {"catalogue", "data"},
    "model": {"catalogue", "data"},
    "analysis": {"catalogue", "metrics", "study"},
    "train": {"catalogue", "data", "model", "metrics"},
    "evaluate": {"catalogue", "data", "model", "metrics"},
    "jobs": {"catalogue", "metrics", "data", "study", "literature", "world", "model", "train", "evaluate"},
    "report": {"catalogue", "study", "analysis", "literature"},
    "cli": set(LEVEL) - {"cli"},
}
# Where a heavy library may be named at all; everything not listed here is free.
HEAVY = {
    "torch": {"model", "train", "evaluate", "jobs", "cli"},
    "transformers": {"model"},
    "datasets": {"data"},
    "polars": {"analysis", "report", "cli"},
    "scipy": {"analysis", "model"},
    "statsmodels": {"analysis"},
    "pydantic": {"study"},
    "ray": {"study"},
    "submitit": {"study"},
    "rensa": {"data"},
    "pypdfium2": {"literature"},
    "httpx2": {"literature"},
    "tenacity": {"literature"},
    "defusedxml": {"literature"},
    "bm25s": {"literature"},
    "rapidfuzz": {"literature"},
    "krippendorff": {"literature"},
    "bibtexparser": {"literature"},
    "charset_normalizer": {"literature"},
    "rich": {"report", "cli"},
    "jinja2": {"report"},
    "matplotlib": {"report"},
    "typer": {"cli"},
}
LIGHT = ("catalogue", "metrics", "data.source", "study", "literature", "world", "analysis", "report", "cli")


def files() -> Iterator[tuple[str, Path]]:
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT)
        if len(inside.parts) > 1:
            yield inside.parts[0], path


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute module of every import in ``path``, inside functions and under TYPE_CHECKING too."""
    package = ("xstilts", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            origin = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*origin, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "xstilts" and len(parts) > 1 and parts[1] in LEVEL else None


def test_every_room_imports_only_what_its_level_allows() -> None:
    wrong = []
    for room, path in files():
        if room == "studies":
            continue
        assert room in LEVEL, f"{path}: the room {room!r} is not in the house plan"
        for line, module in imports(path):
            other = room_of(module)
            if other and other != room and other not in MAY_IMPORT[room]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_heavy_libraries_stay_in_their_rooms() -> None:
    wrong = []
    for room, path in files():
        for line, module in imports(path):
            library = module.split(".")[0]
            if library in HEAVY and room not in HEAVY[library]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {library}")
    assert not wrong, "\n".join(wrong)


def test_the_table_has_no_circle_and_no_step_upwards() -> None:
    for room, others in MAY_IMPORT.items():
        assert all(LEVEL[other] < LEVEL[room] for other in others), room


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after ``code``."""
    show = "import sys; print('\\n'.join(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split("\n"))


def modules_of(room: str) -> list[str]:
    """Every module of a room, or the one module that is named."""
    path = ROOT.joinpath(*room.split("."))
    if path.is_dir():
        found = [".".join(("xstilts", *file.relative_to(ROOT).with_suffix("").parts)) for file in path.rglob("*.py")]
        return [name.removesuffix(".__init__") for name in found]
    return [f"xstilts.{room}"]


@pytest.mark.parametrize("room", LIGHT)
def test_planning_scoring_and_reporting_load_no_torch(room: str) -> None:
    names = [name for name in modules_of(room) if not name.endswith(("backends.ray", "backends.slurm"))]
    held = loaded_after("\n".join(f"import {name}" for name in sorted(names)))
    assert not held & {"torch", "transformers"}


def test_data_sources_of_a_job_load_no_torch() -> None:
    assert not loaded_after("import xstilts.jobs.sources") & {"torch", "transformers"}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['xstilts', '--help']\nfrom xstilts.cli import main\n"
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as text:\n"
        "    try:\n        main()\n    except SystemExit as end:\n        assert not end.code\n"
        "assert 'demo' in text.getvalue()"
    )
    heavy = {
        "numpy",
        "pydantic",
        "rich",
        "polars",
        "pyarrow",
        "scipy",
        "torch",
        "transformers",
        "datasets",
        "matplotlib",
    }
    assert not loaded_after(code) & heavy
