"""The hub's real clients against a small hub on this machine: what is fetched, what is not, and what is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_server import HubServer, running
from xstilts.catalogue import Files, Problem, Task, TaskType
from xstilts.data.hub import Hub
from xstilts.data.listing import Stored, listing_from_json, listing_of, named
from xstilts.data.source import Folder, Sources

Make = Callable[..., Hub]


@pytest.fixture
def server() -> Iterator[HubServer]:
    with running() as found:
        yield found


@pytest.fixture
def hub(server: HubServer, tmp_path: Path) -> Make:
    """A hub client with a download cache of this test; each call is a fresh process's view."""

    def make(**more: object) -> Hub:
        return Hub(**{"cache": tmp_path / "cache", "endpoint": server.url, "kept": tmp_path / "kept", **more})  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize(
    ("names", "config", "split", "found"),
    [
        (["en/test-00000-of-00001.parquet", "en/train-00000-of-00001.parquet"], "en", "test", [0]),
        (["en/train-00001-of-00002.parquet", "en/train-00000-of-00002.parquet"], "en", "train", [1, 0]),
        (["data/train-00000-of-00001-0f9a.parquet", "data/validation-00000-of-00001.parquet"], "default", "train", [0]),
        (["default/train/0000.parquet", "default/train/0001.parquet"], "default", "train", [0, 1]),
        (["xquad.en/validation.parquet"], "xquad.en", "validation", [0]),
        (["xquad.en/validation.parquet"], "xquadXen", "validation", []),
        (["data/train.parquet", "de/train.parquet"], "en", "train", []),
        (["train.csv", "README.md"], "default", "train", [0]),
        (["train.csv", "train.parquet"], "default", "train", [1]),
        (["train.py", "train.zip", "train.pkl"], "default", "train", []),
        (["validation_matched.parquet"], "default", "validation", []),
    ],
)
def test_layouts_of_repositories(names: list[str], config: str, split: str, found: list[int]) -> None:
    assert named(names, config, split) == [names[place] for place in found]


def test_a_card_says_which_files_are_a_split() -> None:
    card = {
        "configs": [
            {"config_name": "a", "data_files": [{"split": "dev_r1", "path": "x/dev-*"}, {"split": "test", "path": []}]},
            {"config_name": "b", "data_files": "all/**/*.jsonl"},
            {"config_name": "c", "data_dir": "sub", "data_files": {"split": "test", "path": ["t.csv", "u.csv"]}},
        ],
        "dataset_info": {
            "config_name": "a",
            "features": [{"name": "text"}],
            "splits": [{"name": "dev_r1", "num_examples": 7}],
        },
    }
    names = ("x/dev-1.parquet", "x/dev-0.parquet", "x/y/dev-2.parquet", "x/dev-3.py", "all/1.jsonl", "all/p/q/2.jsonl")
    names += ("sub/t.csv", "sub/u.csv", "t.csv", "a/other.parquet")
    listing = listing_of("c" * 40, dict.fromkeys(names, Stored()), card)
    assert listing.split_files("a", "dev_r1") == ["x/dev-0.parquet", "x/dev-1.parquet"]
    assert listing.split_files("a", "other") == ["a/other.parquet"]
    assert listing.split_files("b", "train") == ["all/1.jsonl", "all/p/q/2.jsonl"]
    assert listing.split_files("c", "test") == ["sub/t.csv", "sub/u.csv"]
    assert (listing.rows, listing.columns) == ({"a": {"dev_r1": 7}}, {"a": ["text"]})
    assert listing_from_json(listing.to_json()) == listing


def parquet(*texts: str) -> bytes:
    written = BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), written)
    return written.getvalue()


def text_task(repository: str, revision: str | None = None) -> Task:
    files = Files(repository, ("{language}",), "train", revision=revision)
    return Task("mine", "mine", TaskType.MLM, "", ("en", "de"), {"train": files})


PLAIN = {"en/train-00000-of-00001.parquet": parquet("a", "b"), "run.py": b"raise SystemExit", "README.md": b"none"}


def test_a_first_fetch_and_a_second_without_any_request(server: HubServer, hub: Make, tmp_path: Path) -> None:
    commit = server.publish("me/plain", PLAIN)
    first, task = hub(), text_task("me/plain")
    assert first.languages(task, "train") == ("en",)
    assert not server.downloads()
    assert first.read(task, "train", "en")["text"].to_pylist() == ["a", "b"]
    assert first.rows_of(task, "train", "en")[0] == 2
    assert first.taken == {"me/plain": commit}
    assert not list(tmp_path.rglob("run.py"))
    with pytest.raises(Problem, match=r"no Parquet, JSON or CSV files of 'mine' \(train, de\)"):
        first.read(task, "train", "de")

    server.asked.clear()
    unlocked = hub()
    assert unlocked.read(task, "train", "en").num_rows == 2
    assert server.asked == ["GET /api/datasets/me/plain/revision/main"]  # which commit is newest, nothing else
    server.asked.clear()
    assert hub(revisions=first.taken).rows_of(task, "train", "en") == first.rows_of(task, "train", "en")
    assert server.asked == []


def test_a_locked_revision_stays_and_a_newer_one_is_said(server: HubServer, hub: Make) -> None:
    old, task = server.publish("me/plain", PLAIN), text_task("me/plain")
    locked = hub()
    before = locked.rows_of(task, "train", "en")
    assert locked.changed() == []
    new = server.publish("me/plain", {"en/train.parquet": parquet("c", "d", "e")})
    again = hub(revisions={"me/plain": old}, cache=None, kept=None)
    assert again.read(task, "train", "en")["text"].to_pylist() == ["a", "b"]
    assert again.rows_of(task, "train", "en") == before
    assert [line for line in again.changed() if f"newer 'me/plain' ({new[:10]})" in line and old[:10] in line]
    assert hub().read(task, "train", "en")["text"].to_pylist() == ["c", "d", "e"]
    assert again.newest("me/plain") == new
    del server.repositories["me/plain"].commits[old]
    with pytest.raises(Problem, match=rf"no longer has the locked revision {old[:10]} of 'me/plain'"):
        hub(revisions={"me/plain": old}, kept=None).read(task, "train", "en")


def test_planning_needs_no_download(server: HubServer, hub: Make) -> None:
    """Number and checksum of the rows follow from the listing and a file's last bytes; a download changes neither."""
    server.publish("me/plain", {"en/train.parquet": parquet(*(f"{i * 7919 % 104729} {i}" for i in range(60_000)))})
    (size,) = (len(blob.data) for files in server.repositories["me/plain"].commits.values() for blob in files.values())
    task = text_task("me/plain")
    planned = hub(fetch=False).rows_of(task, "train", "en")
    assert planned[0] == 60_000
    assert 0 < server.sent < size / 3
    assert hub().rows_of(task, "train", "en") == planned
    assert server.sent > size
    assert hub(fetch=False).rows_of(task, "train", "en") == planned


def test_a_card_that_states_the_rows_saves_every_request_for_data(server: HubServer, hub: Make) -> None:
    readme = "---\ndataset_info:\n- config_name: en\n  splits:\n  - {name: train, num_examples: 2}\n---\n"
    server.publish("me/plain", {**PLAIN, "README.md": readme.encode()})
    assert hub(fetch=False).rows_of(text_task("me/plain"), "train", "en")[0] == 2
    assert not server.downloads()


def test_offline_with_a_warm_cache_all_goes_on(server: HubServer, hub: Make, tmp_path: Path) -> None:
    server.publish("me/plain", PLAIN)
    task = text_task("me/plain")
    before = hub().rows_of(task, "train", "en")
    code = (
        "from pathlib import Path\nfrom xstilts.catalogue import Files, Problem, Task, TaskType\n"
        "from xstilts.data.hub import Hub\n"
        "def text_task(name):\n    files = Files(name, ('{language}',), 'train')\n"
        "    return Task('mine', 'mine', TaskType.MLM, '', ('en', 'de'), {'train': files})\n"
        f"hub = Hub(Path({str(tmp_path / 'cache')!r}), {server.url!r}, kept=Path({str(tmp_path / 'kept')!r}))\n"
        "print(hub.rows_of(text_task('me/plain'), 'train', 'en')); print(*hub.notes, sep='\\n')\n"
        "try:\n    hub.read(text_task('me/other'), 'train', 'en')\nexcept Problem as problem:\n    print(problem)"
    )
    server.asked.clear()
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=surroundings)
    assert done.returncode == 0, done.stderr
    rows, note, other = done.stdout.splitlines()
    assert rows == str(before)
    assert "'me/plain' is read as it was when last seen" in note
    assert "not in the download cache, and HF_HUB_OFFLINE is set: the data set 'me/other'; fetch it" in other
    assert server.asked == []


def test_a_hub_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "http://127.0.0.1:9")
    for name in ("me/one", "me/two"):
        with pytest.raises(
            Problem, match=rf"the hub at http://127\.0\.0\.1:9 can not be reached .*{name}.* --data DIR"
        ):
            hub.read(text_task(name), "train", "en")
    assert hub.languages(text_task("me/one"), "train") == ()
    (line,) = hub.refusals()
    assert "'me/one', 'me/two'" in line


def test_a_repository_that_is_not_there(hub: Make) -> None:
    found, task = hub(), text_task("me/nothing")
    assert found.languages(task, "train") == ()
    with pytest.raises(Problem, match=r"no data set 'me/nothing', or it is private: check the name, log in"):
        found.rows_of(task, "train", "en")
    assert "me/nothing" in found.refused


def test_a_gated_set_is_listed_and_says_how_to_get_it(
    server: HubServer, hub: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.publish("me/gated", PLAIN, gated=True)
    found, task = hub(), text_task("me/gated")
    assert found.languages(task, "train") == ("en",)
    with pytest.raises(
        Problem, match=r"'me/gated' is gated: accept its terms at http.*/datasets/me/gated, then log in"
    ):
        found.read(task, "train", "en")
    monkeypatch.setenv("HF_TOKEN", "hf_someone")
    assert hub().read(task, "train", "en").num_rows == 2


def test_a_download_that_breaks_off_goes_on(server: HubServer, hub: Make) -> None:
    server.publish("me/plain", {"en/train.parquet": parquet(*map(str, range(5000)))})
    server.cut["en/train.parquet"] = 1
    assert hub().read(text_task("me/plain"), "train", "en").num_rows == 5000
    assert len([line for line in server.downloads() if line.startswith("GET /large/")]) == 2


def test_a_file_that_never_arrives_whole_is_refused(server: HubServer, hub: Make, tmp_path: Path) -> None:
    server.publish("me/plain", {"en/train.parquet": parquet(*map(str, range(5000)))})
    server.cut["en/train.parquet"] = -1
    task = text_task("me/plain")
    with pytest.raises(Problem, match=r"a file of the data set 'me/plain' did not arrive whole: fetch it again"):
        hub().read(task, "train", "en")
    assert not list((tmp_path / "cache").rglob("snapshots/*/*/*.parquet"))
    server.cut.clear()
    assert hub().read(task, "train", "en").num_rows == 5000


def test_a_damaged_file_of_the_cache_is_fetched_again(server: HubServer, hub: Make, tmp_path: Path) -> None:
    server.publish("me/plain", PLAIN)
    task = text_task("me/plain")
    before = hub().rows_of(task, "train", "en")
    (path,) = (tmp_path / "cache").rglob("snapshots/*/en/*.parquet")
    content = path.read_bytes()
    for damaged in (content[:-7], bytes([content[0] ^ 1]) + content[1:]):
        path.resolve().write_bytes(damaged)
        assert hub().rows_of(task, "train", "en") == before


def test_the_same_rows_have_one_checksum_wherever_they_lie(server: HubServer, hub: Make, tmp_path: Path) -> None:
    server.publish("me/plain", PLAIN)
    path = tmp_path / "data/plain/en/train.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(parquet("a", "b"))
    task = text_task("me/plain")
    folder = Folder(tmp_path / "data").rows_of(task, "train", "en")
    assert hub(fetch=False).rows_of(task, "train", "en") == folder
    assert hub().rows_of(task, "train", "en") == folder


def test_a_set_without_parquet_is_read_as_the_hub_converted_it(server: HubServer, hub: Make) -> None:
    server.publish("me/script", {"script.py": b"raise SystemExit"})
    commit = server.publish("me/script", {"de/train/0000.parquet": parquet("c")}, branch="refs/convert/parquet")
    found, task = hub(), text_task("me/script")
    assert found.languages(task, "train") == ("de",)
    assert found.read(task, "train", "de")["text"].to_pylist() == ["c"]
    assert found.taken["me/script@refs/convert/parquet"] == commit
    server.asked.clear()
    assert hub(revisions=found.taken).read(task, "train", "de").num_rows == 1
    assert server.asked == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("en/train.csv", b'text\na\n"b, c"\n'),
        ("en/train.jsonl", b'{"text": "a"}\n{"text": "b, c"}\n'),
        ("en/train.json", b'[{"text": "a"}, {"text": "b, c"}]'),
    ],
)
def test_json_and_csv_are_read_too(server: HubServer, hub: Make, name: str, content: bytes) -> None:
    server.publish("me/plain", {name: content})
    assert hub(fetch=False).rows_of(text_task("me/plain"), "train", "en")[0] == 2
    assert hub().read(text_task("me/plain"), "train", "en")["text"].to_pylist() == ["a", "b, c"]


def test_a_pinned_revision_is_read_or_missed(server: HubServer, hub: Make) -> None:
    commit = server.publish("me/plain", PLAIN)
    server.publish("me/plain", {"en/train.parquet": parquet("new")})
    assert hub().read(text_task("me/plain", commit), "train", "en").num_rows == 2
    with pytest.raises(Problem, match="no Parquet, JSON or CSV files"):
        hub().read(text_task("me/plain", "c" * 40), "train", "en")


def test_a_name_without_organisation_is_on_no_hub(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "http://127.0.0.1:9")
    assert hub.languages(text_task("mlm_text"), "train") == ()
    assert hub.refused == {}


def test_a_folder_serves_where_the_hub_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "data/plain/en/train.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(parquet("a"))
    sources, task = Sources([Folder(tmp_path / "data"), Hub(tmp_path, "http://127.0.0.1:9")]), text_task("me/plain")
    assert sources.languages(task, "train") == ("en",)
    assert sources.rows_of(task, "train", "en")[0] == 1


def test_the_hubs_own_reader_of_data_sets_finds_the_same_rows(server: HubServer, hub: Make, tmp_path: Path) -> None:
    """The library `datasets` is the oracle: splits by the card and by names, several files, Parquet, JSON and CSV."""
    pytest.importorskip("datasets")
    readme = "---\nconfigs:\n- config_name: en\n  data_files:\n  - {split: train, path: en/part-*}\n---\n"
    pieces = {"en/part-1.parquet": parquet("b", "c"), "en/part-0.parquet": parquet("a")}
    server.publish("me/card", {"README.md": readme.encode(), **pieces})
    sharded = {f"data/train-0000{i}-of-00002.parquet": parquet(f"{i}") for i in (1, 0)}
    server.publish("me/shards", {**sharded, "data/test-00000-of-00001.parquet": parquet("other")})
    server.publish("me/csv", {"train.csv": b'text\n"a, b"\n"c\nd"\n', "test.csv": b"text\nother\n"})
    server.publish("me/lines", {"train.jsonl": '{"text": "é\u2028"}\n{"text": "b"}\n'.encode()})
    code = (
        "import datasets, json, sys; datasets.disable_progress_bars()\n"
        "for name in sys.argv[1:]:\n"
        "    config = 'en' if name == 'me/card' else None\n"
        "    print(json.dumps(datasets.load_dataset(name, config, split='train')['text'][:]))"
    )
    surroundings = {**os.environ, "HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home")}
    surroundings["PYTHONPATH"] = os.pathsep.join(sys.path)
    names = sorted(server.repositories)
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, env=surroundings)
    assert done.returncode == 0, done.stderr
    expected = dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))
    found = {name: hub().read(text_task(name), "train", "en")["text"].to_pylist() for name in names}
    assert found == expected


def second_task() -> Task:
    """A task whose rows two sets of the hub hold; the second lacks German."""
    other = Files("me/second", ("{language}",), "train", languages=("en",))
    return Task("mine", "", TaskType.MLM, "", ("en", "de"), {"train": replace(FIRST, otherwise=other)})


FIRST = Files("me/first", ("{language}",), "train")


@pytest.mark.parametrize("gated", [True, False])
def test_the_next_set_is_taken_where_the_first_is_not_given(
    server: HubServer, hub: Make, gated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"en/train.parquet": parquet("first"), "de/train.parquet": parquet("first")}
    if gated:
        server.publish("me/first", both, gated=True)
    commit = server.publish("me/second", {"en/train.parquet": parquet("second")})
    found, task = hub(), second_task()
    assert found.languages(task, "train") == ("en",)
    assert found.read(task, "train", "en")["text"].to_pylist() == ["second"]
    assert found.taken == {"me/second": commit}
    (line,) = found.passed_over()
    assert line.startswith("mine (train, en) is read from 'me/second', because the first set was not given: ")
    assert ("'me/first' is gated: accept its terms" if gated else "no data set 'me/first', or it is private") in line
    if gated:
        monkeypatch.setenv("HF_TOKEN", "hf_someone")
        given = hub()
        assert given.read(task, "train", "en")["text"].to_pylist() == ["first"]
        assert given.passed_over() == given.refusals() == []


def test_the_next_set_is_not_taken_where_the_first_is_locked(server: HubServer, hub: Make) -> None:
    locked = {"me/first": server.publish("me/first", {"en/train.parquet": parquet("first")}, gated=True)}
    server.publish("me/second", {"en/train.parquet": parquet("second")})
    found = hub(revisions=locked)
    with pytest.raises(Problem, match="'me/first' is gated"):
        found.rows_of(second_task(), "train", "en")
    (line,) = found.refusals()
    assert "'me/first' is gated" in line and found.passed_over() == []


def test_the_next_set_is_not_taken_where_nobody_answers(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(Problem, match="can not be reached for the data set 'me/first'"):
        hub.rows_of(second_task(), "train", "en")
    assert hub.passed_over() == []


def test_a_next_set_that_was_fetched_and_locked_serves_without_a_network(
    server: HubServer, hub: Make, tmp_path: Path
) -> None:
    server.publish("me/second", {"en/train.parquet": parquet("second")})
    first, task = hub(), second_task()
    before = first.rows_of(task, "train", "en")
    for more in ({"endpoint": "http://127.0.0.1:9"}, {"ask": False}):
        again = hub(revisions=first.taken, **more)
        assert again.languages(task, "train") == ("en",)
        assert again.rows_of(task, "train", "en") == before
        assert len(again.passed_over()) == ("ask" not in more)
    unlocked = hub(endpoint="http://127.0.0.1:9")
    with pytest.raises(Problem, match="can not be reached for the data set 'me/first'"):
        unlocked.rows_of(task, "train", "en")


def test_what_nobody_wants_is_not_asked_for(server: HubServer, hub: Make, tmp_path: Path) -> None:
    server.publish("me/plain", {"de/train.parquet": parquet("c")})
    path = tmp_path / "data/plain/en/train.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(parquet("a"))
    sources, task = Sources([Folder(tmp_path / "data"), hub()]), text_task("me/plain")
    assert sources.languages(task, "train", ("en",)) == ("en",)
    assert sources.rows_of(task, "train", "en")[0] == 1
    assert server.asked == []
    assert sources.languages(task, "train") == ("en", "de")
    assert server.asked
