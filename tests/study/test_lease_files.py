"""A lease keeps two processes from doing one job, and ends with its holder."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from xstilts.study import lease


def test_only_one_can_hold_a_lease(tmp_path: Path) -> None:
    path = tmp_path / "work" / "lease"
    mine = lease.acquire(path)
    assert mine is not None
    assert lease.acquire(path) is None
    held = lease.holder(path)
    assert held is not None
    assert held["pid"] == os.getpid()
    mine.release()
    assert lease.holder(path) is None
    assert lease.acquire(path) is not None


def test_a_lease_of_a_dead_process_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    code = "import sys, pathlib; from xstilts.study import lease; assert lease.acquire(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert path.exists()
    assert lease.holder(path) is None
    assert lease.acquire(path) is not None


def test_a_lease_that_cannot_be_written_is_nobody_s(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))  # as on a full disk: files can be made, but hold nothing
    try:
        with pytest.raises(OSError, match="too large"):
            lease.acquire(tmp_path / "lease")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not any(tmp_path.iterdir())
    assert lease.acquire(tmp_path / "lease") is not None


ELSEWHERE = json.dumps({"pid": 1, "host": "elsewhere", "token": "t"})


@pytest.mark.parametrize("clock", [-500, 0, 500], ids=["its clock is behind", "clocks agree", "its clock is ahead"])
def test_a_lease_from_another_machine_lives_while_its_time_moves(
    clock: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its clock says: what counts is whether the time changes while we look."""
    monkeypatch.setattr(lease, "STALE", 0.3)
    path = tmp_path / "lease"
    path.write_text(ELSEWHERE)
    begun = time.monotonic()
    beat = time.time() + clock
    while time.monotonic() - begun < 0.9:
        beat += 0.1
        os.utime(path, (beat, beat))
        assert lease.acquire(path) is None
        time.sleep(0.02)
    while time.monotonic() - begun < 5 and lease.holder(path) is not None:
        time.sleep(0.02)
    assert lease.acquire(path) is not None


def test_a_lease_of_long_ago_is_broken_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    path.write_text(ELSEWHERE)
    old = time.time() - lease.FAR - 5
    os.utime(path, (old, old))
    assert lease.acquire(path) is not None


def test_who_has_watched_a_dead_lease_clears_it_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "STALE", 0.1)
    path = tmp_path / "lease"
    path.write_text(ELSEWHERE)
    lease.clear(path)
    assert path.exists()
    time.sleep(0.15)
    lease.clear(path)
    assert not path.exists()


def test_an_unreadable_lease_counts_as_held_until_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    path.write_text("")
    assert lease.acquire(path) is None
    os.utime(path, (1, 1))
    assert lease.acquire(path) is not None


def test_a_lost_lease_is_not_given_back_for_its_new_holder(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    first = lease.acquire(path)
    assert first is not None
    os.utime(path, (1, 1))
    second = lease.acquire(path)
    assert second is not None
    first.release()
    assert lease.holder(path) is not None
    second.release()
    assert not path.exists()


def test_of_many_that_break_a_stale_lease_one_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    for _ in range(20):
        path.write_text(json.dumps({"pid": 1, "host": "elsewhere", "token": "old"}))
        os.utime(path, (1, 1))
        taken: list[lease.Lease] = []
        barrier = threading.Barrier(4)

        def take(barrier: threading.Barrier = barrier, taken: list[lease.Lease] = taken) -> None:
            barrier.wait()
            if (found := lease.acquire(path)) is not None:
                taken.append(found)

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 1
        taken[0].release()
        assert [name.name for name in tmp_path.iterdir()] == []
