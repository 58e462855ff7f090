"""A study whose rows come from a hub, a folder and files of one's own, through the real command line and workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_server import HubServer, running

LABELS = ("entailment", "neutral", "contradiction")
STUDY = """
question = "Do rows of the hub arrive?"
targets = ["xnli"]
languages = ["en", "sw"]
splits = ["test"]
seeds = [0]
[backbones.tiny]
architecture = { layers = 1, hidden = 16, heads = 2, feedforward = 16, vocabulary = 300 }
vocabulary = { text = ["world/text"], languages = ["qaa"], characters = 20000 }
[arms.baseline]
[settings.target]
updates = 2
batch = 4
"""


@pytest.fixture
def server() -> Iterator[HubServer]:
    with running() as found:
        yield found


def rows(count: int, language: str) -> bytes:
    """Invented rows in the columns of the hub's XNLI and MultiNLI."""
    features = {"label": {"names": LABELS, "_type": "ClassLabel"}}
    columns = {
        "premise": [f"{language} premise {i}" for i in range(count)],
        "hypothesis": [f"{language} hypothesis {i}" for i in range(count)],
        "label": [i % 3 for i in range(count)],
    }
    said = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    written = BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(said), written)
    return written.getvalue()


def publish(server: HubServer, sizes: int = 12) -> None:
    server.publish("nyu-mll/multi_nli", {"data/train-00000-of-00001.parquet": rows(20, "en")})
    files = {f"{code}/test-00000-of-00001.parquet": rows(sizes, code) for code in ("en", "sw")}
    server.publish("facebook/xnli", {**files, "README.md": b"---\nlicense: cc\n---\n"})


class Desk:
    """A folder to work in, and the command line with its surroundings."""

    def __init__(self, place: Path, server: HubServer) -> None:
        self.place = place
        self.surroundings = {
            **os.environ,
            "HF_ENDPOINT": server.url,
            "HF_HOME": str(place / "home"),
            "XSTILTS_CACHE": str(place / "cache"),
            "XSTILTS_STORE": str(place / "store"),
            "OMP_NUM_THREADS": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        self.surroundings.pop("XSTILTS_DATA", None)

    def do(self, *arguments: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "xstilts", *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=self.place,
            env={**self.surroundings, **more},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *arguments: str, **more: Any) -> Any:
        return json.loads(self.do(*arguments, "--json", **more).stdout)


@pytest.fixture
def desk(server: HubServer, tmp_path: Path) -> Desk:
    return Desk(tmp_path, server)


def test_a_study_reads_the_hub_once_and_keeps_its_revision(server: HubServer, desk: Desk) -> None:
    publish(server)
    (desk.place / "mine.toml").write_text(STUDY)
    planned = desk.json("plan", "./mine.toml")
    assert not list(desk.place.rglob("*.parquet")) and not (desk.place / "store/data.lock.json").exists()

    desk.do("run", "./mine.toml", "--workers", "1")
    assert {job["key"] for job in planned["jobs"] if job["job"]["kind"] != "score"} <= {
        path.name for path in (desk.place / "store").glob("results/??/*")
    }
    locked = json.loads((desk.place / "store/data.lock.json").read_text())
    assert set(locked) == {"facebook/xnli", "nyu-mll/multi_nli"}

    server.asked.clear()
    again = desk.do("run", "./mine.toml", "--workers", "1", HF_HUB_OFFLINE="1")
    assert "0 jobs done" in again.stderr and server.asked == []

    publish(server, sizes=15)
    again = desk.do("run", "./mine.toml", "--workers", "1")
    assert "0 jobs done" in again.stderr
    assert f"newer 'facebook/xnli' ({server.repositories['facebook/xnli'].branches['main'][:10]})" in again.stderr
    assert server.downloads() == []

    assert desk.do("data", "lock", "mnli").stdout.splitlines()[1].endswith("as before")
    said = desk.json("data", "lock", "xnli")
    assert said["facebook/xnli"]["before"] == locked["facebook/xnli"] != said["facebook/xnli"]["now"]
    assert said["nyu-mll/multi_nli"]["before"] == said["nyu-mll/multi_nli"]["now"]
    left = [job for job in desk.json("plan", "./mine.toml")["jobs"] if not job["done"]]
    assert {job["job"]["data"]["rows"] for job in left if job["job"]["kind"] == "predict"} == {15}
    assert not any(job["job"]["kind"] == "train" for job in left)


def test_rows_that_can_not_be_used_are_counted_said_and_recorded(server: HubServer, desk: Desk) -> None:
    publish(server)
    written = BytesIO()
    texts = [None, *(f"text {i}" for i in range(20))]
    pq.write_table(pa.table({"premise": texts, "hypothesis": texts, "label": [i % 3 for i in range(21)]}), written)
    server.publish("facebook/xnli", {f"{code}/test.parquet": written.getvalue() for code in ("en", "sw")})
    (desk.place / "mine.toml").write_text(STUDY)
    told = desk.do("run", "./mine.toml", "--workers", "1").stderr
    assert "note: xnli (test, sw): 20 rows used, left out: 1 with no text_a" in told
    records = [json.loads(path.read_text()) for path in (desk.place / "store").glob("results/??/*/record.json")]
    scored = [record for record in records if record["kind"] == "score" and record["job"]["data"]["language"] == "sw"]
    assert scored
    assert all(one["left_out"] == "20 rows used, left out: 1 with no text_a" for one in scored)
    assert all(record["examples"] == 20 for record in scored)


def test_what_the_folder_has_is_used_first(server: HubServer, desk: Desk) -> None:
    publish(server)
    for place, count in (("multi_nli/default/train.parquet", 20), ("xnli/en/test.parquet", 5)):
        path = desk.place / "data" / place
        path.parent.mkdir(parents=True)
        path.write_bytes(rows(count, "en"))
    (desk.place / "mine.toml").write_text(STUDY)
    planned = desk.json("plan", "./mine.toml", "--data", "data")
    sizes = {
        job["job"]["data"]["language"]: job["job"]["data"]["rows"] for job in planned["jobs"] if "data" in job["job"]
    }
    assert sizes == {"en": 5, "sw": 12}
    assert "GET /api/datasets/nyu-mll/multi_nli/revision/main" not in server.asked
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "XSTILTS_CACHE": str(desk.place / "empty")}
    without = desk.do("plan", "./mine.toml", "--data", "data", code=2, **nowhere).stderr
    assert "mine.toml, target xnli: 'xnli' (test) has no data in sw" in without
    assert "the hub at http://127.0.0.1:9 can not be reached" in without


def test_that_nobody_answers_is_said_once_with_all_names(desk: Desk) -> None:
    text = STUDY.replace('["xnli"]', '["xnli", "xquad"]') + '[arms.one]\nintermediate = ["cosmos_qa"]\n'
    (desk.place / "mine.toml").write_text(text)
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "XSTILTS_CACHE": str(desk.place / "empty")}
    for asked in (("plan", "./mine.toml"), ("run", "./mine.toml")):
        lines = desk.do(*asked, code=2, **nowhere).stderr.splitlines()
        (line,) = [line for line in lines if "can not be reached" in line]
        assert all(name in line for name in ("nyu-mll/multi_nli", "rajpurkar/squad", "allenai/cosmos_qa"))
    fetched = desk.do("data", "fetch", "xnli", "mnli", code=1, **nowhere).stderr
    assert fetched.count("can not be reached") == 1 and "'nyu-mll/multi_nli', 'facebook/xnli'" in fetched


def test_data_commands(server: HubServer, desk: Desk) -> None:
    publish(server)
    before = {part["split"]: part for part in desk.json("data", "check", "mnli")}
    assert before["train"]["place"] == "" and server.asked == []

    assert "nothing" in desk.do("data", "fetch", "nothing", code=2).stderr
    done = desk.do("data", "fetch", "mnli", "xnli", "--split", "test", code=2)
    assert "has no split 'test'" in done.stderr
    done = desk.do("data", "fetch", "xnli", "--split", "test", "--language", "en", "--language", "sw")
    assert "xnli  test  sw  12 rows  hub" in done.stdout
    done = desk.do("data", "fetch", "mnli", code=1)  # the server has no validation set
    assert "mnli  train  en  20 rows  hub" in done.stdout and "mnli (validation, en): on no hub" in done.stderr

    server.asked.clear()
    shown = desk.do("data", "check", "mnli", "xnli").stdout
    commit = server.repositories["facebook/xnli"].branches["main"][:10]
    assert "20 of 392,702 here" in shown and f"revision {commit}" in shown and "not here: ar bg de" in shown
    assert server.asked == []
    one = [part for part in desk.json("data", "check", "xnli") if (part["split"], part["language"]) == ("test", "sw")]
    assert one[0]["labels"] == [["entailment", 4], ["neutral", 4], ["contradiction", 4]]
    assert (one[0]["place"], one[0]["official"], one[0]["revision"][:10]) == ("hub", 5010, commit)

    example = desk.json("data", "show", "xnli", "--split", "test", "--language", "sw", "-n", "2")[0]["examples"][1]
    assert example == {"text_a": "sw premise 1", "text_b": "sw hypothesis 1", "label": "neutral"}
    assert "sw premise 0" in desk.do("data", "show", "xnli", "--split", "test", "--language", "sw").stdout


def test_the_whole_catalogue_is_held_against_the_hub(server: HubServer, desk: Desk) -> None:
    publish(server)
    columns = {"premise": ["a"], "hypotheses": ["b"], "label": [0]}
    written = BytesIO()
    pq.write_table(pa.table(columns), written)
    server.publish("google/xquad", {"xquad.en/validation.parquet": written.getvalue()}, gated=True)
    found = {(one["task"], one["split"]): one for one in desk.json("data", "check", "--online", code=1)}
    assert not any(name.startswith("world/") for name, _ in found)
    mnli = found["mnli", "train"]
    assert mnli["differences"] == ["en has 20 rows, the catalogue says 392,702"]
    assert (mnli["rows"], mnli["official"], mnli["languages"], mnli["catalogued"]) == (20, 392_702, 1, 1)
    assert any("no files in ar bg" in line for line in found["xnli", "test"]["differences"])
    assert any("'google/xquad' is gated" in line for line in found["xquad", "test"]["differences"])
    assert any("no data set 'rajpurkar/squad'" in line for line in found["squad", "train"]["differences"])
    assert not [line for line in server.downloads() if "/large/" in line and "HEAD" in line]
    nobody = desk.do("data", "check", "--online", "xnli", code=2, HF_ENDPOINT="http://127.0.0.1:9")
    assert "can not be reached" in nobody.stderr and not nobody.stdout


def test_columns_that_the_hub_has_otherwise_are_told(server: HubServer, desk: Desk) -> None:
    publish(server)
    written = BytesIO()
    pq.write_table(pa.table({"premise": ["a"], "hypotheses": ["b"], "label": [0]}), written)
    server.publish("nyu-mll/multi_nli", {"data/train-00000-of-00001.parquet": written.getvalue()})
    (train, _) = desk.json("data", "check", "--online", "mnli", code=1)
    assert "no column 'hypothesis': did you mean 'hypotheses'?" in train["differences"]


def test_tokens_reach_the_hub_and_nothing_else(server: HubServer, desk: Desk) -> None:
    """A token or the password of a mirror is in nothing that is said, stored, cached or logged, also when all fails."""
    publish(server)
    for repository in server.repositories.values():
        repository.gated = True
    (desk.place / "mine.toml").write_text(STUDY)
    secrets = {"HF_TOKEN": "hf_aVeryPrivateTokenOfMine", "HF_HUB_VERBOSITY": "debug"}
    refused = desk.do("run", "./mine.toml", "--workers", "1", code=2)
    assert "is gated" in refused.stderr
    server.cut["data/train-00000-of-00001.parquet"] = -1
    said = [desk.do("run", "./mine.toml", "--workers", "1", code=2, **secrets)]
    server.cut.clear()
    for arguments, code in (
        (("run", "./mine.toml", "--workers", "1"), 0),
        (("report", "./mine.toml"), 0),
        (("data", "lock", "xnli"), 0),
        (("data", "check", "--online"), 1),
        (("data", "show", "xnli", "--split", "test", "--language", "sw"), 0),
    ):
        said.append(desk.do(*arguments, code=code, **secrets))
    behind = {"HF_ENDPOINT": "http://me:hf_aVeryPrivatePassword@127.0.0.1:9"}
    said.append(desk.do("data", "check", "--online", "xnli", code=2, **behind))
    said.append(desk.do("plan", "./mine.toml", code=2, XSTILTS_CACHE=str(desk.place / "empty"), **behind))
    assert "127.0.0.1:9" in said[-1].stderr  # the mirror itself is named
    said.append(desk.do("doctor", **behind))
    assert not [one for one in said if "hf_aVery" in one.stdout + one.stderr]
    written = [path for path in desk.place.rglob("*") if path.is_file()]
    assert any(path.name == "record.json" for path in written)
    assert not [path for path in written if b"hf_aVery" in path.read_bytes()]


OWN = """
question = "Do my own files arrive?"
targets = ["mine"]
seeds = [0]
[languages]
scored = ["en", "qum"]
[languages.qum]
name = "Sipacapense"
family = "Mayan"
script = "Latn"
[tasks.mine]
type = "classification"
labels = ["good", "bad"]
languages = ["en", "qum"]
columns = { text_a = "review" }
[tasks.mine.splits.train]
path = "rows/train.csv"
[tasks.mine.splits.test]
path = "rows/test.{language}.jsonl"
[backbones.tiny]
architecture = { layers = 1, hidden = 16, heads = 2, feedforward = 16, vocabulary = 300 }
vocabulary = { text = ["world/text"], languages = ["qaa"], characters = 20000 }
[arms.baseline]
[settings.target]
updates = 2
batch = 4
"""


def own_files(place: Path) -> None:
    (place / "rows").mkdir()
    (place / "mine.toml").write_text(OWN)
    (place / "rows/train.csv").write_text("review,label\n" + "fine,good\npoor,bad\n" * 4)
    for code in ("en", "qum"):
        lines = [json.dumps({"review": f"{code} {i}", "label": ["good", "bad"][i % 2]}) for i in range(6)]
        (place / f"rows/test.{code}.jsonl").write_text("\n".join(lines))


def test_files_and_languages_of_ones_own(desk: Desk) -> None:
    """The study lies elsewhere than where it is started from, and its language is in no catalogue."""
    own_files(desk.place)
    elsewhere = desk.place / "elsewhere"
    elsewhere.mkdir()
    desk.do("run", str(desk.place / "mine.toml"), "--workers", "1")
    desk.place = elsewhere
    table = desk.do("results", "mine@full", "--format", "json").stdout
    found = {row["language"]: row for row in json.loads(table)}
    assert found["qum"]["family"] == "Mayan" and found["qum"]["script"] == "Latn" and found["en"]["script"] == "Latn"
    assert all(row["score"] is not None and row["examples"] == 6 for row in found.values())
    checked = desk.json("data", "check", "mine", "--study", str(desk.place.parent / "mine.toml"))
    assert {part["place"] for part in checked} == {"own file"}


def test_every_mistake_in_ones_own_files_is_told_when_planning(desk: Desk) -> None:
    own_files(desk.place)
    (desk.place / "rows/train.csv").write_text("review,label\nfine,good\npoor,bed\n,bad\n")
    (desk.place / "rows/test.en.jsonl").write_bytes(b'{"review": "caf\xe9", "label": "good"}')
    (desk.place / "rows/test.qum.jsonl").unlink()
    (desk.place / "mine.toml").write_text(OWN.replace('targets = ["mine"]', 'targets = ["mine", "mina"]'))
    lines = desk.do("plan", "./mine.toml", code=2).stderr.splitlines()
    for parts in (
        ("train.csv, row 2 (line 3): unknown label 'bed'", "labels: good, bad"),
        ("train.csv, row 3 (line 4): no text_a", "take the row out"),
        ("test.en.jsonl, line 1: byte 0xe9 is not UTF-8", "save"),
        ("test.qum.jsonl is not there", "correct path or languages"),
        ("unknown task 'mina'", "did you mean 'mine'"),
    ):
        assert sum(all(part in line for part in parts) for line in lines) == 1, (parts, lines)
    (desk.place / "mine.toml").write_text(OWN.replace('name = "Sipacapense"', 'nam = "Sipacapense"'))
    told = desk.do("plan", "./mine.toml", code=2).stderr
    assert "[languages.qum]: unknown field 'nam': did you mean 'name'" in told and "name: missing" in told
