"""The lock file: what is written is read again, and what is no lock is refused."""

from pathlib import Path

import pytest

from xstilts.catalogue import Problem
from xstilts.data.lock import read_lock, write_lock


def test_commits_are_added_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "store/data.lock.json"
    assert read_lock(path) == {}
    assert write_lock(path, {"b/b": "1" * 40, "a/a": "2" * 40})
    assert not write_lock(path, {"b/b": "1" * 40})
    assert write_lock(path, {"b/b": "3" * 40})
    assert list(read_lock(path).items()) == [("a/a", "2" * 40), ("b/b", "3" * 40)]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", ["", "[]", '{"a/a": "main"}', '{"a/a": 3}', "\x00", "[" * 100_000])
def test_what_is_no_lock_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "data.lock.json"
    path.write_text(content)
    with pytest.raises(Problem, match=r"data\.lock\.json"):
        read_lock(path)
