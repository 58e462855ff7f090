"""Rows of a mining: sentences and pairs of one's own files, of lists with numbers, of parallel sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_server import running
from xstilts.catalogue import Files, Problem, TaskType, get_task, task_from_table
from xstilts.data.agree import agreement
from xstilts.data.examine import mistakes_in
from xstilts.data.hub import Hub
from xstilts.data.rows import SCHEMAS
from xstilts.data.source import Folder
from xstilts.metrics.mining_f1 import pairs_of

SIZES = {"source": 7, "target": 5}
TRUE = [(1, 1), (3, 4), (7, 5)]


def lists(place: Path, pairs: list[tuple[int, int]]) -> Folder:
    """Invented sentences in the form of the hub's copy of BUCC: one row of lists."""
    path = place / "BUCC" / "de-en" / "test.parquet"
    path.parent.mkdir(parents=True)
    rows = {
        f"sentence{k}": [[f"invented {side} {n + 1}" for n in range(size)]]
        for k, (side, size) in enumerate(SIZES.items(), 1)
    }
    kinds = {"gold": pa.array([pairs], pa.list_(pa.list_(pa.int32())))}
    pq.write_table(pa.table(rows | kinds), path)
    return Folder(place)


def test_lists_become_rows_that_hold_each_sentence_once(tmp_path: Path) -> None:
    rows = lists(tmp_path, TRUE).read(get_task("bucc2018"), "test", "de")
    assert rows.schema == SCHEMAS[TaskType.MINING]
    for side, size in SIZES.items():
        there = [
            (name, text)
            for name, text in zip(rows[f"{side}_id"].to_pylist(), rows[side].to_pylist(), strict=True)
            if name
        ]
        assert sorted(there) == [(str(n), f"invented {side} {n}") for n in range(1, size + 1)]
    both = [
        (int(row["source_id"]), int(row["target_id"])) for row in rows.to_pylist() if row["source"] and row["target"]
    ]
    assert sorted(both) == TRUE
    first = rows.slice(0, rows.num_rows // 2)  # a fair part of both, for a study that scores only some rows
    assert 2 <= first["source"].drop_null().length() <= 5 and 2 <= first["target"].drop_null().length() <= 4


def test_the_hubs_lists_are_those_of_the_folder(tmp_path: Path) -> None:
    task, folder = get_task("bucc2018"), lists(tmp_path, TRUE)
    with running() as server:
        server.publish("mteb/BUCC", {"de-en/test-00000-of-00001.parquet": tmp_path / "BUCC" / "de-en" / "test.parquet"})
        planning, hub = (Hub(tmp_path / "cache", server.url, fetch=fetch) for fetch in (False, True))
        # the hub knows of one row, where there are nine: it has to be read to be counted
        assert (
            planning.rows_of(task, "test", "de")
            == folder.rows_of(task, "test", "de")
            == hub.rows_of(task, "test", "de")
        )
        assert hub.rows_of(task, "test", "de")[0] == 7 + 5 - len(TRUE)
        assert hub.read(task, "test", "de").equals(folder.read(task, "test", "de"))
        assert not [line for line in agreement(hub, task, "test").differences if "column" in line]


def test_the_archives_of_the_shared_task_become_a_data_folder(tmp_path: Path) -> None:
    """The program in docs/retrieval.md, on invented archives of ten lines a file."""
    docs = Path(__file__).parents[2] / "docs" / "retrieval.md"
    (program,) = (part.split("```")[0] for part in docs.read_text(encoding="utf-8").split("```python\n")[1:])
    for code in ("de", "fr", "ru", "zh"):
        for part, many in (("sample", 6), ("training", 10)):
            place = tmp_path / "archives" / f"{code}-en"
            place.mkdir(parents=True, exist_ok=True)
            for end in (code, "en"):
                text = "".join(f"{end}-{n:09}\tinvented\u2028{part} {n}\n" for n in range(1, many + 1))
                (place / f"{code}-en.{part}.{end}").write_text(text, encoding="utf-8")
            gold = f"{code}-000000002\ten-000000003\n{code}-000000002\ten-000000005\n"
            (place / f"{code}-en.{part}.gold").write_text(gold, encoding="utf-8")
    data = tmp_path / "data"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "archives"), str(data)], check=True)
    folder, task = Folder(data), get_task("bucc2018")
    assert folder.languages(task, "validation") == folder.languages(task, "test") == ("de", "fr", "ru", "zh")
    for split, many in (("validation", 6), ("test", 10)):
        rows = folder.read(task, split, "zh")
        assert list(pairs_of(rows)) in [
            [("zh-000000002", f"en-00000000{n}") for n in order] for order in ((3, 5), (5, 3))
        ]
        for side in ("source", "target"):
            assert len(set(rows[f"{side}_id"].drop_null().to_pylist())) == many
        assert rows.num_rows == many + 1 + many - 2
        assert "invented\u2028" in rows["source"].drop_null()[0].as_py()


@pytest.mark.parametrize("pair", [(0, 1), (8, 1), (1, 6)])
def test_numbers_outside_the_lists_are_refused(pair: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"test\.parquet.*counted from 1"):
        lists(tmp_path, [pair]).read(get_task("bucc2018"), "test", "de")


def mining(place: Path, rows: list[dict[str, str | None]], **more: object) -> tuple[Folder, Path]:
    path = place / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Folder(None, place), path


OWN = {"type": "mining", "languages": ["de"], "splits": {"test": {"path": "own.jsonl"}}}


def test_ones_own_rows_get_names_and_lose_nothing_but_blanks(tmp_path: Path) -> None:
    rows: list[dict[str, str | None]] = [
        {"source": "eins", "target": "one"},
        {"source": " ", "target": "two"},
        {"source": "drei", "target": None},
        {"source": None, "target": ""},
    ]
    folder, path = mining(tmp_path, rows)
    task = task_from_table("own", OWN, "here")
    assert task.metric == "mining_f1"
    loaded = folder.load(task, "test", "de")
    assert [list(row.values()) for row in loaded.rows.to_pylist()] == [
        ["0", "eins", "0", "one"],
        [None, None, "1", "two"],
        ["2", "drei", None, None],
    ]
    assert loaded.left_out == {"no sentence": 1}
    (line,) = mistakes_in(path, task, task.splits["test"])
    assert "line 4: no sentence" in line and "take the row out" in line


def test_parallel_sentences_lose_their_other_half(tmp_path: Path) -> None:
    folder, _ = mining(tmp_path, [{"source": f"s{n}", "target": f"t{n}"} for n in range(10)])
    split = {"path": "own.jsonl", "paired": 5}
    table = OWN | {"splits": {"test": split}}
    rows = folder.read(task_from_table("own", table, "here"), "test", "de")
    assert rows["source"].to_pylist() == ["s0", "s1", None, "s3", None, "s5", "s6", None, "s8", None]
    assert rows["target"].to_pylist() == ["t0", None, "t2", None, "t4", "t5", None, "t7", None, "t9"]
    whole = folder.rows_of(task_from_table("own", OWN, "here"), "test", "de")
    assert folder.rows_of(task_from_table("own", table, "here"), "test", "de")[1] != whole[1]


def test_paired_rows_belong_to_a_mining() -> None:
    table = {"type": "retrieval", "languages": ["de"], "splits": {"test": {"path": "own.csv", "paired": 5}}}
    with pytest.raises(Problem, match="paired: of use in a mining task, not in a retrieval task"):
        task_from_table("own", table, "here")
    with pytest.raises(Problem, match="paired: must be a whole number from 2"):
        task_from_table("own", OWN | {"splits": {"test": {"path": "own.csv", "paired": 1}}}, "here")


@pytest.mark.data
def test_the_mining_made_of_ntrex_has_one_pair_in_three_sentences(data_folder: Path) -> None:
    folder, task = Folder(data_folder), get_task("ntrex-mining")
    for split, size in (("validation", 332), ("test", 665)):
        rows = folder.read(task, split, "de")
        pairs = sum(bool(row["source"] and row["target"]) for row in rows.to_pylist())
        assert rows.num_rows == size and pairs == -(-size // 5)
        for side in ("source", "target"):
            assert pairs / rows[side].drop_null().length() == pytest.approx(1 / 3, abs=0.01)
    held = [set(folder.read(task, split, "de")["target"].drop_null().to_pylist()) for split in ("validation", "test")]
    assert not held[0] & held[1]
    assert isinstance(task.splits["test"], Files)
