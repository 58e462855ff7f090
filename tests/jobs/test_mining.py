"""Mining from files to scores: what is found, which threshold counts, and that it never comes from what is scored.

Rows are invented, twenty a split at most: a pair says the same on both sides, so that any encoder finds it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from command import xstilts
from xstilts.catalogue.words import words
from xstilts.metrics.mining_f1 import best_threshold
from xstilts.study.job import Score
from xstilts.study.store import Store

WORDS = words("amber brook cedar delta ember frost grove heath islet jetty knoll lagoon meadow nook orchard pond")
STUDY = """
question = "Are pairs found?"
targets = ["bucc2018"]
languages = ["de"]
splits = ["validation", "test"]
seeds = [0]
retrieval = {retrieval}
[backbones.tiny]
architecture = {{ layers = 2, hidden = 32, heads = 2, feedforward = 48, vocabulary = 300, positions = 60 }}
vocabulary = {{ text = ["invented"], characters = 3000 }}
[tasks.invented]
type = "mlm"
languages = ["de"]
splits.train = {{ path = "text.csv", languages = ["de"] }}
[arms.baseline]
"""


def sentence(number: int, side: str) -> str:
    """An invented sentence, unlike any other."""
    return f"{side} {WORDS[number % 16]} {WORDS[(5 * number + 3) % 16]} {number}"


def rows(first: int, seed: int) -> list[dict[str, str | None]]:
    """Eight pairs and twelve sentences alone, in no order; one of the pairs stands twice among the sources."""
    order = np.random.default_rng(seed).permutation(20)
    found: list[dict[str, str | None]] = []
    for number in (int(first + n) for n in order):
        kind = (number - first) % 5
        found.append(
            {
                "source_id": f"de-{number}" if kind != 4 else None,
                "source": sentence(number, "" if kind < 2 else "left") if kind != 4 else None,
                "target_id": f"en-{number}" if kind in (0, 1, 4) else None,
                "target": sentence(number, "" if kind < 2 else "right") if kind in (0, 1, 4) else None,
            }
        )
    twice = next(row for row in found if row["source_id"] == f"de-{first}")
    lone = next(row for row in found if row["target_id"] is None)
    lone["source"] = f" {twice['source']} "
    return found


def study(folder: Path, retrieval: str, validation: int = 0) -> dict[str, dict[str, Any]]:
    """Run the study and give the records of its scores, by split, with the pairs that were predicted."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, first in (("validation", validation), ("test", 40)):
        path = folder / "data" / "bucc2018" / "de" / f"{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows(first, first)), encoding="utf-8")
    (folder / "text.csv").write_text("text\n" + "".join(f"{sentence(n, word)}\n" for n, word in enumerate(WORDS)))
    (folder / "mine.toml").write_text(STUDY.format(retrieval=retrieval))
    xstilts(folder, "run", "mine.toml", "--data", "data", "--workers", "1")
    store = Store(folder / "store")
    found: dict[str, dict[str, Any]] = {}
    plan = store.plan("mine@full")
    for cell in plan.cells:
        score = plan.jobs[cell.score]
        assert isinstance(score, Score)
        pairs = pq.read_table(store.folder(score.prediction) / "predictions.parquet")
        found[cell.split] = {**store.record(cell.score), "pairs": pairs.to_pylist(), "protocol": cell.protocol}
    return found


def true(first: int) -> set[tuple[str, str]]:
    return {(f"de-{n}", f"en-{n}") for n in range(first, first + 20) if (n - first) % 5 < 2}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return study(tmp_path_factory.mktemp("mining"), '"xtreme"')


def test_pairs_are_found_but_those_of_repeated_sentences(found: dict[str, dict[str, Any]]) -> None:
    pairs = found["test"]["pairs"]
    said = [(pair["source_id"], pair["target_id"]) for pair in pairs]
    assert set(said[:7]) == true(40) - {("de-40", "en-40")}
    assert not {"de-40", "en-40"} & {name for pair in said for name in pair}
    scores = [pair["score"] for pair in pairs]
    assert scores == sorted(scores, reverse=True) and scores[0] > 1
    assert found["test"]["protocol"].startswith("xtreme: layer 1, mean, ratio of 4, both ask, threshold from")


def test_the_threshold_is_that_of_the_validation_set(found: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    pairs = found["validation"]["pairs"]
    right = [(pair["source_id"], pair["target_id"]) in true(0) for pair in pairs]
    wanted = best_threshold([pair["score"] for pair in pairs], right, 8)
    for split in ("validation", "test"):
        assert found[split]["threshold"] == pytest.approx(wanted)
        assert found[split]["examples"] == 8
    assert found["test"]["threshold_from"] == "validation"
    assert found["validation"]["threshold_from"] == "validation, the scored rows"
    assert found["validation"]["score"] == pytest.approx(2 * 7 / (8 + 7) * 100)
    kept = {(pair["source_id"], pair["target_id"]) for pair in found["test"]["pairs"] if pair["score"] >= wanted}
    assert found["test"]["score"] == pytest.approx(200 * len(kept & true(40)) / (8 + len(kept)))
    other = study(tmp_path, '"xtreme"', validation=100)
    assert other["test"]["pairs"] == found["test"]["pairs"]
    assert other["test"]["threshold"] != found["test"]["threshold"]


def test_a_stated_threshold_and_no_threshold(found: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    many = study(tmp_path, '{ threshold = "none" }')
    assert len(many["test"]["pairs"]) > 8 and "threshold" not in many["test"]
    assert many["test"]["score"] == pytest.approx(200 * 7 / (8 + len(many["test"]["pairs"])))
    none = study(tmp_path, "{ threshold = 99 }")
    assert none["test"]["score"] == 0 and none["test"]["threshold_from"] == "study"
    assert none["test"]["pairs"] == many["test"]["pairs"] == found["test"]["pairs"]


def test_mteb_looks_only_for_the_sentences_that_have_a_translation(tmp_path: Path) -> None:
    found = study(tmp_path, '"mteb"')["test"]
    assert {pair["source_id"] for pair in found["pairs"]} == {source for source, _ in true(40)}
    assert found["score"] == pytest.approx(100)
