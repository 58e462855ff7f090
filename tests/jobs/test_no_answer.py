"""Questions that may have no answer, from the study file to the score: where the threshold comes from."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command import results, xstilts
from xstilts.catalogue import get_task
from xstilts.data.source import Folder
from xstilts.metrics import get_metric
from xstilts.study.store import Store

pytestmark = pytest.mark.data

STUDY = """
question = "Which questions have an answer?"
targets = ["squad_v2"]
seeds = [0]
train_examples = 40
evaluation_examples = 30
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 600 }
vocabulary = { text = ["ntrex"], characters = 50000, languages = ["de"] }
[arms.baseline]
[settings.target]
updates = 4
batch = 4
max_length = 96
stride = 32
"""


def run(study: Path, folder: Path, data: Path) -> dict[str, object]:
    """The one row of the results table."""
    xstilts(folder, "run", str(study), "--workers", "1", XSTILTS_DATA=str(data))
    return results(folder, str(study)).to_dicts()[0]


def test_the_threshold_is_the_best_of_all_and_says_where_it_comes_from(tmp_path: Path, data_folder: Path) -> None:
    study = tmp_path / "answers.toml"
    study.write_text(STUDY)
    row = run(study, tmp_path, data_folder)
    assert row["protocol"] == "no-answer threshold best on the scored rows"
    store = Store(tmp_path / "store")
    record, (job, _) = store.record(str(row["job"])), store.job(str(row["job"]))
    assert record["threshold_from"] == "validation, the scored rows"
    said = pq.read_table(store.folder(job.prediction) / "predictions.parquet").to_pylist()
    gold = Folder(data_folder).read(get_task("squad_v2"), "validation", "en").slice(0, 30)
    metric = get_metric("squad_v2_f1")

    def score(threshold: float) -> float:
        texts = [one["texts"][0] if one["none"] - one["score"] <= threshold else "" for one in said]
        found = pq.ParquetFile(store.folder(job.prediction) / "predictions.parquet").read(columns=["id"])
        return metric.reduce(metric.count(gold, found.append_column("text", [texts]), "en", ()))

    places = [one["none"] - one["score"] for one in said]
    assert row["score"] == pytest.approx(score(record["threshold"]))
    assert row["score"] == pytest.approx(max(map(score, [min(places) - 1, *places])))
    study.write_text(STUDY.replace("seeds", "no_answer_threshold = 1e9\nseeds"))
    other = run(study, tmp_path, data_folder)
    assert other["protocol"] == "no-answer threshold 1e+09" and other["score"] == pytest.approx(score(1e9))
    assert store.job(str(other["job"]))[0].prediction == job.prediction  # another threshold needs no model
