"""Every kind of arm, run whole on the constructed languages by a tiny encoder, from the study file to the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue import get_task
from xstilts.world import World, WorldSettings

LANGUAGES = ("qaa", "qab")
WORLD = {"train": 120, "validation": 40, "test": 24, "mistranslated": 0.3}
STUDY = """
question = "Does every kind of arm run?"
targets = ["world/paraphrase", "world/pos"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 48

[world]
train = 120
validation = 40
test = 24
mistranslated = 0.3

[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 400 }
vocabulary = { text = ["world/parallel"], characters = 60000, languages = ["qab"] }

[arms.baseline]

[arms.mixed]
intermediate = ["world/nli", "world/qa", "world/text"]
languages = { "world/text" = ["qaa", "qab"] }
sampling = "temperature"
temperature = 2.0

[arms.translated]
intermediate = ["world/nli-translated"]
languages = ["qaa", "qab"]
examples = 30

[arms.steps]
intermediate = ["world/nli"]
[[arms.steps.then]]
intermediate = ["world/qa", "world/topic"]
sampling = "uniform"

[arms.translate-train.target.translate_train]
tasks = { "world/paraphrase" = "world/paraphrase-translated", "world/pos" = "world/pos-translated" }

[arms.translate-train-all.target.translate_train]
tasks = { "world/paraphrase" = "world/paraphrase-translated" }
together = true
original = true

[arms.few-shot.target.few_shot]
tasks = { "world/paraphrase" = "world/paraphrase-translated", "world/pos" = "world/pos-translated" }
split = "validation"
examples = 8
epochs = 2

# A rate at which nothing moves: the same model, if the heads are kept.
[arms.still.target.few_shot]
tasks = { "world/paraphrase" = "world/paraphrase-translated" }
split = "validation"
examples = 8
updates = 1
learning_rate = 1e-12

[arms.given]
predictions = "theirs"

[settings.intermediate]
updates = 4
batch = 8
max_length = 96
[settings.target]
updates = 6
batch = 8
learning_rate = 1e-3
max_length = 96
"""


def xstilts(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "xstilts", *arguments, "--store", str(folder / "store")],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "XSTILTS_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def results(study: Path, folder: Path) -> pl.DataFrame:
    return pl.read_csv(xstilts("results", str(study), "--format", "csv", folder=folder).encode())


def write_predictions(folder: Path) -> None:
    """Right labels of paraphrases but for the first three, and right tags."""
    world = World(WorldSettings(**WORLD))  # type: ignore[arg-type]
    for code in LANGUAGES:
        labels = world.read(get_task("world/paraphrase"), "test", code)["label"].to_pylist()
        said = ["no idea", *(str(1 - label) for label in labels[1:3]), *map(str, labels[3:])]
        names = get_task("world/pos").labels
        tags = world.read(get_task("world/pos"), "test", code)["tags"].to_pylist()
        for task, lines in (
            ("paraphrase", said),
            ("pos", [line for row in tags for line in (*(names[tag] for tag in row), "")]),
        ):
            path = folder / "world" / task / f"test-{code}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study, its store and everything in it finished."""
    folder = tmp_path_factory.mktemp("arms")
    (folder / "arms.toml").write_text(STUDY)
    write_predictions(folder / "theirs")
    xstilts("run", str(folder / "arms.toml"), "--workers", "1", folder=folder)
    return folder


def test_every_arm_ends_in_the_table(done: Path) -> None:
    table = results(done / "arms.toml", done)
    assert table["score"].null_count() == 0
    assert dict(table.select("arm", "intermediate").unique().iter_rows()) == {
        "baseline": None,
        "mixed": "world/nli+world/qa+world/text",
        "translated": "world/nli-translated",
        "steps": "world/nli > world/qa+world/topic",
        "translate-train": None,
        "translate-train-all": None,
        "few-shot": None,
        "still": None,
        "given": None,
    }
    cells = {(arm, target) for arm, target in table.select("arm", "target").iter_rows()}
    assert ("still", "world/pos") not in cells and ("few-shot", "world/pos") in cells
    rows = {(row["arm"], row["target"], row["language"]): row for row in table.iter_rows(named=True)}
    updates = {arm: rows[arm, "world/paraphrase", "qab"]["updates"] for arm in set(table["arm"])}
    assert updates == {
        "baseline": 6,
        "mixed": 10,
        "translated": 10,
        "steps": 14,
        "translate-train": 6,
        "translate-train-all": 6,
        "few-shot": 8,
        "still": 7,
        "given": 0,
    }
    assert rows["translated", "world/pos", "qab"]["intermediate_examples"] == 30
    given = [rows["given", "world/paraphrase", code]["score"] for code in LANGUAGES]
    assert given == pytest.approx([100 * 21 / 24] * 2)
    assert rows["given", "world/pos", "qab"]["score"] == 100
    assert rows["given", "world/pos", "qab"]["gain"] == pytest.approx(
        100 - rows["baseline", "world/pos", "qab"]["score"]
    )
    assert rows["given", "world/pos", "qab"]["seen"] == "unknown"


def predictions(done: Path, arm: str, language: str) -> list[list[float]]:
    """The logits behind one score of paraphrases."""
    plan = json.loads(next((done / "store" / "studies").glob("arms@*.json")).read_text())
    cell = next(
        cell
        for cell in plan["cells"]
        if (cell["arm"], cell["target"], cell["language"]) == (arm, "world/paraphrase", language)
    )
    key = next(item["job"]["prediction"] for item in plan["jobs"] if item["key"] == cell["score"])
    found: list[list[float]] = pq.read_table(done / "store" / "results" / key[:2] / key / "predictions.parquet")[
        "logits"
    ].to_pylist()
    return found


def test_few_shots_keep_the_heads_and_move_them(done: Path) -> None:
    base, still, few = (predictions(done, arm, "qab") for arm in ("baseline", "still", "few-shot"))
    assert [value for row in still for value in row] == pytest.approx(
        [value for row in base for value in row], abs=1e-4
    )
    assert few != base
    assert predictions(done, "few-shot", "qaa") == predictions(done, "baseline", "qaa")


def test_a_finished_training_is_a_ready_checkpoint_of_another_study(done: Path) -> None:
    plan = json.loads(next((done / "store" / "studies").glob("arms@*.json")).read_text())
    key = next(item["key"] for item in plan["jobs"] if item["label"].startswith("intermediate translated"))
    model = done / "store" / "results" / key[:2] / key / "model"
    base, rest = STUDY.partition("[arms.mixed]")[0], STUDY[STUDY.index("[settings.intermediate]") :]
    study = done / "theirs.toml"
    study.write_text(
        base + f'[arms.ready]\nstart = "{model}"\n[[arms.ready.then]]\nintermediate = ["world/topic"]\n' + rest
    )
    xstilts("run", str(study), "--workers", "1", folder=done)
    table = results(study, done)
    assert dict(table.select("arm", "intermediate").unique().iter_rows()) == {"baseline": None, "ready": "world/topic"}
    assert table["score"].null_count() == 0
