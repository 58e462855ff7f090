"""Commands that list what exists: ``tasks``, ``languages``, ``backbones``, ``studies``.

In: options. Out: a table, or with ``--json`` every field. ``tasks`` also says what of it lies on this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xstilts.cli.frame import DataOption, JsonOption, MarkdownOption, TraitsOption, command, put, put_json, say


@command("tasks")
def tasks(data: DataOption = None, markdown: MarkdownOption = False, json: JsonOption = False) -> None:
    """Tasks, and in how many languages their data is here."""
    if markdown:
        from xstilts.report.pages import tasks_page

        put(tasks_page().removesuffix("\n"))
        return
    from dataclasses import asdict

    from xstilts.catalogue.find import tasks as known
    from xstilts.jobs.sources import open_source
    from xstilts.study.protocols import Places

    source = open_source(Places(data=str(data) if data else None), online=False)
    rows = []
    for task in known().values():
        here = {split: list(source.languages(task, split)) for split in task.splits}
        rows.append(asdict(task) | {"type": str(task.type), "here": here})
    if json:
        put_json(rows)
        return
    put_table(
        ("task", "type", "metric", "train", "scored", "title"),
        [
            (
                row["name"],
                row["type"],
                row["metric"],
                _share(row, "train"),
                _share(row, row["evaluation_split"]),
                _short(_titled(row)),
            )
            for row in rows
        ],
    )
    say("train, scored: languages whose rows are here (of all in the catalogue). Everything about a task: --json")
    if data is None:
        say("Human languages come from a data folder (--data DIR or XSTILTS_DATA) or the hub: xstilts data fetch TASK")


@command("languages")
def languages(traits: TraitsOption = None, markdown: MarkdownOption = False, json: JsonOption = False) -> None:
    """Languages, their families and scripts, and the tasks that are scored in them."""
    if markdown:
        from xstilts.report.pages import languages_page

        put(languages_page().removesuffix("\n"))
        return
    from dataclasses import asdict

    from xstilts.catalogue.find import tasks as known
    from xstilts.catalogue.language import languages as table
    from xstilts.catalogue.traits import read_traits

    found: dict[str, list[str]] = {}
    for task in known().values():
        for code in task.languages_of(task.evaluation_split):
            found.setdefault(code, []).append(task.name)
    more = read_traits(traits) if traits else {}
    names = list(next(iter(more.values()), {}))
    rows = [
        more.get(code, {}) | asdict(language) | {"tasks": found.get(code, [])} for code, language in table().items()
    ]
    if json:
        put_json(rows)
        return
    shown = ["code", "name", "family", "script", *(name for name in names if name not in ("name", "family", "script"))]
    put_table((*shown, "tasks"), [(*(row.get(name, "") for name in shown), str(len(row["tasks"]))) for row in rows])


@command("backbones")
def backbones(json: JsonOption = False) -> None:
    """Encoders that are known by name; any other folder or hub name works as well."""
    from dataclasses import asdict

    from xstilts.catalogue.backbone import backbones as known

    rows = [asdict(backbone) for backbone in known().values()]
    if json:
        put_json(rows)
        return
    put_table(
        ("backbone", "title", "layers", "hidden", "parameters"),
        [
            (
                row["name"],
                row["title"],
                str(row["layers"] or ""),
                str(row["hidden"] or ""),
                f"{row['parameters'] / 1e6:,.0f} M" if row["parameters"] else "",
            )
            for row in rows
        ],
    )
    say("Any folder or hub name of an encoder in the hub's format works: path = \"...\" in a study's [backbones.NAME]")


@command("studies")
def studies(json: JsonOption = False) -> None:
    """The shipped studies and their questions."""
    from xstilts.study.forms import forms_in
    from xstilts.study.spec import read, shipped

    rows = []
    for name, path in shipped().items():
        study, _ = read(name)
        forms = forms_in(study)
        rows.append(
            {
                "name": name,
                "question": study.get("question", ""),
                "levels": list(dict.fromkeys(level for _, level in forms)),
                "variants": list(dict.fromkeys(variant for variant, _ in forms if variant)),
                "path": str(path),
            }
        )
    if json:
        put_json(rows)
        return
    put_table(
        ("study", "variants", "levels", "question"),
        [(row["name"], ", ".join(row["variants"]), ", ".join(row["levels"]), row["question"]) for row in rows],
    )
    say("One of your own: xstilts init")


def put_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns of text on standard output, set to the left, the last one as long as it is."""
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns) - 1)]
    for row in [columns, *rows]:
        put("  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


def _share(row: dict[str, Any], split: str) -> str:
    """``3 of 15`` languages, or a dash where the task has no such split."""
    if split not in row["splits"]:
        return "-"
    all_of_them = row["splits"][split]["languages"] or row["languages"]
    return f"{len(row['here'][split])} of {len(all_of_them)}"


def _titled(row: dict[str, Any]) -> str:
    """The title, after what a stand-in stands in for."""
    return f"in place of {row['in_place_of']}: {row['title']}" if row["in_place_of"] else str(row["title"])


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
