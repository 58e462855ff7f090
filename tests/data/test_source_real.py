"""The shipped tasks read from the data folder: counts of its manifest, splits that stay apart, texts that fit."""

import csv
from pathlib import Path

import pyarrow.compute as pc
import pytest

from xstilts.catalogue import TaskType, get_task, tasks
from xstilts.data.rows import SCHEMAS
from xstilts.data.source import Folder

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Folder:
    return Folder(data_folder)


@pytest.fixture(scope="module")
def manifest(data_folder: Path) -> dict[tuple[str, str, str], int]:
    with (data_folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["name"], row["config"], row["split"]): int(row["rows"]) for row in csv.DictReader(lines)}


@pytest.mark.parametrize("name", ["mnli", "squad", "xnli", "udpos", "xquad", "tatoeba", "lexicon", "parallel"])
def test_no_row_is_lost(folder: Folder, manifest: dict[tuple[str, str, str], int], name: str) -> None:
    task = get_task(name)
    for split in task.splits:
        for language in folder.languages(task, split)[::7]:
            files = folder.files(task, split, language)
            stated = sum(manifest[path.parts[-3], path.parts[-2], path.stem] for path in files)
            loaded = folder.load(task, split, language)
            assert (loaded.rows.num_rows, loaded.left_out) == (stated, {}), (split, language)


@pytest.mark.parametrize("name", [name for name in tasks() if not name.startswith("world/")])
def test_one_language_of_each_split_has_its_schema(folder: Folder, name: str) -> None:
    task = get_task(name)
    for split in task.splits:
        here = folder.languages(task, split)
        assert here
        rows = folder.read(task, split, here[-1])
        assert rows.schema == SCHEMAS[task.type]
        assert folder.rows_of(task, split, here[-1])[0] == rows.num_rows > 0
        if task.labels:
            labels = rows["label"] if task.type is TaskType.CLASSIFICATION else pc.list_flatten(rows["tags"])
            assert 0 <= pc.min(labels).as_py() <= pc.max(labels).as_py() < len(task.labels)


def test_training_data_is_shared_by_its_checksum(folder: Folder) -> None:
    for first, second in (("mnli", "xnli"), ("squad", "xquad")):
        one, two = (folder.rows_of(get_task(name), "train", "en") for name in (first, second))
        assert one == two
    assert folder.rows_of(get_task("mnli"), "train", "en")[0] == 11_051


def test_german_tags_stand_in_from_german_gsd(folder: Folder) -> None:
    task = get_task("udpos")
    rows = folder.read(task, "test", "de")
    assert rows.num_rows == 977
    first = [task.labels[tag] for tag in rows["tags"][0].as_py()]
    assert " ".join(first) == "DET NOUN AUX ADP NOUN PUNCT CCONJ DET DET ADP ADJ PUNCT"


def test_ntrex_for_training_and_for_retrieval_share_no_sentence(folder: Folder) -> None:
    train = folder.read(get_task("ntrex"), "train", "de")
    test = folder.read(get_task("ntrex-retrieval"), "test", "de")
    assert train.num_rows == 1_000
    assert train["text_b"][0].as_py() == "Welsh AMs worried about 'looking like muppets'"
    assert not set(train["text_b"].to_pylist()) & set(test["target"].to_pylist())
    plain = folder.read(get_task("mlm-text"), "train", "de")
    assert not set(plain["text"].to_pylist()) & set(test["source"].to_pylist())


def test_pairs_read_for_ranking_are_the_pairs_read_for_modelling(folder: Folder) -> None:
    for name in ("parallel", "ntrex", "nllb-seed"):
        code = folder.languages(get_task(name), "train")[0]
        modelling = folder.read(get_task(name), "train", code)
        ranking = folder.read(get_task(f"{name}-ranking"), "train", code)
        assert modelling["text"].equals(ranking["query"])
        assert modelling["text_b"].equals(ranking["candidate"])


def test_training_data_of_squad_is_not_that_of_xquad(folder: Folder) -> None:
    train = set(folder.read(get_task("squad"), "train", "en")["context"].to_pylist())
    test = set(folder.read(get_task("xquad"), "test", "en")["context"].to_pylist())
    assert not train & test
