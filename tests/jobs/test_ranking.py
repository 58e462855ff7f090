"""A ranking from the study file to the leaderboard's folder, on at most 20 invented rows a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import average_precision_score

from command import results, xstilts
from xstilts.catalogue.words import words
from xstilts.data.encode import Encoded
from xstilts.evaluate.predict import text_vectors
from xstilts.model.network import Network, load_network
from xstilts.study.job import Embed, Predict, Score
from xstilts.study.manifest import plan_from_json
from xstilts.study.store import Store

STUDY = """
question = "Is the invented answer found?"
targets = ["lareqa", "mine"]
languages = ["en", "de"]
seeds = [0]

[backbones.tiny]
architecture = { layers = 1, hidden = 16, heads = 2, feedforward = 24, vocabulary = 300 }
vocabulary = { text = ["lines"], languages = ["en"] }
[arms.baseline]
[settings.target]
updates = 3
batch = 4
max_length = 32

[tasks.lines]
type = "mlm"
languages = ["en"]
splits.train.path = "lines.csv"
[tasks.mine]
type = "ranking"
languages = ["en"]
splits.train.path = "known.csv"
splits.test.path = "pairs.csv"
splits.candidates.path = "pairs.csv"
"""
WORDS = words("red green blue black white small large old new round flat wet dry hot cold soft hard loud calm fast")
PARAGRAPHS = [f"The {WORDS[k]} cat sat. A {WORDS[k + 5]} dog ran." for k in range(5)]


def questions(language: str, sentences: bool) -> pa.Table:
    """Two questions about each paragraph, one answered by each of its sentences."""
    rows: list[dict[str, Any]] = []
    for number, paragraph in enumerate(PARAGRAPHS):
        text = paragraph if language == "en" else paragraph.replace("The", "Die").replace("cat", "Katze")
        second = text.index(" A ") + 1
        for place, start in enumerate((0, second)):
            answers = {"text": [text[start : start + 3]], "answer_start": [start]}
            row = {"id": f"{number}{place}", "question": f"who {WORDS[number]}?", "context": text, "answers": answers}
            rows.append(row | ({"sentence_breaks": [[0, second - 1], [second, len(text)]]} if sentences else {}))
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study and a store in which it has run."""
    place = tmp_path_factory.mktemp("ranking")
    for path, table in {
        "squad/plain_text/train": questions("en", sentences=False),
        "xquad_r/en/validation": questions("en", sentences=True),
        "xquad_r/de/validation": questions("de", sentences=True),
    }.items():
        file = place / "data" / f"{path}.parquet"
        file.parent.mkdir(parents=True)
        pq.write_table(table, file)
    (place / "lines.csv").write_text("text\n" + "\n".join(f"{paragraph} who?" for paragraph in PARAGRAPHS))
    pairs = "\n".join(f"q{k},who is {word}?,the {word} one" for k, word in enumerate(WORDS))
    (place / "pairs.csv").write_text(f"id,query,candidate\n{pairs}\n")
    (place / "known.csv").write_text(f"id,query,candidate\n{pairs}\n")
    (place / "study.toml").write_text(STUDY)
    xstilts(place, "run", "study.toml", "--workers", "1", "--data", "data")
    return place


def texts_of(place: Path, language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Questions by id and candidates by name, worked out from the files themselves."""
    rows = pq.read_table(place / "data" / "xquad_r" / language / "validation.parquet").to_pylist()
    contexts = list(dict.fromkeys(row["context"] for row in rows))
    breaks = {row["context"]: row["sentence_breaks"] for row in rows}
    candidates = {
        f"{language}_{number}_{sentence}": context[low:high] + context
        for number, context in enumerate(contexts, start=1)
        for sentence, (low, high) in enumerate(breaks[context])
    }
    return {row["id"]: row["question"] for row in rows}, candidates


def alone(network: Network, task: str, text: str) -> np.ndarray:
    """The vector of one text that is encoded and run without any other."""
    vocabulary = network.vocabulary
    (found,) = vocabulary.ids([text])
    room = 32 - len(vocabulary.before) - len(vocabulary.after_single)
    ids = np.array([*vocabulary.before, *found[:room], *vocabulary.after_single], np.int32)
    encoded = Encoded(ids, np.zeros(len(ids), np.uint8), np.array([0, len(ids)]), np.zeros(1, np.int32))
    return text_vectors(network, task, encoded, "float32")[0]


def test_rankings_and_scores_are_those_of_plain_means(done: Path) -> None:
    store = Store(done / "store")
    plan = plan_from_json(json.loads((done / "store" / "studies" / "study@full.json").read_text()))
    asked = {language: texts_of(done, language) for language in ("en", "de")}
    pool = {name: text for _, candidates in asked.values() for name, text in candidates.items()}
    assert len(pool) == 20
    seen = 0
    for cell in plan.cells:
        score = plan.jobs[cell.score]
        assert isinstance(score, Score)
        prediction = plan.jobs[score.prediction]
        assert isinstance(prediction, Predict) and prediction.model
        if cell.target != "lareqa":
            continue
        network = load_network(store.folder(prediction.model) / "model")
        vectors = np.stack([alone(network, "lareqa", text) for text in pool.values()])
        said = pq.read_table(store.folder(score.prediction) / "predictions.parquet").to_pylist()
        precisions = []
        for row in said:
            cosines = vectors @ alone(network, "lareqa", asked[cell.language][0][row["id"]])
            np.testing.assert_allclose(row["cosines"], np.sort(cosines)[::-1], atol=1e-5)
            number, sentence = int(row["id"][0]) + 1, row["id"][1]
            right = [f"{language}_{number}_{sentence}" for language in asked]  # the answer in every language
            place = dict(zip(row["ranking"], row["cosines"], strict=True))
            precisions.append(average_precision_score([name in right for name in pool], [place[name] for name in pool]))
        assert store.record(cell.score)["score"] == pytest.approx(100 * np.mean(precisions))
        assert store.record(cell.floor)["score"] == 0
        seen += 1
    assert seen == 2


def test_candidates_are_embedded_once_for_all_queries(done: Path) -> None:
    plan = plan_from_json(json.loads((done / "store" / "studies" / "study@full.json").read_text()))
    store = Store(done / "store")
    embeds = [job for job in plan.jobs.values() if isinstance(job, Embed)]
    assert sorted((job.task, job.data.language, job.data.rows) for job in embeds) == [
        ("lareqa", "de", 10),
        ("lareqa", "en", 10),
        ("mine", "en", 20),
    ]
    for key, job in plan.jobs.items():
        if isinstance(job, Embed):
            assert np.load(store.folder(key) / "vectors.npy").shape == (job.data.rows, 16)


def test_one_s_own_rows_match_by_their_ids(done: Path) -> None:
    table = results(done, "study.toml")
    (mine,) = table.filter(pl.col("target") == "mine").to_dicts()
    assert (mine["task_type"], mine["metric"], mine["examples"]) == ("ranking", "mean_average_precision", 20)
    assert 0 < mine["score"] <= 100  # twenty candidates, of which each is named


def test_the_exported_folder_has_the_scores_of_the_study(done: Path) -> None:
    table = results(done, "study.toml")
    wanted = dict(table.filter(pl.col("target") == "lareqa").select("language", "score").iter_rows())
    (system,) = xstilts(done, "export", "study.toml", "out", "--benchmark", "xtreme-r", "--data", "data").stdout.split()
    folders = ["--predictions", system, "--references", "out/references"]
    said = subprocess.run(
        [sys.executable, "-m", "xstilts", "score", "--benchmark", "xtreme-r", "--partial", "--json", *folders],
        capture_output=True,
        text=True,
        cwd=done,
    )
    assert json.loads(said.stdout)["tasks"]["lareqa"]["map@20"] == wanted, said.stderr
