"""A lease keeps two processes from doing one job, and ends with its holder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

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


def test_a_lease_from_another_machine_lives_while_its_time_moves(tmp_path: Path) -> None:
    path = tmp_path / "lease"
    path.write_text(json.dumps({"pid": 1, "host": "elsewhere", "token": "t"}))
    assert lease.acquire(path) is None
    old = time.time() - lease.STALE - 5
    os.utime(path, (old, old))
    assert lease.acquire(path) is not None


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
