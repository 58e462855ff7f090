"""What a page says for whoever repeats the study: which encoder it was, and the data folder in the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from filled import PLAIN, filled
from invented import write_invented
from xstilts.catalogue.find import get_task
from xstilts.cli.report import note_of
from xstilts.report import html, markdown
from xstilts.study.identity import identify
from xstilts.study.job import Train

READY = """
question = "Does it help?"
targets = ["xnli"]
languages = ["sw"]
seeds = [0]
[backbones.mine]
path = "{model}"
[arms.baseline]
[arms.squad]
intermediate = ["squad"]
"""


def encoder(folder: Path) -> Path:
    """A folder that is a whole encoder for all that planning asks."""
    folder.mkdir(parents=True)
    shape = {"model_type": "xlm-roberta", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes = {"intermediate_size": 64, "vocab_size": 300, "max_position_embeddings": 514}
    (folder / "config.json").write_text(json.dumps(shape | sizes), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    header = json.dumps({"x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"x")
    return folder


def test_an_encoder_of_a_folder_is_named_and_so_is_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model, data = encoder(tmp_path / "models" / "mini-v2"), tmp_path / "data"
    for name in ("xnli", "squad"):
        task = get_task(name)
        for split, files in task.splits.items():
            for language in {"en", "sw"} & set(task.languages_of(split)):
                write_invented(task, files, split, language, data)
    plan, store = filled(tmp_path, READY.format(model=model), data=data)
    note = note_of(plan, store)
    digits = identify(str(model)).removeprefix("sha256:")[:12]
    for text in (markdown.page(note), html.page(note)):
        assert "models/mini-v2" in text and f"sha256:{digits}" in text
        assert "xstilts run ./mine.toml --level full --data DIR" in text
        assert str(tmp_path) not in text


def test_an_encoder_made_in_the_study_comes_from_nowhere(tmp_path: Path) -> None:
    """Nor is a data folder asked for where all rows are constructed, though one was given."""
    (tmp_path / "data").mkdir()
    plan, store = filled(tmp_path, PLAIN, data=tmp_path / "data")
    text = markdown.page(note_of(plan, store))
    assert "| tiny |  |  | 1,000 | 400 |" in text
    assert "xstilts run ./mine.toml --level full\n" in text and "--data DIR" not in text


def test_an_arm_that_only_trains_longer_on_the_target_is_called_that(tmp_path: Path) -> None:
    few = PLAIN.replace("seeds = [0, 1, 2]", "seeds = [0]") + '[arms.longer]\nmatched = "nli"\n'
    plan, store = filled(tmp_path, few)
    lines = {line.split(" | ")[0]: line for line in reversed(markdown.page(note_of(plan, store)).splitlines())}
    (training,) = {
        job.settings.updates
        for job in plan.jobs.values()
        if isinstance(job, Train) and job.shares[0].task == "world/nli"
    }
    assert f"| more updates on the target itself |  |  |  | {training:,} |" in lines["| longer"]
    assert "| nothing |" in lines["| baseline"] and "| world/nli |" in lines["| nli"]
