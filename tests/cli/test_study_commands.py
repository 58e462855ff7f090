"""The commands about a study, on a store that holds a plan and scores but needed no training."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from xstilts.analysis.table import COLUMNS
from xstilts.cli import app
from xstilts.cli.opened import opened
from xstilts.study.calibration import Calibration, Rate, write
from xstilts.study.job import Score
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

STUDY = """
question = "Does it help?"
targets = ["world/paraphrase", "world/pos", "world/retrieval"]
languages = ["qab", "qae", "qai"]
seeds = [0, 1]
evaluation_examples = 50
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }
[[backbones.tiny.pretraining]]
tasks = ["world/text"]
updates = 2
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[arms.paraphrase]
intermediate = ["world/paraphrase"]
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def finish(store: Store, plan: Plan, key: str, **extra: object) -> None:
    with store.writing(key) as (folder, more):
        (folder / "made").write_text("x", encoding="utf-8")
        more |= extra


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a study file and a store in which all but one score is there, and that one has failed."""
    root = tmp_path_factory.mktemp("study")
    (root / "mine.toml").write_text(STUDY, encoding="utf-8")
    found = opened(str(root / "mine.toml"), None, root / "store", None)
    plan, store = found.plan, found.store
    store.remember(plan)
    for job in plan.jobs.values():
        store.submit(job, found.places)
    floors = {cell.floor for cell in plan.cells}
    lost = next(cell.score for cell in plan.cells if cell.arm == "nli" and cell.target == "world/pos")
    arms = {cell.score: cell.arm for cell in plan.cells}
    for key, job in plan.jobs.items():
        if key == lost:
            store.fail(key, "out of memory")
        elif not isinstance(job, Score):
            finish(store, plan, key, parameters_total=1000, parameters_nonembedding=400)
        elif key in floors:
            finish(store, plan, key, score=20.0, examples=50)
        else:
            finish(store, plan, key, score=70.0 + (3.0 if arms[key] == "nli" else 0.0), examples=50)
    yield root


def test_results_as_table_shows_scores_floors_gains_and_what_they_are_about(place: Path) -> None:
    shown = call("results", "mine", "--store", str(place / "store"))
    assert shown.exit_code == 0, shown.output
    text = shown.stdout
    assert "constructed languages: not results about human languages" in text
    assert "+3.0 ± 0.0" in text and "self-pair" in text and "no retrieval" in text
    assert "failed" in text and "\x1b" not in text
    assert max(map(len, text.split("results table")[0].splitlines())) <= 100


def test_results_say_what_the_study_took_and_what_was_foreseen(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path))
    shown = ("results", "mine", "--store", str(place / "store"))
    took = r"\ncost  +\d+\.\d{3} hours of processes"
    assert re.search(took + "; by phase in its report\n", call(*shown).stdout)
    rates = tuple(Rate(kind, "float32", 32, 16, 1e9, 1e-3) for kind in ("train", "predict"))  # type: ignore[arg-type]
    write(Calibration("today", "here", 1, 1e5, rates), tmp_path)
    assert re.search(took + r", \d+\.\d{3} foreseen \([+-][\d,]+%\); by phase", call(*shown).stdout)


def test_results_as_csv_json_and_parquet_hold_the_same_rows(place: Path, tmp_path: Path) -> None:
    store = str(place / "store")
    rows = list(csv.DictReader(io.StringIO(call("results", "mine", "--store", store, "--format", "csv").stdout)))
    assert list(rows[0]) == list(COLUMNS)
    from_json = json.loads(call("results", "mine", "--store", store, "--format", "json").stdout)
    file = tmp_path / "results.parquet"
    assert call("results", "mine", "--store", store, "--format", "parquet", "-o", str(file)).exit_code == 0
    frame = pl.read_parquet(file)
    assert len(rows) == len(from_json) == len(frame) > 0
    assert frame.filter(pl.col("status") == "failed").height == 1
    gained = frame.filter((pl.col("arm") == "nli") & pl.col("gain").is_not_null())
    assert gained["gain"].to_list() == pytest.approx([3.0] * gained.height)
    assert set(frame.filter(pl.col("arm") == "baseline")["gain"]) == {None}
    assert frame.filter(pl.col("self_pair")).select("arm", "target").unique().rows() == [
        ("paraphrase", "world/paraphrase")
    ]


def test_too_few_seeds_for_a_verdict_are_told_first(place: Path) -> None:
    shown = call("results", "mine", "--store", str(place / "store")).stdout
    assert "and a verdict needs 6." in "\n".join(shown.splitlines()[:3])


@pytest.mark.parametrize("group", ["language", "family", "script", "target", "arm", "genus", "affixation"])
def test_results_can_be_grouped(place: Path, group: str) -> None:
    shown = call("results", "mine", "--store", str(place / "store"), "--group", group, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert group in rows[0] and {"gain", "gain_sd", "floor", "seeds"} <= set(rows[0])


def test_results_can_be_grouped_by_a_table_of_ones_own(place: Path, tmp_path: Path) -> None:
    traits = tmp_path / "traits.csv"
    traits.write_text("code,resources\nqab,many\nqae,few\nqai,few\n", encoding="utf-8")
    more = ("--traits", str(traits), "--group", "resources", "--format", "csv")
    shown = call("results", "mine", "--store", str(place / "store"), *more)
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    zero = {(row["resources"], row["languages"]) for row in rows if row["side"] == "zero-shot"}
    assert zero == {("many", "1"), ("few", "2")}
    wrong = call("results", "mine", "--store", str(place / "store"), "--traits", str(traits), "--group", "resorces")
    assert wrong.exit_code == 2 and "did you mean 'resources'?" in wrong.stderr


def test_report_is_a_markdown_page(place: Path) -> None:
    text = call("report", "mine@full", "--store", str(place / "store"), "--markdown").stdout
    assert text.startswith("# mine@full\n\nDoes it help?")
    assert "| world/retrieval | nli |" in text and "not results about human languages" in text


def test_status_counts_done_and_failed_and_names_the_reason(place: Path) -> None:
    text = call("status", "mine", "--store", str(place / "store")).stdout
    assert "1 failed" in text and "out of memory" in text
    said = json.loads(call("status", "mine", "--store", str(place / "store"), "--json").stdout)
    assert sum(counts.get("failed", 0) for counts in said["jobs"].values()) == 1
    assert sum(counts.get("open", 0) for counts in said["jobs"].values()) == 0 and said["finished"]


def test_plan_says_what_is_done_and_shared_and_starts_nothing(place: Path) -> None:
    shown = call("plan", str(place / "mine.toml"), "--store", str(place / "store"))
    assert shown.exit_code == 0, shown.output
    assert "pretraining tiny" in shown.stdout
    said = json.loads(call("plan", str(place / "mine.toml"), "--store", str(place / "store"), "--json").stdout)
    assert [item["label"] for item in said["jobs"] if not item["done"]] and said["cells"]
    assert "smallest gain that 2 seeds detect" in shown.stdout and "fewer than 6 seeds" in shown.stdout
    assert said["smallest_gain"]["effect"] > 2 and said["smallest_gain"]["deviation"] is None


def test_unknown_format_and_group_are_refused_with_the_nearest_name(place: Path) -> None:
    shown = call("results", "mine", "--store", str(place / "store"), "--format", "jsn")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "did you mean 'json'?" in shown.stderr
    assert call("results", "mine", "--store", str(place / "store"), "--group", "famly").exit_code == 2


def test_every_mistake_of_a_study_is_listed_and_nothing_is_started(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        STUDY.replace('"world/nli"', '"world/nlj"').replace('"world/pos"', '"world/poss"'), encoding="utf-8"
    )
    shown = call("run", str(file), "--store", str(tmp_path / "store"))
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "did you mean 'world/nli'?" in shown.stderr and "did you mean 'world/pos'?" in shown.stderr
    assert not (tmp_path / "store").exists()


def test_results_of_a_study_that_was_not_run_say_what_to_do(tmp_path: Path) -> None:
    shown = call("results", "mine@full", "--store", str(tmp_path / "none"))
    assert shown.exit_code == 2
    assert "xstilts run" in shown.stderr


@pytest.mark.parametrize("until", ["soon", "", "5x"])
def test_until_must_be_a_length_of_time(tmp_path: Path, until: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(STUDY, encoding="utf-8")
    shown = call("run", str(file), "--store", str(tmp_path / "store"), "--until", until)
    assert shown.exit_code == 2 and "1h30m" in shown.stderr


def test_a_study_names_its_analyses_and_the_report_holds_them(place: Path) -> None:
    store, file = str(place / "store"), place / "asked.toml"
    file.write_text('analyses = ["variance"]\n' + STUDY, encoding="utf-8")
    found = opened(str(file), None, place / "store", None)
    assert set(found.plan.jobs) == set(Store(place / "store").plan("mine@full").jobs)
    found.store.remember(found.plan)
    told = call("results", "asked", "--store", store, "--analysis", "gains")
    assert told.exit_code == 0, told.output
    assert "Does an arm gain more than 0.5 points" in told.stdout and "not results about human languages" in told.stdout
    named, unnamed = (call("report", name, "--store", store, "--markdown").stdout for name in ("asked", "mine"))
    assert "\n## Variance: " in named and "\n## Variance: " not in unnamed
    assert all("### Does an arm gain more" in text for text in (named, unnamed))  # what every answer rests on
    said = json.loads(call("results", "mine", "--store", store, "--analysis", "gains", "--format", "json").stdout)
    assert said["constructed"] and said["sections"][0]["notes"]


def test_an_unknown_analysis_is_refused_with_the_nearest_name(place: Path) -> None:
    file = place / "wrong.toml"
    file.write_text('analyses = ["gians"]\n' + STUDY + '[groups]\nfew = ["qaz"]\n', encoding="utf-8")
    shown = call("plan", str(file), "--store", str(place / "store"))
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "wrong.toml, analyses: unknown analysis 'gians': did you mean 'gains'?" in shown.stderr
    assert "[groups] few: no target has 'qaz'" in shown.stderr
    shown = call("results", "mine", "--store", str(place / "store"), "--analysis", "gain", "--format", "csv")
    assert shown.exit_code == 2
    assert "did you mean 'gains'?" in shown.stderr and "no form 'csv'" in shown.stderr


def test_analyses_are_listed(place: Path) -> None:
    assert "gains" in call("analyses").stdout
    assert {"name", "answers"} == set(json.loads(call("analyses", "--json").stdout)[0])
