"""What a study's analyses tell; the commands ``analyses``, which lists them, and ``planted``, which tests them.

In: a plan, its store, the table of its results, names of analyses. Out: their sections, and these as text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.cli.frame import JsonOption, command, put_json, say

if TYPE_CHECKING:
    import polars as pl

    from xstilts.analysis.material import Material
    from xstilts.analysis.section import Section
    from xstilts.catalogue.traits import Traits
    from xstilts.study.manifest import Plan
    from xstilts.study.store import Store


def analysed(
    plan: Plan, store: Store, frame: pl.DataFrame, names: Iterable[str], traits: Traits | None = None
) -> list[Section]:
    """The sections of the analyses ``names`` about ``frame``; ``traits``: the user's own, of languages. Raises
    ``Problem`` for a name that is none."""
    from xstilts.analysis.named import get_analysis

    found = [get_analysis(name) for name in names]
    material = material_of(plan, store, frame, traits)
    return [section for one in found for section in one.run(material)]


def material_of(plan: Plan, store: Store, frame: pl.DataFrame, traits: Traits | None = None) -> Material:
    """What analyses of the study work on; ``traits``: the user's own, of languages."""
    from xstilts.analysis.material import Material
    from xstilts.jobs.behind import Behind
    from xstilts.study.evidence import Evidence

    return Material(frame, Behind(plan, store), Evidence.model_validate(plan.evidence), plan.groups, traits or {})


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


@command("planted")
def planted(
    replicates: Annotated[int, typer.Option("--replicates", min=2, help="Planted studies a line.")] = 1000,
    claims: Annotated[int, typer.Option("--claims", min=50, help="Planted claims for the confidence.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")] = None,
) -> None:
    """Test the analyses on results whose truth is known: coverage, false verdicts, confidence. A Markdown page."""
    from xstilts.analysis.proof import prove
    from xstilts.report.markdown import table

    say(f"planting {replicates:,} studies a line and {claims:,} claims: minutes")
    told = prove(replicates, claims, seed)
    command = f"xstilts planted --replicates {replicates} --claims {claims} --seed {seed}"
    heading = f"# The analyses on planted truth\n\n- Command: `{command}`"
    text = "\n\n".join([heading, *(table(one) for one in told)]) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        say(f"written: {output}")
