"""The documentation as a site: ``make docs``.

In: the Markdown files of this folder, and the code. Out: pages; those about commands and rooms are made from the code
into ``reference/``, anew each time, and never committed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import xstilts

DOCS = Path(__file__).parent
REFERENCE = DOCS / "reference"

project = "xstilts"
version = release = xstilts.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"xstilts {version}"
exclude_patterns = ["reference/_*"]
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
suppress_warnings = [
    "myst.xref_missing",
    "myst.header",
    "ref.python",
]  # links to files of the repository that are no pages
autodoc_typehints = "signature"
autodoc_member_order = "bysource"


def _commands() -> str:
    """``xstilts --help`` and every command's, as the command line gives them."""
    program = [sys.executable, "-m", "typer", "xstilts.cli", "utils", "docs", "--name", "xstilts"]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout


def _rooms() -> dict[str, str]:
    """A page a room: what each of its modules says of itself, and its public functions."""
    root = Path(xstilts.__file__).parent
    pages = {}
    for room in sorted(
        path.name for path in root.iterdir() if (path / "__init__.py").exists() or path.name == "report"
    ):
        lines = [f"# xstilts.{room}", ""]
        for path in sorted((root / room).rglob("*.py")):
            module = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
            if path.parent.name == "tasks" or any(part.startswith("to_") for part in path.parts):
                continue  # data, and trackers that may not be installed
            lines += [f"## {module}", "", "```{eval-rst}", f".. automodule:: {module}", "   :members:", "```", ""]
        pages[room] = "\n".join(lines)
    return pages


def setup(app: object) -> None:
    REFERENCE.mkdir(exist_ok=True)
    (REFERENCE / "commands.md").write_text(_commands(), encoding="utf-8")
    for room, text in _rooms().items():
        (REFERENCE / f"{room}.md").write_text(text, encoding="utf-8")
