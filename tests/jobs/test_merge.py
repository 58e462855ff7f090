"""Weights put together: sums are exact, and whole runs with every lever end in results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file
from transformers import AutoModel

from command import results, xstilts
from xstilts.catalogue.errors import Problem
from xstilts.jobs.merge import summed
from xstilts.study.job import Merge
from xstilts.study.manifest import Plan
from xstilts.study.store import Store

values = arrays.arrays(np.float32, (3, 2), elements=st.floats(-1e3, 1e3, width=32))


@given(values, st.integers(1, 6))
def test_the_mean_of_equal_weights_is_these_weights(tensor: np.ndarray, runs: int) -> None:
    np.testing.assert_array_equal(summed([tensor] * runs, [1 / runs] * runs), tensor)


@given(values, values, st.floats(0.01, 2))
def test_a_backbone_with_an_added_change_is_what_the_formula_says(
    base: np.ndarray, trained: np.ndarray, scale: float
) -> None:
    found = summed([base, trained], [1 - scale, scale])
    wide = base.astype(np.float64)
    np.testing.assert_allclose(found, wide + scale * (trained.astype(np.float64) - wide), rtol=1e-6, atol=1e-3)
    assert found.dtype == np.float32


def test_encoders_of_different_shapes_are_refused() -> None:
    with pytest.raises(Problem, match=r"'x' has the shapes \(1, 2\), \(2, 1\)"):
        summed([np.zeros((2, 1)), np.zeros((1, 2))], [0.5, 0.5], "x")


STUDY = """
question = "Does every lever run?"
targets = ["world/paraphrase", "world/retrieval"]
languages = ["qaa", "qab"]
seeds = [0, 1]
train_examples = 48
[world]
train = 120
test = 24
retrieval = 24
[backbones.tiny]
architecture = { layers = 2, hidden = 32, heads = 2, feedforward = 48, vocabulary = 400 }
vocabulary = { characters = 60000, languages = ["qaa", "qab"] }
pretraining = [{ tasks = ["world/text"], updates = 3, batch = 8, languages = ["qaa", "qab"] }]
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[arms.qa]
intermediate = ["world/qa"]
[arms.runs]
intermediate = ["world/nli"]
runs = 3
[arms.added]
add = { nli = 0.5, qa = 0.25 }
[arms.added-on]
add = { nli = 1.0 }
then = [{ intermediate = ["world/qa"] }]
[arms.moments]
intermediate = ["world/nli"]
averaged = 2
target.averaged = 3
[arms.frozen]
intermediate = ["world/nli"]
freeze_layers = 1
[arms.low-rank]
intermediate = ["world/nli"]
lora = 2
[settings.intermediate]
updates = 4
batch = 8
max_length = 96
learning_rate = 1e-3
[settings.target]
updates = 6
batch = 8
max_length = 96
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Store, Plan]:
    folder = tmp_path_factory.mktemp("levers")
    (folder / "levers.toml").write_text(STUDY, encoding="utf-8")
    xstilts(folder, "run", str(folder / "levers.toml"))
    store = Store(folder / "store")
    return folder, store, store.plan("levers@full")


def weights(store: Store, key: str) -> dict[str, np.ndarray]:
    return load_file(store.folder(key) / "model" / "model.safetensors")


def test_every_lever_ends_in_results(ran: tuple[Path, Store, Plan]) -> None:
    folder, _, _ = ran
    table = results(folder, "levers")
    assert set(table["status"]) <= {"done", "collapsed"} and table["score"].null_count() == 0
    assert table["parameters_total"].null_count() == 0
    said = dict(table.select("arm", "intermediate").unique().iter_rows())
    assert said["added"] == "world/nli & world/qa" and said["added-on"] == "world/nli > world/qa"
    assert said["runs"] == "world/nli"
    updates = dict(table.filter(pl.col("target") == "world/retrieval").select("arm", "updates").unique().iter_rows())
    assert updates["runs"] == 12 and updates["added"] == 8 and updates["nli"] == 4


def test_merged_weights_are_sums_of_those_they_name(ran: tuple[Path, Store, Plan]) -> None:
    _, store, plan = ran
    merges = {key: job for key, job in plan.jobs.items() if isinstance(job, Merge)}
    assert len(merges) == 2 * 3
    for key, job in merges.items():
        parts = [weights(store, str(part.start.job)) for part in job.parts]
        merged = weights(store, key)
        assert set(merged) == set(parts[0])
        assert sum(part.weight for part in job.parts) == pytest.approx(1)
        for name, tensor in merged.items():
            pairs = zip(job.parts, parts, strict=True)
            expected = sum(part.weight * tensors[name].astype(np.float64) for part, tensors in pairs)
            np.testing.assert_allclose(tensor, expected, atol=1e-6)
    AutoModel.from_pretrained(store.folder(next(iter(merges))) / "model")


def test_what_is_frozen_does_not_move_and_what_is_low_rank_moves_little(ran: tuple[Path, Store, Plan]) -> None:
    _, store, plan = ran
    labels = {label.split(",")[0]: key for key, label in plan.labels.items() if "seed 0" in label or "pretr" in label}
    before = weights(store, labels["pretraining tiny"])
    after = {arm: weights(store, labels[f"intermediate {arm}"]) for arm in ("nli", "frozen", "low-rank")}
    moved = {arm: {n for n in before if not np.array_equal(before[n], found[n])} for arm, found in after.items()}
    assert moved["nli"] >= {"embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight"}
    assert moved["frozen"] and all(name.startswith("encoder.layer.1") for name in moved["frozen"])
    assert all(name.endswith("weight") and "LayerNorm" not in name for name in moved["low-rank"])
    for name in moved["low-rank"]:
        assert np.linalg.matrix_rank(after["low-rank"][name].astype(np.float64) - before[name], tol=1e-5) <= 2
