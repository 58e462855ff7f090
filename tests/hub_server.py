"""A small hub on this machine: the parts of the hub's HTTP API that its real clients use, over files.

In: repositories that a test publishes. Out: a server on loopback that answers as the hub does (listings with digests,
redirects to where large files lie, byte ranges, error codes), keeps a list of what it was asked, and breaks off
downloads on request.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from serving import serving

REPOSITORY = re.compile(r"/api/datasets/([^/]+/[^/]+)(?:/revision/(.+))?")
PATHS = re.compile(r"/api/datasets/([^/]+/[^/]+)/paths-info/([^/]+)")
TREE = re.compile(r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)(?:/(.*))?")
AUTH = re.compile(r"/api/datasets/([^/]+/[^/]+)/auth-check")
REFS = re.compile(r"/api/datasets/([^/]+/[^/]+)/refs")
RESOLVE = re.compile(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
LARGE = re.compile(r"/large/([0-9a-f]{64})")


@dataclass
class Blob:
    """A file of a repository: Parquet is stored as large files are, all else as git does."""

    content: bytes | Path
    large: bool

    @cached_property
    def data(self) -> bytes:
        return self.content.read_bytes() if isinstance(self.content, Path) else self.content

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def oid(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()


@dataclass
class Repository:
    """Branches to commits, commits to files. ``gated``: listed for all, files only with a token."""

    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    gated: bool = False


class HubServer(ThreadingHTTPServer):
    """``asked`` holds method and path of every request; ``cut`` maps a file's name to how often its download still
    breaks off half way (-1: the server always claims a shorter file); ``sent`` counts bytes of files."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.repositories: dict[str, Repository] = {}
        self.asked: list[str] = []
        self.cut: dict[str, int] = {}
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def publish(self, name: str, files: Mapping[str, bytes | Path], branch: str = "main", gated: bool = False) -> str:
        """A new commit of the data set ``name`` on ``branch``; earlier commits stay. The commit."""
        repository = self.repositories.setdefault(name, Repository())
        repository.gated = gated
        blobs = {path: Blob(content, path.endswith(".parquet")) for path, content in sorted(files.items())}
        said = [branch, *(f"{path}:{blob.oid}" for path, blob in blobs.items())]
        commit = hashlib.sha1("\n".join(said).encode()).hexdigest()
        repository.branches[branch] = commit
        repository.commits[commit] = blobs
        return commit

    def downloads(self) -> list[str]:
        """What was asked for beside listings."""
        return [line for line in self.asked if "/resolve/" in line or "/large/" in line]


@contextmanager
def running() -> Iterator[HubServer]:
    """A server in a thread of its own."""
    with serving(HubServer()) as server:
        yield server


class Answers(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        raw = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {unquote(raw.path)}")
        for pattern, reply in (
            (PATHS, self.paths_info),
            (TREE, self.tree),
            (REFS, self.refs),
            (AUTH, self.auth_check),
            (REPOSITORY, self.info),
            (RESOLVE, self.resolve),
            (LARGE, self.large),
        ):
            if found := pattern.fullmatch(raw.path):
                parts = [unquote(part) if part else part for part in found.groups()]
                return reply(*parts, body=body, query=parse_qs(raw.query))
        return self.refuse(404, "", "no such page")

    def files(self, name: str, revision: str | None) -> tuple[str, dict[str, Blob]] | None:
        """The commit and its files; None where the answer is an error, which is then sent."""
        repository = self.server.repositories.get(name)
        if repository is None:
            self.refuse(401, "RepoNotFound", "Repository not found")  # as the hub answers without a token
            return None
        commit = repository.branches.get(revision or "main", revision or "")
        if commit not in repository.commits:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return commit, repository.commits[commit]

    def info(self, name: str, revision: str | None, body: bytes, query: dict[str, list[str]]) -> None:
        if (found := self.files(name, revision)) is None:
            return
        commit, files = found
        siblings = []
        for path, blob in files.items():
            sibling: dict[str, Any] = {"rfilename": path}
            if "blobs" in query:
                sibling |= {"size": len(blob.data), "blobId": blob.oid}
                if blob.large:
                    sibling["lfs"] = {"sha256": blob.sha256, "size": len(blob.data), "pointerSize": 130}
            siblings.append(sibling)
        gated = "auto" if self.server.repositories[name].gated else False
        said = {"id": name, "sha": commit, "private": False, "gated": gated, "siblings": siblings, "tags": []}
        self.send_json(said | {"cardData": card(files), "downloads": 0, "likes": 0})

    def auth_check(self, name: str, body: bytes, query: dict[str, list[str]]) -> None:
        if self.files(name, None) is None:
            return None
        if self.server.repositories[name].gated and "Authorization" not in self.headers:
            return self.refuse(401, "GatedRepo", f"Access to dataset {name} is restricted. Please log in.")
        return self.send_json({})

    def refs(self, name: str, body: bytes, query: dict[str, list[str]]) -> None:
        repository = self.server.repositories[name]
        refs = [{"name": key, "ref": f"refs/heads/{key}", "targetCommit": c} for key, c in repository.branches.items()]
        self.send_json({"branches": [ref for ref in refs if "/" not in ref["name"]], "converts": [], "tags": []})

    def paths_info(self, name: str, revision: str, body: bytes, query: dict[str, list[str]]) -> None:
        if (found := self.files(name, revision)) is None:
            return
        said = json.loads(body) if body.startswith(b"{") else parse_qs(body.decode())
        wanted = said["paths"]
        _, files = found
        entries = [entry(path, files[path]) for path in wanted if path in files]
        folders = [path for path in wanted if any(other.startswith(f"{path}/") for other in files)]
        entries += [{"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in folders]
        self.send_json(entries)

    def tree(self, name: str, revision: str, folder: str | None, body: bytes, query: dict[str, list[str]]) -> None:
        if (found := self.files(name, revision)) is None:
            return None
        inside = f"{folder}/" if folder else ""
        deep = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries, folders = [], {}
        for path, blob in found[1].items():
            if not path.startswith(inside):
                continue
            below = path.removeprefix(inside).split("/")[:-1]
            for depth in range(1, len(below) + 1 if deep else min(len(below), 1) + 1):
                folders[inside + "/".join(below[:depth])] = None
            if deep or not below:
                entries.append(entry(path, blob))
        if inside and not entries and not folders:
            return self.refuse(404, "EntryNotFound", "no such folder")
        entries += [{"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in folders]
        return self.send_json(entries)

    def resolve(self, name: str, revision: str, path: str, body: bytes, query: dict[str, list[str]]) -> None:
        if (found := self.files(name, revision)) is None:
            return None
        commit, files = found
        if self.server.repositories[name].gated and "Authorization" not in self.headers:
            return self.refuse(401, "GatedRepo", f"Access to dataset {name} is restricted. Please log in.")
        if path not in files:
            return self.refuse(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        blob = files[path]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{blob.oid}"', "Accept-Ranges": "bytes"}
        if not blob.large:
            return self.send_bytes(path, blob.data, headers)
        headers |= {"X-Linked-Size": str(len(blob.data)), "X-Linked-ETag": f'"{blob.sha256}"'}
        # As on the hub, large files lie on another host, so that clients keep the headers of this answer.
        elsewhere = f"http://localhost:{self.server.server_address[1]}/large/{blob.sha256}"
        headers |= {"Location": elsewhere, "Content-Length": "0"}
        return self.send(302, headers, b"")

    def large(self, sha256: str, body: bytes, query: dict[str, list[str]]) -> None:
        for repository in self.server.repositories.values():
            for files in repository.commits.values():
                for path, blob in files.items():
                    if blob.large and blob.sha256 == sha256:
                        return self.send_bytes(path, blob.data, {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"})
        return self.refuse(404, "", "no such file")

    def send_bytes(self, path: str, data: bytes, headers: dict[str, str]) -> None:
        status, first, last = 200, 0, len(data) - 1
        if asked := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "")):
            low, high = asked.groups()
            first = int(low) if low else max(0, len(data) - int(high))
            last = min(int(high), last) if low and high else last
            status = 206
            headers = headers | {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        part = data[first : last + 1]
        self.server.sent += len(part) if self.command == "GET" else 0
        headers = headers | {"Content-Length": str(len(part))}
        left = self.server.cut.get(path, 0)
        if left and self.command == "GET":
            self.server.cut[path] = left - 1 if left > 0 else left
            if left < 0:  # a proxy that serves a shorter file and says so
                part = part[: len(part) // 2]
                headers["Content-Length"] = str(len(part))
            self.close_connection = True
            return self.send(status, headers, part if left < 0 else part[: len(part) // 2])
        return self.send(status, headers, part)

    def send_json(self, value: object) -> None:
        content = json.dumps(value).encode()
        self.send(200, {"Content-Type": "application/json", "Content-Length": str(len(content))}, content)

    def refuse(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        more = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
        self.send(status, {**more, **(headers or {}), "Content-Length": "0"}, b"")

    def send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def entry(path: str, blob: Blob) -> dict[str, Any]:
    """A file in a listing of a folder."""
    said: dict[str, Any] = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": path}
    if blob.large:
        said["lfs"] = {"oid": blob.sha256, "size": len(blob.data), "pointerSize": 130}
    return said


def card(files: Mapping[str, Blob]) -> dict[str, Any]:
    """The metadata at the top of the README."""
    text = files["README.md"].data.decode() if "README.md" in files else ""
    found = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    return yaml.safe_load(found[1]) if found else {}
