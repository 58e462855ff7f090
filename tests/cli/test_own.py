"""One's own rows: from a file to a model that the library opens, and predictions with confidence."""

from __future__ import annotations

import csv
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from command import command, surroundings, xstilts
from xstilts.data.vocabulary import train_vocabulary
from xstilts.model.encoder import make_encoder, save_encoder

FRUITS, TOOLS = ("apple", "pear", "plum", "fig"), ("saw", "drill", "axe", "file")
OTHERS = ("the", "old", "red", "house", "sees", "two", "dogs", "now", "then", "Anna", "Ben")
QUICK = ("--intermediate", "none", "--learning-rate", "0.003", "--batch", "16", "--workers", "1")


def sentences(count: int, seed: int) -> list[tuple[list[str], int]]:
    """Sentences with one fruit or one tool among other words, and where it stands."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        words = [draw.choice(OTHERS) for _ in range(draw.randint(3, 8))]
        place = draw.randrange(len(words) + 1)
        words.insert(place, draw.choice(FRUITS if draw.random() < 0.5 else TOOLS))
        found.append((words, place))
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder that was never trained."""
    folder = tmp_path_factory.mktemp("own")
    texts = [" ".join(words) for words, _ in sentences(500, 9)]
    vocabulary = train_vocabulary(texts, 150)
    save_encoder(make_encoder(2, 32, 4, 64, 70, vocabulary, 0.0, 1), vocabulary, folder / "encoder")
    with (folder / "things.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["said", "kind"])
        rows.writerows([" ".join(words), "fruit" if words[at] in FRUITS else "tool"] for words, at in sentences(700, 1))
    with (folder / "test.jsonl").open("w") as file:
        for words, at in sentences(200, 2):
            kind = "fruit" if words[at] in FRUITS else "tool"
            file.write(json.dumps({"said": " ".join(words), "kind": kind, "number": at}) + "\n")
    (folder / "gaps.csv").write_text("said,kind\n" + "a fig,fruit\n,tool\n" * 30)
    columns = ("--column", "text_a=said", "--column", "label=kind")
    xstilts(folder, "train", "things.csv", *columns, "--test", "sw=test.jsonl", "--backbone", "encoder",
            "--epochs", "6", "--output", "model", *QUICK)  # fmt: skip
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_classification_is_learned_and_told_with_its_confidence(place: Path) -> None:
    done = subprocess.run(
        command(place, "predict", "model", "test.jsonl", "--probabilities", "--output", "said.csv")[:-2],
        cwd=place, env=surroundings(place), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "confidence was fitted on rows in en" in done.stderr
    rows = table(place / "said.csv")
    right = sum(row["prediction"] == row["kind"] for row in rows)
    assert len(rows) == 200 and right > 190 and rows[0].keys() >= {"said", "number", "confidence"}
    for row in rows:
        shares = {name: float(row[f"share of {name}"]) for name in ("fruit", "tool")}
        assert max(shares, key=lambda name: shares[name]) == row["prediction"]
        assert abs(sum(shares.values()) - 1) < 1e-3 and max(shares.values()) == float(row["confidence"])


def test_the_model_library_says_the_same_without_this_package(place: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(place / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(place / "model")
    rows = table(place / "said.csv")
    for row in rows[:20]:
        with torch.inference_mode():
            logits = model(**tokenizer(row["said"], return_tensors="pt")).logits[0]
        assert model.config.id2label[int(logits.argmax())] == row["prediction"]
    assert model.config.label2id == {"fruit": 0, "tool": 1}


def test_the_card_says_what_was_measured(place: Path) -> None:
    card = (place / "model" / "README.md").read_text()
    assert "pipeline_tag: text-classification" in card and "`fruit`, `tool`" in card
    assert "| test | sw | none | kept |" in card and "AutoModelForSequenceClassification" in card
    assert "## Confidence" in card and "No intermediate task was asked for." in card
    assert str(place) not in card and "`encoder`" in card
    assert "- epochs: 6" in card and "- learning rate: 0.003" in card and "- max_length: " in card
    assert " train, " in card and "held out" in card and "does not beat" not in card


def test_the_same_command_trains_nothing_again(place: Path) -> None:
    columns = ("--column", "text_a=said", "--column", "label=kind")
    again = xstilts(place, "train", "things.csv", *columns, "--test", "sw=test.jsonl", "--backbone", "encoder",
                    "--epochs", "6", "--output", "model", *QUICK)  # fmt: skip
    assert "kept" in again.stdout and "jobs, 0 of them done" not in again.stderr


def test_a_refused_request_leaves_the_earlier_study_as_it_was(place: Path) -> None:
    study = next(place.glob("**/own/things"))
    before = {path.name: path.read_bytes() for path in study.iterdir()}
    refused = subprocess.run(
        command(place, "train", "things.csv", "--column", "text_a=said", "--column", "label=kind", "--metric", "x",
                "--validation", "test.jsonl", "--backbone", "encoder", "--output", "model", *QUICK),
        cwd=place, env=surroundings(place), capture_output=True, text=True,
    )  # fmt: skip
    assert refused.returncode == 2 and "Traceback" not in refused.stderr, refused.stderr
    assert {path.name: path.read_bytes() for path in study.iterdir()} == before
    assert [path.name for path in study.parent.iterdir()] == ["things"]


def test_predictions_go_to_a_new_folder_and_never_over_what_is_read(place: Path) -> None:
    for output, code, said in (
        ("new/folder/said.csv", 0, "written"),
        ("few.csv", 2, "is the file that is read"),
        ("few.csv/said.csv", 2, "can not make the folder"),
    ):
        (place / "few.csv").write_text("said\na fig\nan axe\n")
        done = subprocess.run(
            command(place, "predict", "model", "few.csv", "--output", output)[:-2],
            cwd=place, env=surroundings(place), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == code and said in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert (place / "few.csv").read_text() == "said\na fig\nan axe\n"
    assert len(table(place / "new/folder/said.csv")) == 2


def rows_of(kind: str) -> list[dict[str, Any]]:
    """Labelled rows of a type, made of sentences."""
    drawn = sentences(160, 3)
    if kind == "token_classification":
        return [
            {"tokens": words, "tags": ["THING" if k == at else "O" for k in range(len(words))]} for words, at in drawn
        ]
    if kind == "span_extraction":
        return [
            {"id": str(k), "question": "which thing", "context": " ".join(words), "answer_texts": [words[at]],
             "answer_starts": [len(" ".join([*words[:at], ""]))]}
            for k, (words, at) in enumerate(drawn)
        ]  # fmt: skip
    return [
        {"text_a": " ".join(["then", *words[:at]]), "choices": [words[at], "dogs"] if k % 2 else ["dogs", words[at]],
         "label": 1 - k % 2}
        for k, (words, at) in enumerate(drawn)
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("kind", ["span_extraction", "token_classification", "multiple_choice"])
def test_other_types_from_file_to_predictions(place: Path, kind: str) -> None:
    """Briefly: what is learned is not looked at."""
    rows = rows_of(kind)
    file = place / f"{kind}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    xstilts(place, "train", file.name, "--type", kind, "--backbone", "encoder", "--epochs", "1",
            "--output", f"{kind}-model", *QUICK)  # fmt: skip
    labels = ("tags", "answer_texts", "answer_starts", "label")
    bare = [{key: row[key] for key in row if key not in labels} for row in rows[:40]]
    (place / "bare.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bare))
    done = subprocess.run(
        command(place, "predict", f"{kind}-model", "bare.jsonl", "--output", "said.jsonl")[:-2],
        cwd=place, env=surroundings(place), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in (place / "said.jsonl").read_text().splitlines()]
    assert len(said) == 40
    for row, given in zip(said, bare, strict=True):
        sure = row["confidence"] if kind == "token_classification" else [row["confidence"]]
        assert all(0 <= one <= 1 for one in sure)
        if kind == "token_classification":
            assert len(row["prediction"]) == len(given["tokens"]) == len(sure)
            assert set(row["prediction"]) <= {"THING", "O"}
        elif kind == "span_extraction":
            assert row["prediction"] in given["context"]
        else:
            assert row["prediction"] in (0, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("things.csv", "--type", "clasification"), "did you mean 'classification'"),
        (("things.csv", "--column", "texta=said"), "did you mean 'text_a'"),
        (("things.csv", "--column", "text_a"), "write two names with ="),
        (("nothing.csv",), "'nothing.csv' is no file that can be read"),
        (("things.csv", "--column", "text_a=said", "--column", "label=said"), "different labels in 700 rows"),
        (("things.csv", "--column", "text_a=sad", "--column", "label=kind"), "did you mean 'said'"),
        (("gaps.csv", "--column", "text_a=said", "--column", "label=kind"), "gaps.csv, row 2 (line 3): no text_a"),
        (("things.csv", "--output", "encoder"), "is no model of xstilts train"),
        (
            ("things.csv", "--column", "text_a=said", "--column", "label=kind", "--intermediate", "mnly"),
            "did you mean 'mnli'",
        ),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(place: Path, arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        command(place, "train", *arguments, "--backbone", "encoder"),
        cwd=place, env=surroundings(place), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert said in done.stderr
