"""What is said of data: stand-ins once, what a folder says of its files, and nothing of a hub that nobody needs."""

from __future__ import annotations

import tomllib
from pathlib import Path

from typer.testing import CliRunner, Result

from invented import write_invented
from xstilts.catalogue import get_task
from xstilts.cli import app
from xstilts.jobs.sources import open_source
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import study_of


def folder(root: Path, *parts: tuple[str, str, str]) -> Path:
    """Invented rows of these tasks, splits and languages, and what the folder says of two of them."""
    for name, split, language in parts:
        task = get_task(name)
        *_, files = task.candidates(split, language)
        write_invented(task, files, split, language, root)
    said = "multi_nli,default,train,every row is invented\nxnli,de,test,labels joined\n"
    (root / "MANIFEST.csv").write_text(f"name,config,split,note\n{said}", encoding="utf-8")
    return root


def check(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["data", *arguments, "--data", str(root), "--store", str(root / "store")])


def test_stand_ins_are_said_once(tmp_path: Path) -> None:
    root = folder(tmp_path, ("mnli", "train", "en"), ("masakhaner2", "train", "en"), ("xnli", "test", "de"))
    said = check(root, "check", "mnli", "masakhaner2", "xnli").output
    assert said.count("not the official rows: a part of the official pairs") == 2  # mnli, and xnli, which trains on it
    assert said.count("the data folder says: every row is invented") == 2
    assert said.count("English of Universal NER, which knows no dates") == 1
    assert said.count("the data folder says: labels joined") == 1
    shown = check(root, "show", "xnli", "--split", "test", "--language", "de")
    assert shown.exit_code == 0 and "xnli (test): the data folder says: labels joined" in shown.output


def test_what_is_not_here_says_where_to_get_it(tmp_path: Path) -> None:
    said = check(folder(tmp_path), "check", "ccg", "mewslix")
    assert said.exit_code == 0
    assert said.output.count("CCGbank is licensed and on no hub: get LDC2005T13") == 1
    assert said.output.count("xstilts data convert mewsli-x FOLDER --data DIR") == 1


STUDY = """
question = "Is the hub asked?"
targets = ["xnli"]
languages = ["de"]
[backbones.base]
path = "models/base"
[arms.baseline]
[arms.mnli]
intermediate = ["mnli"]
[arms.dev]
intermediate = ["xnli_dev"]
[arms.ner]
intermediate = ["universal_ner"]
"""


def test_a_folder_that_has_what_is_wanted_is_enough(tmp_path: Path) -> None:
    """The folder lacks 13 of XNLI's languages, which nobody wants."""
    parts = [
        ("xnli", "test", "de"),
        ("xnli", "test", "en"),
        ("xnli_dev", "train", "en"),
        ("universal_ner", "train", "en"),
    ]
    source = open_source(Places(data=str(folder(tmp_path, ("mnli", "train", "en"), *parts))))
    source.hub.endpoint = "http://127.0.0.1:9"
    found = plan(study_of(tomllib.loads(STUDY), "toy", "toy.toml"), source, identify=lambda _: "sha256:0")
    assert {cell.language for cell in found.cells} == {"de", "en"}
    assert source.hub.refused == {} and source.hub.down is None
    assert {cell.arm: cell.self_pair for cell in found.cells} == {
        "baseline": False,
        "mnli": True,
        "dev": True,
        "ner": False,
    }
    assert [line for line in source.notes() if "hub" in line] == []
