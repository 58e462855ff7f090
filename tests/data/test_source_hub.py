"""Reading from a hub: which files of a repository are meant, and a download from a small server on this machine."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue import Files, Problem, Task, TaskType
from xstilts.data.hub import Hub, parquet_of
from xstilts.data.source import Folder, Sources

COMMIT, CONVERTED = "a" * 40, "b" * 40


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
        (["train.csv", "README.md"], "default", "train", []),
        (["validation_matched.parquet"], "default", "validation", []),
    ],
)
def test_layouts_of_repositories(names: list[str], config: str, split: str, found: list[int]) -> None:
    assert parquet_of(names, config, split) == [names[place] for place in found]


def parquet(*texts: str) -> bytes:
    written = BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), written)
    return written.getvalue()


# repository -> revision -> (commit, files)
REPOSITORIES: dict[str, dict[str, tuple[str, dict[str, bytes]]]] = {
    "me/plain": {
        "main": (COMMIT, {"en/train-00000-of-00001.parquet": parquet("a", "b"), "run.py": b"raise SystemExit"})
    },
    "me/script": {
        "main": (COMMIT, {"script.py": b"raise SystemExit"}),
        "refs/convert/parquet": (CONVERTED, {"de/train/0000.parquet": parquet("c")}),
    },
}


class Answers(BaseHTTPRequestHandler):
    """The two questions that the hub's client asks: what is in a revision, and the content of one file."""

    def do_GET(self) -> None:
        self.answer(body=True)

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bool) -> None:
        path = self.path.split("?")[0].replace("%2F", "/")
        for name, revisions in REPOSITORIES.items():
            for revision, (commit, files) in revisions.items():
                if path == f"/api/datasets/{name}/revision/{revision}":
                    siblings = [{"rfilename": file} for file in files]
                    return self.send(
                        json.dumps({"id": name, "sha": commit, "siblings": siblings}).encode(), commit, body
                    )
                for file, content in files.items():
                    if path == f"/datasets/{name}/resolve/{commit}/{file}":
                        return self.send(content, commit, body)
        code = "RevisionNotFound" if any(f"/{name}/" in path for name in REPOSITORIES) else "RepoNotFound"
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def send(self, content: bytes, commit: str, body: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def text_task(repository: str, revision: str | None = None) -> Task:
    files = Files(repository, ("{language}",), "train", revision=revision)
    return Task("mine", "mine", TaskType.MLM, "", ("en", "de"), {"train": files})


def test_rows_come_from_the_newest_commit(endpoint: str, tmp_path: Path) -> None:
    hub, task = Hub(tmp_path, endpoint), text_task("me/plain")
    assert hub.languages(task, "train") == ("en",)
    assert hub.read(task, "train", "en")["text"].to_pylist() == ["a", "b"]
    assert hub.rows_of(task, "train", "en")[0] == 2
    assert hub.revisions == {"me/plain": COMMIT}
    assert not list(tmp_path.rglob("run.py"))
    with pytest.raises(Problem, match="no Parquet files of 'mine'"):
        hub.read(task, "train", "de")


def test_the_same_rows_have_one_checksum_wherever_they_lie(endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "data/plain/en/train.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(parquet("a", "b"))
    hub, task = Hub(tmp_path / "cache", endpoint), text_task("me/plain")
    assert hub.rows_of(task, "train", "en") == Folder(tmp_path / "data").rows_of(task, "train", "en")


def test_a_set_without_parquet_is_read_as_the_hub_converted_it(endpoint: str, tmp_path: Path) -> None:
    hub, task = Hub(tmp_path, endpoint), text_task("me/script")
    assert hub.languages(task, "train") == ("de",)
    assert hub.read(task, "train", "de")["text"].to_pylist() == ["c"]
    assert hub.revisions == {"me/script": CONVERTED}


def test_a_revision_that_is_not_there(endpoint: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no Parquet files"):
        Hub(tmp_path, endpoint).read(text_task("me/plain", "c" * 40), "train", "en")


def test_a_repository_that_is_not_there(endpoint: str, tmp_path: Path) -> None:
    hub = Hub(tmp_path, endpoint)
    assert hub.languages(text_task("me/nothing"), "train") == ()
    assert "me/nothing" in hub.unreachable
    with pytest.raises(Problem, match="the hub did not give the data set 'me/nothing'"):
        hub.rows_of(text_task("me/nothing"), "train", "en")


def test_a_name_without_organisation_is_on_no_hub(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "http://127.0.0.1:9")
    assert hub.languages(text_task("mlm_text"), "train") == ()
    assert hub.unreachable == {}


def test_a_folder_serves_where_the_hub_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "data/plain/en/train.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(parquet("a"))
    sources, task = Sources([Folder(tmp_path / "data"), Hub(tmp_path, "http://127.0.0.1:9")]), text_task("me/plain")
    assert sources.languages(task, "train") == ("en",)
    assert sources.rows_of(task, "train", "en")[0] == 1
