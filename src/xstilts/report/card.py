"""The card of a model that was trained: what it learned, how well, how sure, in which languages.

In: the results table of its study, what was chosen and why. Out: Markdown, with the front matter that hubs read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import polars as pl

from xstilts.analysis.calibration.confidence import LEAST
from xstilts.analysis.gains import least_clear
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
_TELLING = 10.0  # points above the floor that rows should be able to tell from chance


@dataclass(frozen=True)
class Fit:
    """How well confidence fits in one set of rows: answers, the share that is right, and the expected calibration error
    (points, 15 bins of equal mass) before and after it was rescaled, None where answers are too few to say or to
    fit."""

    split: str
    language: str
    answers: int
    right: float
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Card:
    """``frame`` is the study's results table, ``arm`` and ``seed`` the run that is kept; ``why`` says how both the
    intermediate task and the run were chosen; ``facts`` how it was trained, by name; ``pairs``: it read two texts;
    ``fitted``: the answers that its confidence was fitted on, 0 where they were too few."""

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
    fitted: int = 0


def card(about: Card) -> str:
    """The text of the card."""
    weak = useless(about)
    languages = [
        code for code in dict.fromkeys([about.language, *about.frame["language"].to_list()]) if code not in weak
    ]
    head = ["---", f"pipeline_tag: {PIPELINES[about.type]}", "library_name: transformers"]
    head += ["language:", *(f"- {code}" for code in languages)] if languages else []
    head += ["tags:", "- xstilts", "---"]
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

`xstilts predict FOLDER FILE` gives predictions with {_sure(about)}.""",
        f"Made by `xstilts train` {about.version}. Scores are of one machine and {_runs(about.frame)}; languages "
        "without a row above were never scored, and what the model does in them is not known.",
    ]
    return "\n\n".join(parts) + "\n"


def useless(about: Card) -> dict[str, str]:
    """The scored languages in which the kept run does not beat its floor by what studies ask for
    (``analysis.gains.least_clear``), each with what to say. Test rows decide; validation rows where there are none."""
    mine = about.frame.filter((pl.col("arm") == about.arm) & (pl.col("seed") == about.seed))
    found: dict[str, str] = {}
    for (code,), rows in mine.group_by(["language"], maintain_order=True):
        tested = rows.filter(pl.col("split") == "test")
        for row in (rows if tested.is_empty() else tested).iter_rows(named=True):
            score, floor, examples = row["score"], row["floor"], row["examples"] or 0
            if score is None or floor is None:
                continue
            if score <= least_clear(floor, examples):
                found[str(code)] = _weak(str(code), score, floor, examples)
    return found


def _weak(code: str, score: float, floor: float, examples: int) -> str:
    """What is said of a language in which a score does not clear its floor."""
    least, what = least_clear(floor, examples), "is no better than a trivial predictor: do not use it there"
    if score > floor:
        what = "does not clearly beat a trivial predictor: do not rely on it there"
    needed = f"more than {least:.1f} would be clear" if least < 100 else "no score would be clear"
    few = examples < LEAST or least - floor > _TELLING
    more = f" So few examples tell little: name more, with --test {code}=FILE." if few else ""
    return f"In {code} it {what} ({score:.1f} points on {examples:,} examples, floor {floor:.1f}; {needed}).{more}"


def _sure(about: Card) -> str:
    """What confidence ``xstilts predict`` gives."""
    if about.fitted:
        return "the confidence that was fitted, which the library's own\nmodel does not"
    return "their confidence, as the model says it"


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
            "floor: what a trivial predictor reaches."
            + " The validation rows have chosen the run, so their scores flatter it." * (runs_of(about.frame) > 1),
        ),
    )


def fitting(about: Card) -> Section:
    """How far confidence can be trusted."""
    rows = tuple(
        (
            one.split,
            one.language,
            f"{one.answers:,}",
            f"{100 * one.right:.1f}",
            _points(one.before),
            _points(one.after) if about.fitted else "not fitted",
        )
        for one in about.fits
    )
    rescaled = (
        f"after: rescaled by what fits the {about.fitted:,} validation answers (of these: by their other half)."
        if about.fitted
        else f"Nothing was rescaled: it takes {LEAST} validation answers."
    )
    return Section(
        "Confidence",
        ("rows", "language", "answers", "right (%)", "error before", "error after"),
        rows,
        2,
        (
            f"error: expected calibration error in points, 15 bins of equal mass. {rescaled}",
            _elsewhere(about),
        ),
    )


def _elsewhere(about: Card) -> str:
    others = [one for one in about.fits if one.language != about.language and one.before is not None]
    tested = list(dict.fromkeys(one.language for one in others))
    learned = "Fitted" if about.fitted else "It learned"
    usual = f"{learned} in {about.language}. In other languages a model is usually surer than it should be"
    if not tested:
        return f"{usual}; without labelled rows in them nobody can tell by how much."
    return f"{usual}: see {', '.join(tested)} above. In languages without a row nobody can tell by how much."


def _points(value: float | None) -> str:
    return "too few" if value is None else f"{value:.1f}"


def runs_of(frame: pl.DataFrame) -> int:
    """How many runs there were to choose from."""
    return frame.select("arm", "seed").n_unique()


def _runs(frame: pl.DataFrame) -> str:
    count = frame["seed"].n_unique()
    return "one seed" if count == 1 else f"{count} seeds"


def sections(about: Card) -> Sequence[Section]:
    """What the command prints."""
    return scores(about), fitting(about)
