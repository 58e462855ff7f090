"""``xstilts data check --online`` as a process, against a small hub on this machine that has much of it wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from hub_server import Answers, HubServer, running

PAIRS = {"premise": ["a"] * 30, "hypothesis": ["b"] * 30, "label": [0, 1, 2] * 10}


def parquet(columns: Mapping[str, list[object]]) -> bytes:
    written = BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


def card(split: str, rows: Mapping[str, int]) -> bytes:
    """What most sets of the hub say of themselves: the number of rows by configuration."""
    stated = {
        "dataset_info": [
            {"config_name": config, "splits": [{"name": split, "num_examples": count}]}
            for config, count in rows.items()
        ]
    }
    return f"---\n{yaml.safe_dump(stated)}---\n".encode()


@pytest.fixture
def server() -> Iterator[HubServer]:
    with running() as found:
        pairs = parquet(PAIRS)
        found.publish("nyu-mll/multi_nli", {"data/train-00000-of-00001.parquet": pairs})
        found.publish("facebook/anli", {"plain_text/train_r1.parquet": pairs, "plain_text/dev_r1.parquet": pairs[:90]})
        found.publish("allenai/cosmos_qa", {"default/train.parquet": parquet({"contexts": ["a"], "label": [0]})})
        found.publish("google/xquad", {f"xquad.{code}/validation.parquet": pairs for code in ("en", "de")}, gated=True)
        codes = {"et": 500, "it": 499}
        xcopa = {name: ["a"] for name in ("premise", "choice1", "choice2", "question")} | {"label": [1]}
        files = {f"{code}/test.parquet": parquet(xcopa) for code in codes}
        found.publish("cambridgeltl/xcopa", files | {"README.md": card("test", codes)})
        yield found


def check(place: Path, url: str, *names: str, **more: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command."""
    settings = {"HF_ENDPOINT": url, "HF_HOME": str(place / "hub"), "XSTILTS_CACHE": str(place / "cache")} | more
    done = subprocess.run(
        [sys.executable, "-m", "xstilts", "data", "check", "--online", *names, "--store", str(place / "store")],
        capture_output=True,
        text=True,
        timeout=120,
        env={name: value for name, value in os.environ.items() if name != "XSTILTS_DATA"} | settings,
    )
    return done.returncode, done.stdout, done.stderr


def test_every_difference_is_told_and_no_repository_asked_twice(server: HubServer, tmp_path: Path) -> None:
    asked = ("mnli", "xnli", "anli_r1", "cosmos_qa", "squad", "xquad", "xcopa", "ud_ccg")
    code, out, said = check(tmp_path, server.url, *asked)
    assert code == 1, said
    for part in (
        "mnli (train), nyu-mll/multi_nli:\n  en has 30 rows, the catalogue says 392,702",
        "mnli (validation), nyu-mll/multi_nli:\n  no files in en",
        "'plain_text/dev_r1.parquet' of 'facebook/anli' is no whole Parquet file",
        "anli_r1 (test), facebook/anli:\n  no files in en",
        "no column 'context': did you mean 'contexts'?",
        f"the hub at {server.url} has no data set 'rajpurkar/squad', or it is private",
        f"'google/xquad' is gated: accept its terms at {server.url}/datasets/google/xquad",
        "xcopa (test), cambridgeltl/xcopa:\n  no files in ",
        "  it has 499 rows, the catalogue says 500",
    ):
        assert part in out, out
    assert "et has" not in out
    assert "on no hub: ud_ccg" in said and "asking for xcopa (7 of 7) ..." in said
    assert max(server.asked.count(line) for line in server.asked if "/resolve/" in line) == 1
    listings = [line for line in server.asked if line.startswith("GET /api/")]
    assert len(listings) == len(set(listings)), listings  # a repository once, and once its conversion where it has none
    assert len([line for line in server.asked if "google/xquad/resolve" in line]) == 1  # who refuses is not asked again
    assert len([line for line in server.asked if "xcopa/resolve" in line]) == 1  # its card says the sizes
    assert server.sent < 100_000

    code, out, _ = check(tmp_path, server.url, "xcopa", "--json")
    found = {one["split"]: one for one in json.loads(out)}["test"]
    assert (code, found["rows"], found["official"], found["languages"], found["compared"]) == (1, 999, 6000, 2, 2)


def test_what_agrees_is_said_to_agree(server: HubServer, tmp_path: Path) -> None:
    questions = {"id": ["1"], "question": ["a"], "context": ["b"], "answers": [{"text": ["b"], "answer_start": [0]}]}
    codes = ("secondary_task.en", "secondary_task.ko", "secondary_task.sw")
    rows = dict(zip(codes, (3_696, 1_625, 2_755), strict=True))
    files = {f"{config}/train-00000-of-00001.parquet": parquet(questions) for config in codes}
    server.publish("google-research-datasets/tydiqa", files | {"README.md": card("train", rows)})
    code, out, said = check(tmp_path, server.url, "tydiqa_train")
    assert (code, said) == (0, "asking for tydiqa_train (1 of 1) ...\n"), out
    assert [line.split("  ")[-1].strip() for line in out.splitlines()[1:]] == ["agrees", "agrees"]


def test_a_hub_that_stops_to_answer_costs_nothing_that_was_found(tmp_path: Path) -> None:
    class Ends(Answers):
        def answer(self) -> None:
            if "/datasets/facebook/anli" in self.path:
                self.close_connection = True
            else:
                super().answer()

    with running() as server:
        server.RequestHandlerClass = Ends
        server.publish("nyu-mll/multi_nli", {"data/train.parquet": parquet(PAIRS)})
        code, out, said = check(tmp_path, server.url, "mnli", "anli_r1", "xnli")
    assert code == 1 and "en has 30 rows" in out and "anli" not in out
    assert "the hub answers no longer; not asked for: anli_r1, xnli" in said
    assert f"the hub at {server.url} can not be reached for the data set 'facebook/anli'" in said


@contextmanager
def silence() -> Iterator[str]:
    """A server that takes calls and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_nobody_there_and_nobody_who_answers(tmp_path: Path) -> None:
    code, out, said = check(tmp_path, "http://127.0.0.1:9", "mnli", "xnli")
    assert (code, out) == (2, "") and "the hub at http://127.0.0.1:9 can not be reached" in said
    with silence() as url:
        code, out, said = check(tmp_path, url, "mnli", HF_HUB_ETAG_TIMEOUT="1")
    assert (code, out) == (2, "") and f"the hub at {url} did not answer in time" in said
