"""Every command of docs/tutorial.md, in order, in an empty folder: each has to succeed without a network."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from xstilts.data.vocabulary import train_vocabulary
from xstilts.model.encoder import make_encoder, save_encoder

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def test_every_command_of_the_tutorial(tmp_path: Path) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    commands = [line[2:] for kind, _, body in blocks if kind == "console" for line in body.splitlines()]
    assert len(commands) >= 15 and all(line.startswith("xstilts ") for line in commands)
    for _, name, body in blocks:
        if name:
            (tmp_path / name).write_text(body, encoding="utf-8")
    # What the hub gives under this name, there is no network to ask: an encoder that was never trained.
    vocabulary = train_vocabulary(re.findall(r"[^\n]+", text), 400)
    save_encoder(make_encoder(1, 32, 4, 64, 130, vocabulary, 0.0, 1), vocabulary, tmp_path / "xlm-roberta-base")
    surroundings = {
        **os.environ,
        "XSTILTS_CACHE": str(tmp_path / "cache"),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "home"),
    }
    for name in ("XSTILTS_DATA", "XSTILTS_STORE"):
        surroundings.pop(name, None)
    for line in commands:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(line)],
            cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    for name in (
        "scores.csv",
        "demo@quick.html",
        "my-study.toml",
        "swahili.toml",
        "reviews-model/README.md",
        "said.csv",
    ):
        assert (tmp_path / name).stat().st_size, name
