"""Probes of a small study, run whole: what they store, what the analysis reads of it, and one's own rows beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from command import xstilts
from xstilts.analysis.similarity.measures import CKA, LEEP, NCE, TEXT, TEXT_IN_LANGUAGE, Pairs
from xstilts.catalogue.task import TaskType
from xstilts.data.rows import SCHEMAS
from xstilts.jobs.behind import Behind
from xstilts.jobs.liken import seen_by
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

TINY = """
question = "Do alike tasks help?"
targets = ["world/topic", "world/pos", "world/retrieval"]
languages = ["qaa", "qab"]
seeds = [0]
train_examples = 40
evaluation_examples = 16
analyses = ["similarity"]

[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 4, feedforward = 64, vocabulary = 400 }
pretraining = [{ tasks = ["world/parallel"], updates = 2, batch = 16, max_length = 64, languages = ["qab"] }]
vocabulary = { text = ["world/parallel"], characters = 100000 }

[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[arms.pos]
intermediate = ["world/pos"]
[arms.qa]
intermediate = ["world/qa"]

[settings.intermediate]
updates = 2
[settings.target]
updates = 2
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("probed")
    (root / "tiny.toml").write_text(TINY)
    xstilts(root, "run", "tiny.toml")
    return root


@pytest.fixture
def ran(place: Path) -> tuple[Plan, Store]:
    store = Store(place / "store")
    return store.plan("tiny@full"), store


def test_every_probe_is_stored_and_read_back(ran: tuple[Plan, Store]) -> None:
    plan, store = ran
    behind = Behind(plan, store)
    for one in plan.probes:
        found = behind.shown(one.shows, one.backbone, one.arm, one.target, one.language)
        assert found is not None and all(np.isfinite(values).all() for values in found.values()), one
    features = behind.shown("features", "tiny", "nli", "world/topic")
    assert features is not None and features["features"].shape == (40, 32) and features["outputs"].shape == (40, 3)
    words = behind.shown("features", "tiny", "nli", "world/pos")
    assert words is not None and "outputs" not in words and len(words["labels"]) > 100
    same = behind.shown("features", "tiny", "pos", "world/pos")
    assert same is not None and same["outputs"].shape[1] > 3  # its own head sees the tags
    pairs = behind.shown("pairs", "tiny", "qa", "world/retrieval", "qab")
    assert pairs is not None and pairs["source"].shape == pairs["target"].shape
    assert behind.shown("features", "tiny", "absent", "world/topic") is None


def test_every_measure_can_be_taken_of_what_is_stored(ran: tuple[Plan, Store]) -> None:
    arms = {("tiny", f"world/{name}"): name for name in ("nli", "pos", "qa")}
    pairs, tasks = Pairs(Behind(*ran), arms), [name for _, name in arms]
    for target in ("world/topic", "world/pos"):
        found = pairs.of_target("tiny", target, tasks)
        heads = {name: values for name, values in found.items() if name in (LEEP, NCE)}
        assert all(np.isfinite(values).all() for name, values in found.items() if name not in heads), target
        sees = [target == "world/topic", target == "world/pos", False]  # heads with classes of the target's kind
        assert all(np.isfinite(values).tolist() == sees for values in heads.values())
    found = pairs.in_language("tiny", "world/retrieval", "qab", tasks)
    assert set(found) == {TEXT, TEXT_IN_LANGUAGE, CKA} and all(np.isfinite(v).all() for v in found.values())


def test_the_analysis_runs_on_it(place: Path) -> None:
    asked = ("--analysis", "similarity", "--format", "json")
    told = json.loads(xstilts(place, "results", "tiny.toml", *asked).stdout)
    verdicts = [row["predicts"] for section in told["sections"] for row in section["rows"] if "predicts" in row]
    assert set(verdicts) <= {"undecided"}  # one seed


def test_ones_own_rows_are_seen_by_the_models_of_a_study(
    ran: tuple[Plan, Store], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, store = ran
    monkeypatch.setenv("XSTILTS_CACHE", str(place / "cache"))
    rows = pa.table(
        {"text_a": ["ka lo", "mi", "ru ta sa"], "text_b": [None] * 3, "label": [0, 1, -1]},
        schema=SCHEMAS[TaskType.CLASSIFICATION],
    )
    seen = seen_by(plan, store, "tiny", rows, TaskType.CLASSIFICATION, labelled=True)
    assert seen is not None and seen.text.shape == (32,)
    assert set(seen.texts) == set(seen.features) == {"world/nli", "world/pos", "world/qa"}
    assert all(labels.tolist() == [0, 1] or labels.tolist() == [1, 0] for _, labels in seen.features.values())
    bare = seen_by(plan, store, "tiny", rows, TaskType.CLASSIFICATION, labelled=False)
    assert bare is not None and not bare.features
    assert seen_by(plan, store, "other", rows, TaskType.CLASSIFICATION, labelled=True) is None
