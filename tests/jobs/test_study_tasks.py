"""Tasks of every type on real rows, from the study file to the table, by a tiny encoder that knows nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

pytestmark = pytest.mark.data

STUDY = """
question = "Does every task type run?"
targets = ["universal_ner", "pawsx_open", "xcopa", "arcd", "ntrex-retrieval", "ntrex-mining"]
languages = ["ar", "de", "et"]
seeds = [0]
train_examples = 40
evaluation_examples = 20

[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 1200 }
vocabulary = { text = ["ntrex"], characters = 100000, languages = ["ar", "de", "et"] }

[arms.baseline]
[arms.choices]
intermediate = ["commonsense_qa_v1", "hellaswag"]
[arms.many]
intermediate = ["nli_mix", "ud_ccg", "squad_v2"]
[arms.shuffled]
intermediate = ["cosmos_qa"]
labels = "shuffled"

[settings.intermediate]
updates = 6
batch = 4
max_length = 96
stride = 32
[settings.target]
updates = 4
batch = 4
max_length = 96
stride = 32
"""


def xstilts(*arguments: str, folder: Path, data: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "xstilts", *arguments, "--data", str(data), "--store", str(folder / "store")],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_every_task_type_runs_on_real_rows(tmp_path: Path, data_folder: Path) -> None:
    study = tmp_path / "types.toml"
    study.write_text(STUDY)
    xstilts("run", str(study), "--workers", "1", folder=tmp_path, data=data_folder)
    done = subprocess.run(
        [sys.executable, "-m", "xstilts", "results", str(study), "--format", "csv", "--store", str(tmp_path / "store")],
        capture_output=True,
        text=True,
        env={**os.environ, "XSTILTS_DATA": str(data_folder)},
    )
    table = pl.read_csv(done.stdout.encode())
    found = {
        target: (set(part["language"]), set(part["task_type"]), set(part["metric"]))
        for (target,), part in table.group_by("target")
    }
    assert found == {
        "universal_ner": ({"de", "en"}, {"token_classification"}, {"chunk_f1"}),
        "pawsx_open": ({"de", "en"}, {"classification"}, {"accuracy"}),
        "xcopa": ({"en", "et"}, {"multiple_choice"}, {"accuracy"}),
        "arcd": ({"ar"}, {"span_extraction"}, {"answer_f1"}),
        "ntrex-retrieval": ({"ar", "de", "et"}, {"retrieval"}, {"retrieval_accuracy"}),
        "ntrex-mining": ({"ar", "de", "et"}, {"mining"}, {"mining_f1"}),
    }
    assert set(table["arm"]) == {"baseline", "choices", "many", "shuffled"}
    assert table.height == 4 * 13
    assert table["score"].is_between(0, 100).all() and table["score"].null_count() == 0
    mining = pl.col("target") == "ntrex-mining"
    assert (table.filter(~mining)["examples"] == 20).all()
    assert (table.filter(mining)["examples"] == 4).all()  # true pairs among the first twenty rows
    (protocol,) = set(table.filter(mining)["protocol"])
    assert protocol == "xtreme: layer 1, mean, ratio of 4, both ask, threshold from validation"
    choices = table.filter(pl.col("target") == "xcopa")
    assert (
        choices["score"].is_between(10, 90).all()
    )  # twenty questions with two choices, and an encoder that knows nothing
    assert set(choices["floor"] % 5) == {0.0}
