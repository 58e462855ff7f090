"""The command ``advise``: which intermediate task to take for a target, and how sure.

In: a target, the published table, what the store holds. Out: candidates with predicted gains, what to do, what to
measure first; with ``--evaluate`` how such advice did on targets that it did not see. Nothing is trained.
"""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.catalogue.errors import Problem, nearest
from xstilts.cli.frame import STORE, JsonOption, StoreOption, command, put, put_json, say
from xstilts.cli.own import ColumnOption, pairs, unknown_roles

if TYPE_CHECKING:
    from xstilts.analysis.advice import Advice, Trial

PUBLISHED = "xlm-roberta-large"


@command("advise")
def advise(
    target: Annotated[
        str | None, typer.Option("--target", help="A task of the catalogue, or any name with --type.")
    ] = None,
    type: Annotated[str | None, typer.Option("--type", help="The task type of a target of your own.")] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Languages that matter; may be repeated.")
    ] = None,
    backbone: Annotated[
        str, typer.Option("--backbone", help="The encoder, as the store's tables call it.")
    ] = PUBLISHED,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Rows of your own target, labelled or not (CSV, JSON, Parquet)."),
    ] = None,
    column: ColumnOption = None,
    store: StoreOption = STORE,
    evaluate: Annotated[bool, typer.Option("--evaluate", help="How such advice did on targets left out.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="With --evaluate: a Markdown table.")] = False,
    json: JsonOption = False,
) -> None:
    """Which intermediate task to take for a target: predicted gains, their doubt, what to try first."""
    if evaluate == (target is not None):
        raise Problem("say either --target NAME or --evaluate")
    if evaluate:
        _evaluate(store, json, markdown)
        return
    from xstilts.analysis.advice import advise as predicted
    from xstilts.analysis.trials import candidates
    from xstilts.report.advice import candidates as table
    from xstilts.report.advice import sentence
    from xstilts.report.terminal import show_section

    assert target is not None
    form = _form(target, type)
    named = tuple(language or ())
    _known_languages(named)
    columns = _columns(data, column, form)
    measured = [trial for part in gains_at_hand(store, named, likeness=data is not None).values() for trial in part]
    asked = candidates(target, form, backbone, measured)
    told: list[str] = []
    if data is not None:
        from xstilts.analysis.trials import likened
        from xstilts.cli.likeness import of_file
        from xstilts.study.store import Store

        known, told = of_file(data, target, form, backbone, Store(store), asked, columns)
        asked = likened(asked, known)
        told.append(_learned(measured))
    found = predicted(measured, asked)
    own = sum(trial.source != PUBLISHED for trial in measured)
    notes = [*told, *_notes(measured, target, form, backbone, named)]
    if json:
        put_json(
            {
                "target": target,
                "backbone": backbone,
                "notes": notes,
                "advice": sentence(found),
                "candidates": _plain(found),
            }
        )
        return
    show_section(table(found, target, backbone), sys.stdout)
    put("")
    rests = (
        f"Rests on {len(measured) - own} published gains (Phang et al. 2020, first preprint) and {own} of your store."
    )
    for line in (*sentence(found), rests, *(f"note: {note}" for note in notes)):
        put(fill(line, 100))
    say("how such advice did on targets it had not seen: xstilts advise --evaluate")


def _columns(data: Path | None, column: list[str] | None, form: str) -> dict[str, str]:
    """What the file of the user's own rows calls its roles. Raises ``Problem`` for a folder in place of a file, and for
    roles that the type does not have."""
    from xstilts.catalogue.task import TaskType

    columns = pairs("--column", column)
    wrong = unknown_roles(TaskType(form), columns)
    if columns and data is None:
        wrong.append("--column says what a file calls a role: name the file with --data FILE")
    if data is not None and data.is_dir():
        wrong.append(
            f"--data '{data}' is a folder: a file with rows of your own target is meant here (CSV, JSON, JSONL, "
            "Parquet); a data folder is named by the variable XSTILTS_DATA"
        )
    if wrong:
        raise Problem(*wrong)
    return columns


def _form(target: str, type: str | None) -> str:
    """The task type of the target."""
    from xstilts.analysis.trials import form_of
    from xstilts.catalogue.find import tasks
    from xstilts.catalogue.task import METRICS, TaskType

    types = [str(one) for one in TaskType if METRICS[one]]
    if type is not None:
        if type not in types:
            raise Problem(f"--type '{type}' is unknown{nearest(type, types) or '.'} types: {', '.join(types)}")
        return type
    form = form_of(target)
    if form not in types:
        names = [name for name, task in tasks().items() if str(task.type) in types]
        why = "is not scored" if form else "is not in the catalogue"
        raise Problem(
            f"--target '{target}' {why}{nearest(target, names) or '.'} "
            f"for a task of your own add --type: {', '.join(types)}"
        )
    return form


def _known_languages(codes: tuple[str, ...]) -> None:
    from xstilts.catalogue.language import get_language

    for code in codes:
        get_language(code)


def _learned(measured: list[Trial]) -> str:
    """What is known of how gains follow likeness."""
    targets = len({(trial.source, trial.target) for trial in measured if trial.alike})
    if not targets:
        return "no measured gain has a known likeness: what the rows say can only widen the doubt"
    return f"how gains follow likeness is learned from {targets} targets; --evaluate says what it was worth"


def gains_at_hand(
    store: Path, languages: tuple[str, ...] = (), constructed_too: bool = False, likeness: bool = False
) -> dict[str, list[Trial]]:
    """The gains at hand: the published table, and every study of the store on human languages. ``likeness``: with how
    like tasks and targets are, where it is known."""
    import polars as pl

    from xstilts.analysis.arms import of_published, of_study
    from xstilts.analysis.table import of_store
    from xstilts.analysis.trials import trials
    from xstilts.catalogue.language import languages as table
    from xstilts.study.store import Store

    constructed = [code for code, one in table().items() if one.constructed]
    found = {"published": trials(of_published())}
    if likeness:
        from xstilts.analysis.trials import likened
        from xstilts.cli.likeness import of_study as likeness_of
        from xstilts.cli.likeness import of_words

        found["published"] = likened(found["published"], of_words(found["published"], {}))
    place = Store(store)
    for name in place.studies():
        plan = place.plan(name)
        made = all(cell.language in constructed for cell in plan.cells)
        if made and not constructed_too:
            continue
        effects = of_study(plan, of_store(plan, place))
        effects = effects if made else effects.filter(~pl.col("language").is_in(constructed))
        chosen = effects.filter(pl.col("language").is_in(languages)) if languages else effects
        if part := trials(chosen):
            found[name] = likened(part, likeness_of(plan, place)) if likeness else part
    return found


def _notes(measured: list[Trial], target: str, form: str, backbone: str, languages: tuple[str, ...]) -> list[str]:
    """What the prediction cannot know."""
    found = []
    if backbone not in {trial.source for trial in measured}:
        found.append(
            f"no gain was measured with {backbone}: predictions carry over from other encoders, at unknown loss"
        )
    if languages:
        found.append("published gains are means over languages; only gains of your store know " + ", ".join(languages))
    if form == "retrieval":
        found.append("published retrieval gains are over a weak baseline (Tatoeba 31.0, elsewhere 57.3): expect less")
    elif target not in {trial.target for trial in measured}:
        found.append(f"{target} was not measured: the prediction is for a new target of its form")
    return found


def _evaluate(store: Path, json: bool, markdown: bool) -> None:
    from dataclasses import asdict

    import polars as pl

    from xstilts.analysis.advice import leave_one_out
    from xstilts.analysis.arms import of_published
    from xstilts.analysis.trials import trials
    from xstilts.report.advice import evaluation
    from xstilts.report.markdown import table
    from xstilts.report.terminal import show_section

    beside = of_published().filter(pl.col("mlm"))
    beside = beside.with_columns(mlm=pl.lit(False), backbone=pl.lit(f"{PUBLISHED}, with MLM"))
    published, *others = gains_at_hand(store, constructed_too=True, likeness=True).items()
    apart = [trial for trial in published[1] if not trial.shared]
    ranked = leave_one_out(dict([published]))
    ranked += leave_one_out({"published, no self-pairs": apart})
    ranked += leave_one_out({"published, with MLM": trials(beside)})
    for name, part in others:
        beside_it = [] if any(trial.target.startswith("world/") for trial in part) else [published]
        ranked += [one for one in leave_one_out(dict([*beside_it, (name, part)])) if one.matrix == name]
    if json:
        put_json([asdict(one) for one in ranked])
    elif markdown:
        put(table(evaluation(ranked)))
    else:
        show_section(evaluation(ranked), sys.stdout)


def _plain(advice: list[Advice]) -> list[dict[str, Any]]:
    """Candidates as JSON."""
    return [
        {
            "intermediate": one.candidate.intermediate,
            "same_data": one.candidate.shared,
            "gain": one.gain,
            "deviation": one.deviation,
            "low": one.gain - one.half,
            "high": one.gain + one.half,
            "degrees": one.degrees,
            "helps": one.above(0),
            "trials": one.trials,
            "examples": one.candidate.examples,
        }
        for one in advice
    ]
