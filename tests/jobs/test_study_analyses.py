"""A study that names its analyses, run whole: what they need is predicted, and they read it from the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import xstilts
from xstilts.jobs.behind import Behind
from xstilts.study.store import Store

TINY = """
question = "Is it sure of the right things?"
targets = ["world/paraphrase", "world/retrieval"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 64
evaluation_examples = 40
ANALYSES

[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 4, feedforward = 64, vocabulary = 400 }
pretraining = [{ tasks = ["world/parallel"], updates = 4, batch = 16, max_length = 64, languages = ["qab"] }]
vocabulary = { text = ["world/parallel"], characters = 100000 }

[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]

[settings.intermediate]
updates = 4
[settings.target]
updates = 4
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study run without its analyses, then with them."""
    root = tmp_path_factory.mktemp("analysed")
    study = root / "tiny.toml"
    study.write_text(TINY.replace("ANALYSES", ""))
    xstilts(root, "run", "tiny.toml")
    return root


def told(place: Path, *names: str) -> dict[str, list[dict[str, str]]]:
    asked = [part for name in names for part in ("--analysis", name)]
    done = xstilts(place, "results", "tiny.toml", *asked, "--format", "json")
    found = json.loads(done.stdout)
    assert found["constructed"] is True
    return {
        section["title"]: [*section["rows"], {"notes": " ".join(section["notes"])}] for section in found["sections"]
    }


def test_analyses_that_a_study_did_not_name_say_what_they_lack_and_then_have_it(place: Path) -> None:
    before = told(place, "calibration", "robustness")
    *rows, _ = before["Calibration by language (points): world/paraphrase"]
    assert all(row["error raw"] and row["error own"] and not row["error dev"] for row in rows)
    assert "4 scores without 'dev'" in before["Not in these tables"][-1]["notes"]
    assert 'analyses = ["robustness"]' in before["Robustness"][-1]["notes"]

    store = Store(place / "store")
    keys = set(store.keys())
    (place / "tiny.toml").write_text(TINY.replace("ANALYSES", 'analyses = ["calibration", "robustness"]'))
    xstilts(place, "run", "tiny.toml")
    added = [store.record(key)["job"] for key in set(store.keys()) - keys]
    assert {job["kind"] for job in added} == {"predict"}
    # 2 models: development rows; in 2 languages 5 changes, and words of the dictionary in the one that has some
    assert len(added) == 2 * (1 + 2 * 5 + 1)

    after = told(place, "calibration", "robustness")
    *rows, _ = after["Calibration by language (points): world/paraphrase"]
    assert [(row["arm"], row["language"]) for row in rows] == [
        (a, c) for a in ("baseline", "nli") for c in ("qaa", "qab")
    ]
    assert all(float(row["error dev"]) >= 0 and float(row["T dev"]) > 0 for row in rows)
    *rows, _ = after["After small changes (points): world/paraphrase"]
    assert [row["K"] for row in rows] == ["4", "5"] * 2
    assert all(0 <= float(row["right K"]) <= float(row["right"]) <= 100 for row in rows)

    page = xstilts(place, "report", "tiny.toml", "--markdown").stdout  # tells what the study names now
    assert "## Calibration by language (points): world/paraphrase" in page


def test_trainings_count_their_tokens_and_texts_are_cut_by_the_models_own_tokenizer(place: Path) -> None:
    store = Store(place / "store")
    plan = store.plan("tiny@full")
    cell = next(one for one in plan.cells if one.target == "world/paraphrase" and one.arm == "nli")
    counted = [(store.record(key) or {})["tokens"] for key in cell.trainings]
    assert len(counted) == 2 and all(4 * 32 * 4 < tokens < 4 * 32 * 128 for tokens in counted)
    pieces = Behind(plan, store).pieces(cell.score)
    assert pieces is not None and pieces[0] > 40 * 4 and pieces[1] < pieces[0] / 10
    retrieval = Behind(plan, store).pieces(next(one.score for one in plan.cells if one.target == "world/retrieval"))
    assert retrieval is not None and retrieval[0] > retrieval[1] >= 0
