"""Disks that are full, then larger, then read-only: small file systems in memory, mounted in a namespace of the test's
own, which not every machine allows."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from command import UNTRAINED, surroundings

STUDY = f"""
question = "Does a full disk cost anything?"
targets = ["world/paraphrase", "world/retrieval"]
languages = ["qaa", "qab"]
seeds = [0, 1]
train_examples = 96
evaluation_examples = 40
{UNTRAINED}[arms.nli]
intermediate = ["world/nli"]
[settings.intermediate]
updates = 5
[settings.target]
updates = 5
"""
# Every step's exit code goes to STEP.code, what it says to STEP.out and STEP.err.
STEPS = """
step() { name=$1; shift; "$@" > $name.out 2> $name.err; echo $? > $name.code; }
xstilts() { "$PYTHON" -m xstilts "$@" --store store; }
mount -t tmpfs -o size=950k none store || exit 77
step full xstilts run full.toml
step left xstilts store verify
mount -o remount,size=100m store
step roomy xstilts run full.toml
step whole xstilts store verify
mount -o remount,ro store
step locked xstilts run full.toml
step status xstilts status full.toml
step results xstilts results full.toml --format csv
step read xstilts store verify
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disk")
    (folder / "full.toml").write_text(STUDY)
    (folder / "store").mkdir()
    try:
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "bash", "-c", STEPS],
            cwd=folder, env=surroundings(folder, PYTHON=sys.executable), capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if not (folder / "full.code").exists():
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    return folder


def said(place: Path, step: str) -> tuple[int, str]:
    code, *texts = ((place / f"{step}.{part}").read_text() for part in ("code", "err", "out"))
    return int(code), "".join(texts)


def test_a_full_disk_is_said_and_nothing_on_it_is_half_written(place: Path) -> None:
    code, text = said(place, "full")
    failures = [line for line in text.splitlines() if line.startswith("failed:")]
    assert code == 1 and failures and "Traceback" not in text
    for line in failures:
        assert "No space left on device" in line and "make room" in line and "what is finished is kept" in line
    code, text = said(place, "left")
    assert code == 0 and " 0 damaged" in text and not text.startswith("0 results")


def test_the_same_command_goes_on_when_there_is_room(place: Path) -> None:
    assert said(place, "full")[0] == 1
    code, text = said(place, "roomy")
    assert code == 0 and "failed" not in text and ", 0 were there before" not in text
    assert said(place, "whole") == (0, "34 results, 0 damaged, 0 other findings\n")


def test_a_read_only_disk_can_be_read_and_refuses_a_run_in_one_line(place: Path) -> None:
    code, text = said(place, "locked")
    assert code == 2 and len(text.splitlines()) == 1 and "Read-only file system" in text and "--store" in text
    assert said(place, "status")[0] == 0 and "34 of 34 jobs done" in said(place, "status")[1]
    assert said(place, "read") == said(place, "whole")
    rows = list(csv.DictReader((place / "results.out").read_text().splitlines()))
    assert len(rows) == 12 and all(row["score"] for row in rows)
