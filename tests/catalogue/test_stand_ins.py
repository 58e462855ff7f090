"""A stand-in bears a name of its own, says what it stands in for, and is never read under the original's name."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from xstilts.catalogue import Problem, get_task, task_from_table, tasks
from xstilts.catalogue.placeholder import withheld
from xstilts.cli import app
from xstilts.data.source import Folder

STAND_INS = {name: task.in_place_of for name, task in tasks().items() if task.in_place_of}


def test_stand_ins_say_what_they_stand_in_for() -> None:
    assert STAND_INS == {
        "commonsense_qa_v1": "commonsense_qa",
        "nli_mix": "anli_plus",
        "pawsx_open": "pawsx",
        "snli_cad": "snli",
        "tydiqa_train": "tydiqa",
        "ud_ccg": "CCGbank",
    }
    for name, other in STAND_INS.items():
        assert get_task(name).protocol == "", f"{name} claims the protocol of a benchmark"
        if other in tasks():
            assert get_task(other).splits.get("train") != get_task(name).splits.get("train") or get_task(name).parts


def test_other_pairs_of_paws_are_not_read_as_those_of_pawsx(tmp_path: Path) -> None:
    path = tmp_path / "paws/labeled_final_minus_pawsx/train.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"sentence1": ["a", "b"], "sentence2": ["c", "d"], "label": [0, 1]}), path)
    folder = Folder(tmp_path)
    assert folder.languages(get_task("pawsx_open"), "train") == ("en",)
    assert folder.languages(get_task("pawsx"), "train") == ()
    with pytest.raises(Problem, match="no rows of 'pawsx'"):
        folder.read(get_task("pawsx"), "train", "en")


def test_tables_show_what_is_stood_in_for() -> None:
    listed = CliRunner().invoke(app, ["tasks"], env={"XSTILTS_DATA": ""}).stdout
    assert any(line.startswith("ud_ccg") and "in place of CCGbank" in line for line in listed.splitlines())


def test_a_task_of_ones_own_may_stand_in_for_another() -> None:
    table = {"type": "mlm", "languages": ["en"], "in_place_of": "mlm-text", "splits": {"train": {"path": "a.csv"}}}
    assert task_from_table("mine", table, "mine.toml").in_place_of == "mlm-text"


@pytest.mark.parametrize(("rows", "kinds", "so"), [(9, 1, False), (10, 1, True), (10, 2, False), (10_000, 1, True)])
def test_ten_labels_that_are_all_the_same_look_withheld(rows: int, kinds: int, so: bool) -> None:
    assert withheld(rows, kinds) is so
