"""A backbone's identity follows its files, not its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.study.identity import identify, known_as


def make(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_a_moved_folder_is_the_same_backbone(tmp_path: Path) -> None:
    first = make(tmp_path / "a" / "model")
    before = identify(str(first))
    (first / "README.md").write_text("notes")
    moved = tmp_path / "b" / "model"
    shutil.move(first, moved)
    assert identify(str(moved)) == before
    assert known_as(str(moved)) == "model"


def test_other_weights_are_another_backbone(tmp_path: Path) -> None:
    first, second = make(tmp_path / "a"), make(tmp_path / "b", b"WEIGHTS")
    assert identify(str(first)) != identify(str(second))
    (first / "model.safetensors").write_bytes(b"WEIGHTS")
    assert identify(str(first)) == identify(str(second))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(Problem, match=r"lacks \*.safetensors .*convert"):
        identify(str(folder))
    with pytest.raises(Problem, match="no such folder"):
        identify(str(tmp_path / "none"))


def test_a_hub_name_that_cannot_be_asked_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(Problem, match="not a folder, not downloaded"):
        identify("nobody/never-made-this-one")
