"""Every kind of arm, run whole on the constructed languages by a tiny encoder, from the study file to the table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command import results, xstilts
from xstilts.catalogue import Problem, get_task
from xstilts.jobs.sources import open_source
from xstilts.study.job import Train
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import load
from xstilts.world import World, WorldSettings

DOCS = Path(__file__).parents[2] / "docs" / "study-file.md"

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
    xstilts(folder, "run", "arms.toml", "--workers", "1")
    return folder


def test_every_arm_ends_in_the_table(done: Path) -> None:
    table = results(done, done / "arms.toml")
    assert table["score"].null_count() == 0
    assert dict(table.select("arm", "intermediate").unique().iter_rows()) == {
        "baseline": "",
        "mixed": "world/nli+world/qa+world/text",
        "translated": "world/nli-translated",
        "steps": "world/nli > world/qa+world/topic",
        "translate-train": "",
        "translate-train-all": "",
        "few-shot": "",
        "still": "",
        "given": "",
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


def shares(text: str, places: Places, folder: Path) -> dict[str, list[tuple[str, str, int]]]:
    """What each arm's intermediate phase trains on: task, language, rows."""
    (folder / "planned.toml").write_text(text)
    study = load(str(folder / "planned.toml"), None)
    found = plan(study, open_source(replace(places, tasks=study.tasks)))
    phases = {
        found.labels[key].split(",")[0].removeprefix("intermediate "): job
        for key, job in found.jobs.items()
        if isinstance(job, Train) and job.phase == "intermediate"
    }
    return {
        arm: [(rows.task, rows.language, rows.rows) for share in job.shares for rows in share.data]
        for arm, job in phases.items()
    }


HUMAN = """
question = "Which rows?"
targets = ["xnli"]
languages = ["de"]
seeds = [0]
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 400 }
vocabulary = { text = ["world/text"], characters = 10000 }
[arms.baseline]
"""


def test_a_translated_set_is_trained_on_by_its_name_on_the_hub(tmp_path: Path) -> None:
    for place, rows in (("mnli-german/default/train", 5), ("multi_nli/default/train", 7), ("xnli/de/test", 3)):
        path = tmp_path / f"{place}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(f'{{"premise": "a {k}", "hypothesis": "b", "label": {k % 3}}}\n' for k in range(rows)))
    (tmp_path / "xnli" / "en").mkdir()
    (tmp_path / "xnli" / "en" / "test.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": 1}\n')
    block = next(block for block in DOCS.read_text().split("```toml\n") if "[tasks.mnli_german]" in block)
    arm = block[block.index("[tasks.mnli_german]") :].partition("```")[0]
    found = shares(HUMAN + arm, Places(data=str(tmp_path)), tmp_path)
    assert found == {"nli-german": [("mnli_german", "de", 5)]}


@pytest.mark.data
def test_multilingual_sets_of_the_data_folder_train_in_their_languages(tmp_path: Path, data_folder: Path) -> None:
    arms = """
    [arms.many]
    intermediate = ["xnli_dev"]
    languages = ["sw", "ur", "ko"]
    [arms.questions]
    intermediate = ["squad", "arcd", "cmrc2018"]
    """
    found = shares(HUMAN + arms, Places(data=str(data_folder)), tmp_path)
    assert found["many"] == [("xnli_dev", code, 2_490) for code in ("sw", "ur", "ko")]
    assert [(task, language) for task, language, _ in found["questions"]] == [
        ("squad", "en"),
        ("arcd", "ar"),
        ("cmrc2018", "zh"),
    ]
    assert found["questions"][2][2] == 1_000
    study = 'splits = ["validation"]\n' + HUMAN + arms.replace('["sw", "ur", "ko"]', '["de"]')
    with pytest.raises(Problem, match=r"validation \(de\) is scored on xnli/de/validation, on which a phase before it"):
        shares(study, Places(data=str(data_folder)), tmp_path)


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
    xstilts(done, "run", str(study), "--workers", "1")
    table = results(done, study)
    assert dict(table.select("arm", "intermediate").unique().iter_rows()) == {"baseline": "", "ready": "world/topic"}
    assert table["score"].null_count() == 0
