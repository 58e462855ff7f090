"""A backbone's identity follows its files, not its place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.study.identity import UNKNOWN, identify, identify_for_plan, known_as, longest_of
from xstilts.study.job import Start
from xstilts.study.shape import shape_of


def whole(content: bytes) -> bytes:
    """A safetensors file with one tensor of these bytes."""
    header = json.dumps({"x": {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}}).encode()
    return len(header).to_bytes(8, "little") + header + content


def make(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(whole(weights))
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
    (first / "model.safetensors").write_bytes(whole(b"WEIGHTS"))
    assert identify(str(first)) == identify(str(second))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(Problem, match=r"lacks \*.safetensors; .* is a pickle.*save_pretrained"):
        identify(str(folder))
    with pytest.raises(Problem, match="no such folder"):
        identify(str(tmp_path / "none"))


@pytest.mark.parametrize("cut", [4, 30, -1])
def test_cut_weights_are_refused_before_anything_starts(cut: int, tmp_path: Path) -> None:
    weights = make(tmp_path / "a") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(Problem, match=r"model.safetensors' is not a whole safetensors file .* copy it again"):
        identify(str(tmp_path / "a"))


def test_a_hub_name_that_cannot_be_asked_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(Problem, match="not a folder, not downloaded"):
        identify("nobody/never-made-this-one")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("package:my_encoders/base", None),
        ("package:my_encoders", r"names no encoder of the package 'my_encoders': it has package:my_encoders/base$"),
        ("package:my_encoders/bse", r"it has package:my_encoders/base$"),
        ("package:my-encoders/base", r"did you mean 'package:my_encoders/base'\?"),
        ("package:", "write package:NAME/FOLDER"),
        ("package:none.such/base", "no package 'none.such' is installed"),
        ("my-encoders", r"not a folder, not downloaded, .*: did you mean 'package:my_encoders/base'\?"),
        ("xlm-roberta-bse", r"did you mean 'xlm-roberta-base'\?"),
        ("xlm-roberta-base", r"hf download xlm-roberta-base"),
        ("missing/", "no backbone in 'missing': no such folder"),
        ("two words", "no such folder here, and no name that the hub could have"),
    ],
)
def test_an_encoder_in_a_package_and_names_that_are_nearly_right(
    name: str, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "my_encoders" / "base")
    (tmp_path / "my_encoders" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if said is None:
        assert identify(name) == identify(str(tmp_path / "my_encoders" / "base"))
        return
    with pytest.raises(Problem, match=said):
        identify(name)


def test_a_known_model_that_nobody_can_be_asked_about_is_planned_as_unknown() -> None:
    assert identify_for_plan("xlm-roberta-large") == UNKNOWN
    with pytest.raises(Problem, match="no backbone 'someone/else'"):
        identify_for_plan("someone/else")
    with pytest.raises(Problem, match="no backbone"):
        identify("xlm-roberta-large")


def test_weights_of_known_models_follow_from_depth_and_width() -> None:
    sizes = {"base": 84_934_656, "large": 301_989_888, "xl": 2_831_155_200, "xxl": 9_663_676_416}
    names = {name: f"{'facebook/' if name.startswith('x') else ''}xlm-roberta-{name}" for name in sizes}
    shapes = {name: shape_of(Start(backbone=full), {}) for name, full in names.items()}
    assert {name: shape.body for name, shape in shapes.items() if shape} == sizes
    assert shape_of(Start(backbone="someone/else"), {}) is None


@pytest.mark.parametrize(
    "header", [b'{"x": {"data_offsets": ""}}', b'{"x": {"data_offsets": [0]}}', b"[]", b"[" * 100_000]
)
def test_an_odd_header_is_refused(header: bytes, tmp_path: Path) -> None:
    folder = make(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(Problem, match=r"model.safetensors' is not a whole safetensors file"):
        identify(str(folder))


@pytest.mark.parametrize(
    ("said", "longest"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}, 512),
        ({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "deberta-v2", "max_position_embeddings": 512, "position_biased_input": False}, None),
        ({"model_type": "bert"}, None),
        ([], None),
    ],
)
def test_how_much_a_backbone_reads_is_in_its_configuration(said: object, longest: int | None, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(said))
    assert longest_of(str(tmp_path)) == longest
    assert longest_of(str(tmp_path / "none")) is None
