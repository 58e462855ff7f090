"""What a teacher says: each query learns the vector of its own candidate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch, gather
from xstilts.data.encode import Lengths
from xstilts.evaluate.neighbours import unit
from xstilts.evaluate.retrieve import sentence_vectors
from xstilts.jobs.sources import open_source
from xstilts.jobs.teacher import _singles, taught
from xstilts.model.encoder import make_encoder
from xstilts.model.heads import RankingHead
from xstilts.model.network import Network
from xstilts.study.job import Settings, Share
from xstilts.study.protocols import Places


@pytest.mark.parametrize("examples", [None, 40])
def test_targets_are_the_teachers_vectors_of_the_candidates(examples: int | None, vocabulary) -> None:
    source = open_source(Places(world={"parallel": 50}))
    task = source.task("world/parallel-ranking")
    rows = tuple(source.rows(task, "train", language) for language in ("qab", "qac"))
    share = Share(task.name, "ranking", rows, examples=examples)
    teacher = Network(make_encoder(2, 32, 4, 48, 70, vocabulary, 0.0, 1), (), (), vocabulary).eval()
    settings = Settings(1, 8, 1e-3, max_length=64)
    encoded, pool = taught(share, source, vocabulary, settings, teacher)

    tables = [source.read(part) for part in rows]
    candidates = [text for table in tables for text in table.column("candidate").to_pylist()]
    queries = len(encoded.starts) - 1 - len(pool.rows[-1])
    assert queries == (100 if examples is None else examples)
    assert sorted(np.concatenate(pool.rows)) == list(range(len(encoded.starts) - 1))
    batch = gather(encoded, np.arange(len(encoded.starts) - 1), TaskType.RANKING)
    np.testing.assert_allclose(np.linalg.norm(batch.target, axis=1), 1, rtol=1e-5)
    if examples is None:
        said = unit(
            sentence_vectors(teacher, _singles(candidates, vocabulary, Lengths(64)), None, "float32", budget=4096)
        )
        np.testing.assert_allclose(batch.target[:queries], said, atol=1e-5)


def test_a_perfect_pupil_has_the_least_loss() -> None:
    draw = np.random.default_rng(0)
    target = unit(draw.normal(size=(6, 8)).astype(np.float32))
    starts = np.arange(7)
    empty = np.zeros(6, np.int64)
    batch = Batch(empty, empty, empty, starts, np.arange(6), starts[:-1], target)
    head = RankingHead()
    perfect = float(head.loss(torch.from_numpy(target), batch))
    other = float(head.loss(torch.from_numpy(unit(draw.normal(size=(6, 8)).astype(np.float32))), batch))
    assert perfect < other
    twin = replace(batch, target=np.repeat(target[:1], 6, axis=0))  # one candidate six times: nothing to tell apart
    assert float(head.loss(torch.from_numpy(twin.target), twin)) == pytest.approx(0, abs=1e-4)
