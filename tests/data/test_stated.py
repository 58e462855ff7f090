"""What a data folder says of its files is found for the rows that lie in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.catalogue import Files, Task, TaskType
from xstilts.data.source import Folder
from xstilts.data.stated import in_one_line, stated

TASK = Task("t", "t", TaskType.MLM, "", ("de", "en"), {"train": Files("me/set", ("set.{language}",), "train")})


def folder(root: Path, manifest: str | bytes) -> Folder:
    for code in ("de", "en"):
        (root / f"set/set.{code}").mkdir(parents=True)
        (root / f"set/set.{code}/train.jsonl").write_text('{"text": "invented"}\n')
    (root / "MANIFEST.csv").write_bytes(manifest.encode() if isinstance(manifest, str) else manifest)
    return Folder(root)


def test_notes_belong_to_files(tmp_path: Path) -> None:
    text = 'name,config,split,rows,note\nset,set.de,train,1,"labels joined, by hand"\nset,set.en,test,1,other\n'
    found = folder(tmp_path, text)
    assert found.stated(TASK, "train", "de") == "labels joined, by hand"
    assert found.stated(TASK, "train", "en") == ""
    assert Folder(None).stated(TASK, "train", "de") == ""


@pytest.mark.parametrize("text", ["", "what,ever\n1,2\n", b"name,config,split,note\n\xff\xfe,a,b,c\n"])
def test_another_table_says_nothing(tmp_path: Path, text: str | bytes) -> None:
    assert folder(tmp_path, text).stated(TASK, "train", "de") == ""
    assert stated(tmp_path / "nowhere") == {}


def test_one_line_says_what_most_share_first() -> None:
    notes = {"de": "2 dropped; joined", "en": "joined", "fr": "3 dropped; joined"}
    assert in_one_line(notes) == "joined; 2 dropped (in de); 3 dropped (in fr)"
    assert in_one_line({code: code for code in "abcde"}) == "a (in a); b (in b); c (in c); and 2 more (--json)"
    assert in_one_line({"de": "", "en": "joined; joined"}) == "joined (in en)"
    assert in_one_line({"de": "", "en": ""}) == ""
