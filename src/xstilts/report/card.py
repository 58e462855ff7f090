"""The card of a model that is given away: what it learned, how well, how sure, in which languages.

In: the results table of its study, what was chosen and why. Out: Markdown, with the front matter that hubs read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import polars as pl

from xstilts.analysis.section import Section
from xstilts.report.markdown import table

PIPELINES: Mapping[str, str] = {
    "classification": "text-classification",
    "multiple_choice": "multiple-choice",
    "token_classification": "token-classification",
    "span_extraction": "question-answering",
}
_CLASSES: Mapping[str, str] = {
    "classification": "AutoModelForSequenceClassification",
    "multiple_choice": "AutoModelForMultipleChoice",
    "token_classification": "AutoModelForTokenClassification",
    "span_extraction": "AutoModelForQuestionAnswering",
}


@dataclass(frozen=True)
class Fit:
    """How well confidence fits in one set of rows: answers, the share that is right, and the expected calibration error
    (points, 15 bins of equal mass) before and after it was rescaled, None where answers are too few to say."""

    split: str
    language: str
    answers: int
    right: float
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Card:
    """``frame`` is the study's results table, ``arm`` and ``seed`` the run that is given away; ``why`` says how both
    the intermediate task and the run were chosen."""

    name: str
    type: str
    labels: tuple[str, ...]
    language: str
    backbone: str
    intermediate: str
    arm: str
    seed: int
    frame: pl.DataFrame
    fits: tuple[Fit, ...]
    why: tuple[str, ...]
    version: str


def card(about: Card) -> str:
    """The text of the card."""
    languages = list(dict.fromkeys([about.language, *about.frame["language"].to_list()]))
    head = ["---", f"pipeline_tag: {PIPELINES[about.type]}", "library_name: transformers", "language:"]
    head += [*(f"- {code}" for code in languages), "tags:", "- xstilts", "---"]
    prepared = f", then on the intermediate task `{about.intermediate}`" if about.arm != "baseline" else ""
    parts = [
        "\n".join(head),
        f"# {about.name}",
        f"`{about.backbone}`, pretrained{prepared}, then trained on labelled rows in `{about.language}`"
        + (f": {', '.join(f'`{label}`' for label in about.labels)}." if 0 < len(about.labels) <= 20 else "."),
        "\n".join(f"- {line}" for line in about.why),
        table(scores(about)),
        table(fitting(about)),
        "## Use",
        f"""```python
from transformers import {_CLASSES[about.type]}, AutoTokenizer

model, tokenizer = {_CLASSES[about.type]}.from_pretrained("."), AutoTokenizer.from_pretrained(".")
```

`xstilts predict FOLDER FILE` gives predictions with the confidence that was fitted, which the library's own model does
not.""",
        f"Made by `xstilts train` {about.version}. Scores are of one machine and {_runs(about.frame)}; languages "
        "without a row above were never scored, and what the model does in them is not known.",
    ]
    return "\n\n".join(parts) + "\n"


def scores(about: Card) -> Section:
    """Every arm's score in every set of rows, means over seeds."""
    rows = []
    for (split, language, arm), part in about.frame.group_by(["split", "language", "arm"], maintain_order=True):
        known, floor = (part[name].drop_nulls().to_list() for name in ("score", "floor"))
        spread = f" ± {stdev(known):.1f}" if len(known) > 1 else ""
        rows.append(
            (
                str(split),
                str(language),
                about.intermediate if arm != "baseline" else "none",
                "given away" if arm == about.arm else "",
                f"{fmean(known):.1f}{spread}" if known else "",
                f"{fmean(floor):.1f}" if floor else "",
                str(part["examples"].max()),
            )
        )
    metric = ", ".join(about.frame["metric"].unique(maintain_order=True).to_list())
    return Section(
        f"Scores ({metric}, points)",
        ("rows", "language", "intermediate task", "", "score", "floor", "examples"),
        tuple(rows),
        4,
        (
            "floor: what a trivial predictor reaches. The validation rows have chosen the run, so their scores flatter "
            "it.",
        ),
    )


def fitting(about: Card) -> Section:
    """How far confidence can be trusted."""
    rows = tuple(
        (one.split, one.language, f"{one.answers:,}", f"{100 * one.right:.1f}", _points(one.before), _points(one.after))
        for one in about.fits
    )
    return Section(
        "Confidence",
        ("rows", "language", "answers", "right (%)", "error before", "error after"),
        rows,
        2,
        (
            "error: expected calibration error in points, 15 bins of equal mass. after: rescaled by what fits the "
            "validation rows (of these: by their other half).",
            f"Fitted in {about.language}. In other languages a model is usually surer than it should be; without "
            "labelled rows in them nobody can tell by how much.",
        ),
    )


def _points(value: float | None) -> str:
    return "too few" if value is None else f"{value:.1f}"


def _runs(frame: pl.DataFrame) -> str:
    count = frame["seed"].n_unique()
    return "one seed" if count == 1 else f"{count} seeds"


def sections(about: Card) -> Sequence[Section]:
    """What the command prints."""
    return scores(about), fitting(about)
