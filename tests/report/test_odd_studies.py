"""Studies that say little: the page says so, in every form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from filled import PLAIN, filled, gain_of
from xstilts.analysis.table import of_store
from xstilts.cli.opened import opened
from xstilts.cli.report import note_of
from xstilts.report import html, latex, markdown
from xstilts.report.note import Note
from xstilts.report.sections import grouped
from xstilts.study.manifest import Cell

SMALL = (
    PLAIN.replace('"world/pos", ', "")
    .replace('"qae", ', "")
    .replace("[0, 1, 2]", "[0, 1]")
    .replace(', "calibration"', "")
)


def told(note: Note) -> str:
    """All forms at once; none may fail."""
    page, tex = html.page(note), latex.page(note)
    assert page.count("<h1>") == 1 and tex.endswith("\\end{document}\n")
    return markdown.page(note)


def chapter(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("text", "rule", "answer", "limit"),
    [
        (SMALL, lambda cell: None, "no score is there", "30 of 30 scores are not there"),
        (SMALL, lambda cell: 20.0, "of a target that the baseline learned", "did not clearly learn"),
        (SMALL.split("[arms.nli]")[0], gain_of, "no arm but the baseline", "One encoder"),
        (
            SMALL.replace(', "world/retrieval"', "").replace(', "qab", "qai"', ""),
            gain_of,
            "no arm has a gain in a language without labels",
            "a verdict needs 6",
        ),
        (SMALL.replace("[0, 1]", "[4]"), gain_of, "1 seed, 6 are needed", "1 seed, and a verdict needs 6"),
        (
            SMALL,
            lambda cell: None if cell.arm == "baseline" else 60.0,
            "no score has its baseline beside it",
            "scores are not there",
        ),
    ],
    ids=["failures", "floor", "baseline", "labelled", "seed", "unpaired"],
)
def test_what_can_not_be_said_is_said(
    tmp_path: Path, text: str, rule: Callable[[Cell], float | None], answer: str, limit: str
) -> None:
    plan, store = filled(tmp_path, text, rule)
    found = told(note_of(plan, store))
    assert answer in found.partition("\n## ")[0]
    assert limit in chapter(found, "Limitations")


def test_of_several_encoders_those_that_learned_nothing_are_named(tmp_path: Path) -> None:
    text = SMALL.replace(
        "[arms.baseline]", '[backbones.other]\nlike = "tiny"\narchitecture = { layers = 2 }\n[arms.baseline]'
    )
    plan, store = filled(tmp_path, text, lambda cell: 20.0 if cell.backbone == "tiny" else gain_of(cell))
    assert "learn world/paraphrase (tiny), world/retrieval (tiny):" in chapter(
        told(note_of(plan, store)), "Limitations"
    )


@pytest.mark.parametrize(
    ("score", "why"),
    [(20.0, " (near the floor: world/paraphrase, world/retrieval"), (None, ": there is no score yet.")],
)
def test_a_sum_of_nothing_says_why(tmp_path: Path, score: float | None, why: str) -> None:
    plan, store = filled(tmp_path, SMALL, lambda cell: score)
    section = grouped(of_store(plan, store), "language")
    assert not section.rows and any(f"Nothing is left{why}" in note for note in section.notes)


def test_nothing_done_at_all(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SMALL, encoding="utf-8")
    found = opened(str(tmp_path / "mine.toml"), None, tmp_path / "store", None)
    found.store.remember(found.plan)
    text = told(note_of(found.plan, found.store))
    assert "There is no answer yet: no score is there." in text
    assert "| world/retrieval | nli | to do |" in chapter(text, "What was cut, overlapped, failed")
    assert "0 of " in chapter(text, "How to repeat it") and "No claim is measured" in chapter(text, "Claims")


def test_failures_are_named_with_their_reason_and_what_waits(tmp_path: Path) -> None:
    plan, store = filled(tmp_path, SMALL, lambda cell: None if cell.arm == "nli" else gain_of(cell))
    text = chapter(told(note_of(plan, store)), "What was cut, overlapped, failed")
    assert "| out of memory | " in text and "| nli | failed |" in text


def test_a_damaged_result_is_told_and_ends_nothing(tmp_path: Path) -> None:
    plan, store = filled(tmp_path, PLAIN)
    for path in store.root.glob("results/*/*/predictions.parquet"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    text = told(note_of(plan, store))
    assert "has other content than was written" in text and "| nli | " in text
