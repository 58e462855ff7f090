"""What lies behind a score is what it was made of."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue.errors import Problem
from xstilts.jobs.behind import Behind
from xstilts.jobs.score import run_score
from xstilts.jobs.sources import open_source
from xstilts.jobs.stored import PREDICTIONS
from xstilts.metrics import get_metric
from xstilts.study.job import Score
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import study_of
from xstilts.study.store import Store

STUDY = """
question = "What is behind it?"
targets = ["world/paraphrase"]
languages = ["qab", "qae"]
seeds = [0]
evaluation_examples = 30
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }
vocabulary = { text = ["world/text"] }
[arms.baseline]
"""


def test_predictions_counts_and_gold_rows_of_a_score(tmp_path: Path) -> None:
    study = study_of(tomllib.loads(STUDY), "mine", "mine.toml")
    source, store = open_source(Places()), Store(tmp_path / "store")
    found = plan(study, source)
    done, open_ = found.cells[0].score, found.cells[1].score
    score = found.jobs[done]
    assert isinstance(score, Score)
    for key, job in found.jobs.items():
        if isinstance(job, Score) or key == score.prediction:
            store.submit(job, Places())
    said = np.random.default_rng(0).integers(0, 2, 30)
    with store.writing(score.prediction) as (folder, _):
        pq.write_table(pa.table({"prediction": pa.array(said, pa.int16())}), folder / PREDICTIONS)
    run_score(score, done, store, source)

    behind = Behind(found, store)
    predicted, counts, gold = behind.predictions(done), behind.counts(done), behind.gold(done)
    assert predicted is not None and predicted["prediction"].to_pylist() == said.tolist()
    assert gold is not None and gold.num_rows == 30 and "label" in gold.column_names
    assert counts is not None
    metric = get_metric(score.metric)
    table = np.stack([counts[name].to_numpy() for name in metric.columns], axis=1)
    assert metric.reduce(table) == pytest.approx(store.record(done)["score"])
    assert (table[:, 0] == (gold["label"].to_numpy() == said)).all()
    assert behind.counts(open_) is None and behind.predictions(open_) is None
    with pytest.raises(Problem, match="is no score"):
        behind.gold(score.prediction)
