"""The card of a model that was trained: what it learned, how well, how sure, in which languages.

In: the results table of its study, what was chosen and why. Out: Markdown, with the front matter that hubs read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import polars as pl

from xstilts.analysis.gains import hurdle
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
    """``frame`` is the study's results table, ``arm`` and ``seed`` the run that is kept; ``why`` says how both the
    intermediate task and the run were chosen; ``facts`` how it was trained, by name; ``pairs``: it read two texts."""

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
    facts: Mapping[str, str]
    pairs: bool = False


def card(about: Card) -> str:
    """The text of the card."""
    weak = useless(about)
    scored = [code for code in about.frame["language"].to_list() if code not in weak]
    languages = list(dict.fromkeys([about.language, *scored]))
    head = ["---", f"pipeline_tag: {PIPELINES[about.type]}", "library_name: transformers", "language:"]
    head += [*(f"- {code}" for code in languages), "tags:", "- xstilts", "---"]
    prepared = f", then on the intermediate task `{about.intermediate}`" if about.arm != "baseline" else ""
    parts = [
        "\n".join(head),
        f"# {about.name}",
        *(f"**{line}**" for line in weak.values()),
        f"`{about.backbone}`, pretrained{prepared}, then trained on labelled rows in `{about.language}`"
        + (f": {', '.join(f'`{label}`' for label in about.labels)}." if 0 < len(about.labels) <= 20 else "."),
        "\n".join(f"- {line}" for line in about.why),
        "\n".join(f"- {name}: {value}" for name, value in about.facts.items()),
        table(scores(about)),
        table(fitting(about)),
        "## Use",
        f"""```python
from transformers import {_CLASSES[about.type]}, AutoTokenizer

model, tokenizer = {_CLASSES[about.type]}.from_pretrained("."), AutoTokenizer.from_pretrained("."){_fed(about)}
```

`xstilts predict FOLDER FILE` gives predictions with the confidence that was fitted, which the library's own model does
not.""",
        f"Made by `xstilts train` {about.version}. Scores are of one machine and {_runs(about.frame)}; languages "
        "without a row above were never scored, and what the model does in them is not known.",
    ]
    return "\n\n".join(parts) + "\n"


def useless(about: Card) -> dict[str, str]:
    """The scored languages in which the kept run does not beat its floor by what studies ask for
    (``analysis.gains.hurdle``), each with what to say. Test rows decide; validation rows where there are none."""
    mine = about.frame.filter((pl.col("arm") == about.arm) & (pl.col("seed") == about.seed))
    found: dict[str, str] = {}
    for (code,), rows in mine.group_by(["language"], maintain_order=True):
        tested = rows.filter(pl.col("split") == "test")
        for row in (rows if tested.is_empty() else tested).iter_rows(named=True):
            score, floor, examples = row["score"], row["floor"], row["examples"] or 0
            if score is None or floor is None:
                continue
            needed = hurdle(score, examples)[1]
            if score - floor <= needed:
                found[str(code)] = (
                    f"In {code} it does not beat a trivial predictor: do not use it there ({score:.1f} points, floor "
                    f"{floor:.1f}; on {examples:,} examples {needed:.1f} above the floor are needed)."
                )
    return found


def _fed(about: Card) -> str:
    """The lines of the example that feed a text, or a pair, to a classification."""
    if about.type != "classification":
        return ""
    texts = '"one text", "and its other text"' if about.pairs else '"a text"'
    return (
        f'\nlogits = model(**tokenizer({texts}, truncation=True, return_tensors="pt")).logits'
        "\nprint(model.config.id2label[int(logits.argmax())])"
    )


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
                "kept" if arm == about.arm else "",
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
            _elsewhere(about),
        ),
    )


def _elsewhere(about: Card) -> str:
    tested = list(dict.fromkeys(one.language for one in about.fits if one.language != about.language))
    usual = f"Fitted in {about.language}. In other languages a model is usually surer than it should be"
    if not tested:
        return f"{usual}; without labelled rows in them nobody can tell by how much."
    return f"{usual}: see {', '.join(tested)} above. In languages without a row nobody can tell by how much."


def _points(value: float | None) -> str:
    return "too few" if value is None else f"{value:.1f}"


def _runs(frame: pl.DataFrame) -> str:
    count = frame["seed"].n_unique()
    return "one seed" if count == 1 else f"{count} seeds"


def sections(about: Card) -> Sequence[Section]:
    """What the command prints."""
    return scores(about), fitting(about)
