"""Tasks of every type on real rows, from the study file to the table, by a tiny encoder that knows nothing."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from command import results, xstilts
from xstilts.catalogue.benchmark import get_benchmark
from xstilts.metrics.benchmark import score_folders

pytestmark = [pytest.mark.data, pytest.mark.long]

STUDY = """
question = "Does every task type run?"
targets = ["universal_ner", "pawsx_open", "xcopa", "arcd", "ntrex-retrieval", "ntrex-mining", "lareqa"]
languages = ["ar", "de", "et"]
seeds = [0]
train_examples = 40
evaluation_examples = 20

[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 1200 }
vocabulary = { text = ["ntrex"], characters = 100000, languages = ["ar", "de", "et"] }

[arms.baseline]
[arms.choices]
intermediate = ["commonsense_qa_v1", "hellaswag", "cosmos_qa"]
[arms.many]
intermediate = ["nli_mix", "ud_ccg", "squad_v2"]

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


@pytest.fixture
def smaller(data_folder: Path, tmp_path: Path) -> Path:
    """The data folder with three languages of LAReQA, whose candidates are those of all languages that are there."""
    place = tmp_path / "data"
    place.mkdir()
    for each in data_folder.iterdir():
        if each.is_dir() and each.name != "xquad_r":
            (place / each.name).symlink_to(each)
    (place / "xquad_r").mkdir()
    for code in ("ar", "de", "en"):
        (place / "xquad_r" / code).symlink_to(data_folder / "xquad_r" / code)
    return place


def test_every_task_type_runs_on_real_rows_and_its_export_scores_the_same(tmp_path: Path, smaller: Path) -> None:
    study = tmp_path / "types.toml"
    study.write_text(STUDY)
    xstilts(tmp_path, "run", str(study), "--workers", "1", XSTILTS_DATA=str(smaller))
    table = results(tmp_path, str(study))
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
        "lareqa": ({"ar", "de", "en"}, {"ranking"}, {"mean_average_precision"}),
    }
    assert set(table["arm"]) == {"baseline", "choices", "many"}
    assert table.height == 3 * 16
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

    out = tmp_path / "out"
    xstilts(tmp_path, "export", "types.toml", "out", "--benchmark", "catalogue", XSTILTS_DATA=str(smaller))
    same = 0
    for arm in ("baseline", "choices", "many"):
        system = out / "predictions" / "tiny" / arm / "seed0"
        scored = score_folders(get_benchmark("catalogue"), system, out / "references", "strict", partial=True).tasks
        for row in table.filter(pl.col("arm") == arm).iter_rows(named=True):
            one = scored[row["target"]]
            assert one.scores[one.task.main[-1]][row["language"]] == row["score"], row
            same += 1
    assert same == table.height

    # The exported folder of one arm is an arm of another study: every type's predictions can be given.
    again = tmp_path / "again.toml"
    given = '[arms.theirs]\npredictions = "out/predictions/{backbone}/baseline/seed{seed}"\n'
    again.write_text(STUDY[: STUDY.index("[arms.choices]")] + given + STUDY[STUDY.index("[settings.intermediate]") :])
    xstilts(tmp_path, "run", str(again), "--workers", "1", XSTILTS_DATA=str(smaller))
    columns = ["target", "language", "score"]
    both = results(tmp_path, str(again)).sort("target", "language")
    ours, theirs = (both.filter(pl.col("arm") == arm) for arm in ("baseline", "theirs"))
    assert theirs.height == 16 and theirs.select(columns).equals(ours.select(columns))
    assert set(theirs.filter(pl.col("target").str.starts_with("ntrex"))["protocol"]) == {"given", "given, target asks"}
