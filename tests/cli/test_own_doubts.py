"""What ``train`` and ``predict`` say where little can be trusted: a model that learned nothing, languages that were not
measured, a study that another process is at work on."""

from __future__ import annotations

import csv
import json
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command import command, surroundings, xstilts
from xstilts.data.vocabulary import train_vocabulary
from xstilts.model.encoder import make_encoder, save_encoder

WORDS = ("the", "old", "red", "house", "sees", "two", "dogs", "now", "then", "Anna", "Ben")
QUICK = ("--backbone", "encoder", "--intermediate", "none", "--batch", "16", "--workers", "1")


def noise(path: Path, count: int, seed: int, mark: str = ",") -> None:
    """Texts with labels that nothing in them tells."""
    draw = random.Random(seed)
    with path.open("w", newline="") as file:
        rows = csv.writer(file, delimiter=mark)
        rows.writerow(["text_a", "label"])
        rows.writerows([" ".join(draw.choices(WORDS, k=6)), draw.choice(["pro", "contra"])] for _ in range(count))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder that was never trained and a model that learned from noise."""
    folder = tmp_path_factory.mktemp("doubts")
    vocabulary = train_vocabulary([" ".join(WORDS)] * 50, 150)
    save_encoder(make_encoder(1, 32, 4, 64, 70, vocabulary, 0.0, 1), vocabulary, folder / "encoder")
    noise(folder / "mine.csv", 40, 1, ";")
    noise(folder / "test.csv", 120, 2)
    xstilts(folder, "train", "mine.csv", "--test", "sw=test.csv", "--epochs", "2", "--output", "model", *QUICK)
    return folder


def predicted(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(place, "predict", "model", "test.csv", "--output", "said.csv", *arguments)[:-2],
        cwd=place, env=surroundings(place), capture_output=True, text=True,
    )  # fmt: skip


def test_the_card_of_a_model_that_learned_nothing_claims_nothing(place: Path) -> None:
    card = (place / "model" / "README.md").read_text()
    head, _, body = card.partition("# mine")
    assert "language:" not in head
    warned = [line for line in body.splitlines() if line.startswith("**In ")]
    assert [line.split()[1] for line in warned] == ["en", "sw"]
    assert "no score would be clear" in warned[0] and "more than" in warned[1]
    assert "So few examples tell little" in warned[0]
    assert "One run was trained, so there was nothing to choose from." in body and "have chosen" not in body
    assert "Nothing was rescaled: it takes 50 validation answers." in body and "Fitted in" not in body
    about = json.loads((place / "model" / "xstilts.json").read_text())
    assert about["weak"] == ["en", "sw"] and list(about["errors"]) == ["sw"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sw", r"in sw it was off by \d+\.\d points on average \(expected calibration error on 120 labelled answers\)"),
        ("en", r"it was not measured in en: 50 labelled answers or more, with xstilts train --test en=FILE, tell"),
        ("fi", r"it was not measured in fi, where it is usually too high: 50 labelled answers or more"),
    ],
)
def test_predict_says_how_far_confidence_can_be_trusted_in_a_language(place: Path, language: str, said: str) -> None:
    done = predicted(place, "--language", language)
    assert done.returncode == 0 and "confidence is raw" in done.stderr
    assert len(re.findall(said, done.stderr)) == 1, done.stderr
    weak = "sw" in done.stderr.partition("did not clearly beat")[0]
    assert "did not clearly beat a trivial predictor" in done.stderr and weak == (language == "sw")


def test_languages_are_asked_for_by_code_before_anything_else(place: Path) -> None:
    done = predicted(place, "--language", "Swahili")
    assert done.returncode == 2 and "--language: unknown language 'Swahili': its code is 'sw'" in done.stderr
    done = subprocess.run(
        command(place, "train", "mine.csv", "--language", "swa", "--test", "xx=test.csv", *QUICK),
        cwd=place, env=surroundings(place), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and "--test: unknown language 'xx'" in done.stderr and ".toml" not in done.stderr


def test_a_study_that_is_being_trained_is_not_replaced(place: Path) -> None:
    noise(place / "long.csv", 400, 3)
    first = subprocess.Popen(
        command(place, "train", "long.csv", "--epochs", "5000", "--output", "first", *QUICK),
        cwd=place, env=surroundings(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        study = place / "store" / "own" / "long"
        for _ in range(600):
            if (study / "long.toml").is_file():
                break
            time.sleep(0.1)
        before = {path.name: path.read_bytes() for path in study.iterdir()}
        noise(place / "long.csv", 60, 4)
        second = ("train", "long.csv", "--epochs", "1", "--output", "second", *QUICK)
        refused = subprocess.run(
            command(place, *second), cwd=place, env=surroundings(place), capture_output=True, text=True
        )
        assert refused.returncode == 2 and f"is being trained by process {first.pid} on" in refused.stderr
        assert before and {path.name: path.read_bytes() for path in study.iterdir()} == before
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    xstilts(place, *second)
    assert (place / "second" / "README.md").is_file()
