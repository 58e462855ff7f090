"""What a study's analyses tell, and the command ``analyses`` that lists them.

In: a plan, its store, the table of its results, names of analyses. Out: their sections, and these as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from xstilts.cli.frame import JsonOption, command, put_json

if TYPE_CHECKING:
    import polars as pl

    from xstilts.analysis.section import Section
    from xstilts.study.manifest import Plan
    from xstilts.study.store import Store


def analysed(plan: Plan, store: Store, frame: pl.DataFrame, names: Iterable[str]) -> list[Section]:
    """The sections of the analyses ``names`` about ``frame``. Raises ``Problem`` for a name that is none."""
    from xstilts.analysis.material import Material
    from xstilts.analysis.named import get_analysis
    from xstilts.jobs.behind import Behind
    from xstilts.study.evidence import Evidence

    found = [get_analysis(name) for name in names]
    material = Material(frame, Behind(plan, store), Evidence.model_validate(plan.evidence))
    return [section for one in found for section in one.run(material)]


def written(name: str, frame: pl.DataFrame, told: Sequence[Section], format: str) -> str:
    """``told`` as a ``table`` for the terminal, ``markdown`` or ``json``; artificial languages are marked."""
    import json
    from io import StringIO

    from xstilts.report import markdown, sections, terminal

    marked = sections.constructed(frame)
    if format == "json":
        said = [
            {
                "title": one.title,
                "rows": [dict(zip(one.columns, row, strict=True)) for row in one.rows],
                "notes": list(one.notes),
            }
            for one in told
        ]
        found = {"study": name, "constructed": marked, "sections": said}
        return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if format == "markdown":
        heading = [f"# {name}", *([f"**{sections.CONSTRUCTED}**"] if marked else [])]
        return "\n\n".join([*heading, *(markdown.table(one) for one in told)]) + "\n"
    text = StringIO()
    if marked:
        text.write(f"{sections.CONSTRUCTED}\n")
    for number, one in enumerate(told):
        text.write("\n" if number or marked else "")
        terminal.show_section(one, text)
    return text.getvalue()


@command("analyses")
def analyses(json: JsonOption = False) -> None:
    """What a study can ask of its results: the names for `analyses = [...]` and `--analysis`."""
    from xstilts.analysis.named import get_analysis, names
    from xstilts.cli.catalogue import put_table

    found = [get_analysis(name) for name in names()]
    if json:
        put_json([{"name": one.name, "answers": one.answers} for one in found])
        return
    put_table(("analysis", "what it answers"), [(one.name, one.answers) for one in found])
