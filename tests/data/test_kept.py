"""What can be made again is used only as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.data import kept as room
from xstilts.data.kept import kept


def make(place: Path) -> None:
    (place / "a.txt").write_text("alpha")
    (place / "b.txt").write_text("beta")


def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in another process, which has checked nothing yet."""
    monkeypatch.setattr(room, "_checked", {})


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(tmp_path / "x", make) == tmp_path / "x"
    anew(monkeypatch)
    kept(tmp_path / "x", lambda place: pytest.fail("made twice"))
    assert (tmp_path / "x" / "b.txt").read_text() == "beta"


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "no sums", "foreign", "sums"])
def test_what_has_changed_is_made_again(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = kept(tmp_path / "x", make)
    if damage == "flip":
        (folder / "a.txt").write_text("alphb")
    elif damage == "cut":
        (folder / "a.txt").write_text("alph")
    elif damage == "gone":
        (folder / "a.txt").unlink()
    elif damage == "no sums":
        (folder / "sums.json").unlink()
    elif damage == "foreign":
        (folder / "c.txt").write_text("gamma")
    else:
        (folder / "sums.json").write_text("[1")
    anew(monkeypatch)
    kept(folder, make)
    assert {path.name: path.read_text() for path in folder.glob("*.txt")} == {"a.txt": "alpha", "b.txt": "beta"}


def test_nothing_is_left_when_making_fails(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        make(place)
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        kept(tmp_path / "x", fail)
    assert list(tmp_path.iterdir()) == []
