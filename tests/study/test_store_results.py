"""Results appear whole or not at all, are found by key, and are never used damaged."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import sealed
from xstilts.study.job import Rows, Score, Settings, Start, Train, key_of
from xstilts.study.protocols import Places
from xstilts.study.store import FORMAT, Store

PLACES = Places(
    data="/data", world={"seed": 1, "words": {"qaa": 5}}, tasks={"mine": {"type": "mlm"}}, backbones={"a": "b"}
)


def job(seed: int = 0) -> Train:
    return Train("target", Start(backbone="x", checksum="c"), (), Settings(1, 2, 3e-4), seed)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def finish(store: Store, seed: int = 0, text: str = "weights") -> str:
    key = store.submit(job(seed), PLACES)
    with store.writing(key) as (folder, extra):
        (folder / "model").mkdir()
        (folder / "model" / "weights.bin").write_text(text)
        extra["score"] = 1.5
    return key


def test_a_submitted_job_comes_back_with_its_places(store: Store) -> None:
    key = store.submit(job(), PLACES)
    assert store.job(key) == (job(), PLACES)
    assert key == key_of(job())
    assert not store.has(key)


def test_a_result_has_its_files_and_a_record(store: Store) -> None:
    key = finish(store)
    assert store.has(key)
    assert (store.folder(key) / "model" / "weights.bin").read_text() == "weights"
    record = store.record(key)
    assert record["kind"] == "train"
    assert record["score"] == 1.5
    assert record["files"]["model/weights.bin"]["bytes"] == 7
    assert record["seconds"] >= 0
    assert "python" in record["versions"]
    assert store.keys() == [key]
    assert store.check(key, deep=True) is None


def test_nothing_is_kept_when_writing_fails(store: Store) -> None:
    key = store.submit(job(), PLACES)
    with pytest.raises(RuntimeError), store.writing(key) as (folder, _):
        (folder / "half").write_text("half")
        raise RuntimeError("power cut")
    assert not store.has(key)
    assert list((store.root / "aside").iterdir()) == []


def test_a_missing_job_or_result_is_a_problem(store: Store) -> None:
    with pytest.raises(Problem, match="not in the store"):
        store.folder("0" * 32)
    with pytest.raises(Problem, match="no job"):
        store.job("0" * 32)
    with pytest.raises(Problem, match="no job's key"):
        store.job("../../etc/passwd")


@pytest.mark.parametrize("damage", ["truncate", "delete", "record", "no record"])
def test_a_damaged_result_is_moved_aside_and_counts_as_missing(store: Store, damage: str) -> None:
    key = finish(store)
    folder = store.folder(key)
    if damage == "truncate":
        (folder / "model" / "weights.bin").write_text("wei")
    elif damage == "delete":
        (folder / "model" / "weights.bin").unlink()
    elif damage == "record":
        (folder / "record.json").write_text('{"files": ')
    else:
        (folder / "record.json").unlink()
    assert not store.has(key)
    assert not folder.exists()
    assert len(list((store.root / "damaged").iterdir())) == 1
    assert finish(store) == key
    assert store.has(key)


def test_a_changed_byte_is_found_by_the_deep_check(store: Store) -> None:
    key = finish(store)
    (store.folder(key) / "model" / "weights.bin").write_text("WEIGHTS")
    assert store.check(key) is None
    assert "other content" in str(store.check(key, deep=True))


def test_of_two_that_finish_one_job_the_first_stays(store: Store) -> None:
    key = store.submit(job(), PLACES)
    with store.writing(key) as (slow, _):
        (slow / "who").write_text("second")
        with store.writing(key) as (fast, _):
            (fast / "who").write_text("first")
    assert (store.folder(key) / "who").read_text() == "first"
    assert store.check(key, deep=True) is None


def test_many_threads_finishing_one_job_leave_one_whole_result(store: Store) -> None:
    key = store.submit(job(), PLACES)
    barrier = threading.Barrier(6)

    def write(number: int) -> None:
        barrier.wait()
        with store.writing(key) as (folder, _):
            (folder / "who").write_text(str(number) * 1000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.check(key, deep=True) is None
    assert list((store.root / "aside").iterdir()) == []


def test_a_store_that_another_is_making_has_the_present_format(tmp_path: Path) -> None:
    for turn in range(40):
        root = tmp_path / str(turn)
        ended = threading.Event()
        seen: list[int] = []

        def look(root: Path = root, ended: threading.Event = ended, seen: list[int] = seen) -> None:
            while not ended.is_set():
                seen.append(Store(root).format)

        looking = threading.Thread(target=look)
        looking.start()
        finish(Store(root))
        ended.set()
        looking.join()
        assert set(seen) <= {FORMAT}


def test_a_finished_job_keeps_of_its_work_only_the_log(store: Store) -> None:
    key = store.submit(job(), PLACES)
    store.fail(key, "an earlier attempt")
    (store.work(key) / "checkpoint").mkdir()
    (store.work(key) / "checkpoint" / "state").write_text("big")
    (store.work(key) / "log").write_text("lines")
    finish(store)
    assert [path.name for path in store.work(key).iterdir()] == ["log"]
    assert store.failure(key) is None


def test_failures_are_kept_and_cleared(store: Store) -> None:
    key = store.submit(job(), PLACES)
    assert store.failure(key) is None
    store.fail(key, "out of memory")
    assert store.failure(key) == "out of memory"
    store.clear_failure(key)
    store.clear_failure(key)
    assert store.failure(key) is None


def test_numbers_that_json_cannot_hold_do_not_lose_a_result(store: Store) -> None:
    import numpy as np

    key = store.submit(job(), PLACES)
    with store.writing(key) as (_, extra):
        extra |= {"loss": float("nan"), "score": np.float64(2.5), "count": np.int64(3), "list": [float("inf"), (1, 2)]}
    record = store.record(key)
    assert (record["loss"], record["score"], record["count"], record["list"]) == (None, 2.5, 3, [None, [1, 2]])


def test_a_job_file_that_holds_another_job_is_refused(store: Store) -> None:
    key, other = store.submit(job(), PLACES), store.submit(job(1), PLACES)
    (store.root / "jobs" / f"{key}.json").write_bytes((store.root / "jobs" / f"{other}.json").read_bytes())
    with pytest.raises(Problem, match="does not hold that job"):
        store.job(key)
    path = store.root / "jobs" / f"{other}.json"
    content = json.loads(path.read_text())
    content["job"]["new_field"] = 1
    path.write_text(json.dumps(content))
    with pytest.raises(Problem, match="is damaged"):
        store.job(other)
    content.pop("seal")
    path.write_bytes(sealed(content))
    with pytest.raises(Problem, match="another version"):
        store.job(other)


def test_new_places_replace_old_ones_under_the_same_key(store: Store) -> None:
    score = Score("0" * 32, "t", "mlm", "m", Rows("t", "test", "en", 1, "c"))
    key = store.submit(score, Places(data="/old"))
    assert store.submit(score, Places(data="/new")) == key
    assert store.job(key)[1].data == "/new"
