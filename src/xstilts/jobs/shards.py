"""A training that several processes hold together: who starts them, and what each does.

In: a ``Train`` in the store, and how many processes. Out: its result in the store, as if one process had done it. The
job's own process starts torch's launcher (torchrun), which starts the others on this machine and ends them all when one
fails; it asks them to stop through a file, because a launcher that is ended gives its processes no time to write.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from xstilts.catalogue.errors import Problem, of_the_disk
from xstilts.jobs.progress import reporter
from xstilts.jobs.sources import cache_folder, open_source
from xstilts.jobs.train import run_train
from xstilts.study import job
from xstilts.study.held import Held
from xstilts.study.lease import process_lives
from xstilts.study.store import Store
from xstilts.train.loop import Progress, Stopped
from xstilts.train.together import joined

STOP, REASON = "stop", "reason"
POLL = 0.2
ATTEMPTS = 3  # where processes are ended from outside; each goes on from the last checkpoint


def run_in_shards(key: str, store: Store, held: Held, stop: Callable[[], bool]) -> None:
    """Have the training ``key`` done by ``held.shards`` processes. Raises ``Problem`` and ``Stopped`` as it does."""
    shards = held.shards
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if 0 < gpus < shards:
        raise Problem(f"shards = {shards}: this machine has {gpus} GPUs; lower it, or run on a machine with more")
    folder = store.work(key)
    for name in (STOP, REASON):
        (folder / name).unlink(missing_ok=True)
    threads = max(1, torch.get_num_threads() // shards)
    root = str(store.root.resolve())
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={shards}", "--max-restarts=0"]
    how = "recompute" if held.recompute else "keep"
    own = ["-m", "xstilts.jobs.shards", key, root, how, str(threads), str(os.getpid())]
    code = 1
    for _ in range(ATTEMPTS):
        code = _ran([sys.executable, *launcher, *own], threads, folder, stop)
        if store.stored(key):
            return
        if (folder / REASON).exists():
            raise Problem((folder / REASON).read_text(encoding="utf-8"))
        if stop():
            raise Stopped
    raise Problem(
        f"{shards} processes were ended {ATTEMPTS} times, the last with exit code {code}: see {folder / 'log'}"
    )


def _ran(command: list[str], threads: int, folder: Path, stop: Callable[[], bool]) -> int:
    """The exit code of ``command``, which is asked to stop when this process is."""
    surroundings = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    with subprocess.Popen(command, env=surroundings, stdin=subprocess.DEVNULL) as running:
        while True:
            if stop():
                (folder / STOP).touch()
            try:
                return running.wait(POLL)
            except subprocess.TimeoutExpired:
                continue


def main(arguments: list[str]) -> int:
    """One of the processes: 0 when it is done or was asked to stop, 1 when it failed."""
    key, root, recompute = arguments[:3]
    threads, parent = (int(number) for number in arguments[3:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    store = Store(Path(root))
    folder = store.work(key)
    try:
        with joined() as crew:
            work, places = store.job(key)
            if not isinstance(work, job.Train):
                raise Problem(f"job {key} is no training")

            def stop() -> bool:
                if not process_lives(parent):  # somebody else does this job again, from the last checkpoint
                    os._exit(1)
                return (folder / STOP).exists()

            report = reporter(folder) if crew.first else _nothing
            source = open_source(places)
            run_train(work, key, store, source, places, cache_folder(), report, stop, recompute == "recompute", crew)
    except Stopped:
        return 0
    except Exception as error:  # any of the processes may fail in any way; the first reason is kept
        traceback.print_exc()
        trouble = error if isinstance(error, Problem) else of_the_disk(error)
        _tell(folder, str(trouble or Problem(f"{type(error).__name__}: {error}")))
        return 1
    return 0


def _tell(folder: Path, reason: str) -> None:
    """Why the training failed; another process may have said so first."""
    try:
        with (folder / REASON).open("x", encoding="utf-8") as file:
            file.write(reason)
    except FileExistsError:
        pass


def _nothing(progress: Progress) -> None:
    """Others report."""


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # without waiting for processes that wait for this one
