"""Fixtures that several rooms share: a small vocabulary, a small network, the data folder where there is one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # modules that tests of several rooms share
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nobody answers there: no test reaches a network
os.environ.pop("HF_HUB_OFFLINE", None)
settings.register_profile("xstilts", deadline=None)  # how long an example takes depends on what else the machine does
settings.load_profile("xstilts")

WORDS = ["the", "a", "small", "old", "red", "cat", "dog", "bird", "house", "river", "sees", "takes", "gives", "finds"]
WORDS += ["two", "three", "Anna", "Ben", "Carla", "in", "on", "at", "now", "then", "not"]


def sentences(count: int) -> list[str]:
    """Sentences made of a few words, all different lengths; deterministic."""
    return [" ".join(WORDS[(i * 7 + k * (i % 5 + 1)) % len(WORDS)] for k in range(3 + i % 9)) for i in range(count)]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with real data; tests that need it are skipped where there is none."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("XSTILTS_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no data folder: set XSTILTS_DATA")
    return folder


@pytest.fixture(scope="session")
def vocabulary():  # type: ignore[no-untyped-def]
    from xstilts.data.vocabulary import train_vocabulary

    return train_vocabulary(sentences(400), 120)


@pytest.fixture
def pairs_table() -> pa.Table:
    texts = sentences(80)
    return pa.table(
        {
            "text_a": texts[:40],
            "text_b": texts[40:],
            "label": pa.array([int("not" in text) for text in texts[:40]], pa.int16()),
        }
    )
