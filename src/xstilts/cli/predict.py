"""The command ``predict``: what a model of ``train`` says of rows, and how far that can be trusted.

In: a model's folder, a file of the user (CSV, JSON, Parquet). Out: the file with predictions and confidence.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import replace
from xstilts.catalogue.task import TaskType
from xstilts.cli.frame import command, say
from xstilts.cli.own import ColumnOption, pairs, unknown_languages

if TYPE_CHECKING:
    from xstilts.jobs.handed import About

UNREAD = 0.05  # share of unknown pieces from which on it is told


@command("predict")
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder that xstilts train wrote.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rows, labelled or not: CSV, JSON, JSONL or Parquet.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV, JSONL or Parquet by its name; default: CSV, printed.")
    ] = None,
    column: ColumnOption = None,
    language: Annotated[
        str | None, typer.Option(help="The language of FILE, to be told how far confidence can be trusted in it.")
    ] = None,
    probabilities: Annotated[bool, typer.Option(help="Also the share of every label.")] = False,
) -> None:
    """What a model says of rows, and how sure it is.

    For example: xstilts predict reviews-model swahili.csv --output said.csv
    """
    from xstilts.analysis.calibration.confidence import Confidence
    from xstilts.data.given import LABELS, given_rows
    from xstilts.data.tables import open_table
    from xstilts.jobs.handed import read_about
    from xstilts.report.said import FORMATS, said, written

    form = output.suffix if output else ".csv"
    if form not in FORMATS:
        raise Problem(f"--output '{output}': write one of {', '.join(FORMATS)}")
    if output:
        _can_write(output, file)
    if language is not None and (wrong := unknown_languages([("--language", language)])):
        raise Problem(*wrong)
    about = read_about(model)
    kind = TaskType(about.type)
    named = {**about.columns, **pairs("--column", column)}
    texts = {role: name for role, name in named.items() if role not in LABELS[kind]}
    rows, _ = given_rows(file, kind, texts, labelled=False)

    from xstilts.jobs.handover import predicted

    found, unknown = predicted(model, about, rows)
    confidence = Confidence(**about.confidence)
    table = said(open_table(file), kind, about.labels, found, confidence, probabilities)
    content = written(table, form)
    if output:
        replace(output, content, synced=False)
        say(f"written: {output} ({table.num_rows:,} rows)")
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    for line in _cautions(unknown, about, language):
        say(f"note: {line}")


def _can_write(output: Path, file: Path) -> None:
    """Make the folder of ``output``. Raises ``Problem`` where it can not be written there, or is what is read."""
    from xstilts.cli.opened import made

    if output.resolve() == file.resolve():
        raise Problem(f"--output '{output}' is the file that is read: name another")
    made(output.parent, "--output")
    if output.is_dir() or not os.access(output.parent, os.W_OK):
        raise Problem(f"--output '{output}' can not be written: name a file in a folder of yours")


def _cautions(unknown: float, about: About, language: str | None) -> list[str]:
    """What to know before the predictions are used; ``language`` is that of the rows, None where nobody said it."""
    found = []
    if weak := [code for code in about.weak if language is None or code in (language, about.language)]:
        found.append(
            f"on labelled rows in {', '.join(weak)} this model did not clearly beat a trivial predictor: do not rely "
            "on it there (README.md of the model has the scores)"
        )
    if unknown > UNREAD:
        found.append(
            f"the tokenizer does not know {unknown:.0%} of the pieces of these texts: the encoder may not read their "
            "script at all; take one that was pretrained on it (xstilts backbones)"
        )
    return [*found, _trust(about, language)]


def _trust(about: About, language: str | None) -> str:
    """How far the confidence can be trusted."""
    from xstilts.analysis.calibration.confidence import LEAST

    basis = f"confidence was fitted on rows in {about.language}"
    if not about.confidence.get("examples"):
        basis = "confidence is raw: there were too few validation rows to fit it"
    if language is not None and language in about.errors:
        error, answers = about.errors[language]
        counted = f"expected calibration error on {answers:,} labelled answers"
        return f"{basis}; in {language} it was off by {error:.1f} points on average ({counted})"
    if language is not None:
        usual = "" if language == about.language else ", where it is usually too high"
        more = f"{LEAST} labelled answers or more, with xstilts train --test {language}=FILE, tell"
        return f"{basis}; it was not measured in {language}{usual}: {more}"
    measured = f" (measured in {', '.join(about.errors)}: --language tells it)" if about.errors else ""
    return f"{basis}; in other languages it is usually too high{measured}"
