"""Tasks of a Ray cluster, of other machines or of this one alone.

In: keys of submitted jobs, what every process gets. Out: one Ray task a group, which is the local backend of one
process on some node. Ray finds a node with the cores, GPUs and memory that the task asks for, and starts it again
elsewhere when its worker or node is lost; what it did stays in the store, which all nodes share.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.study import turn
from xstilts.study.backends.cluster import OnRay
from xstilts.study.backends.local import TARGET, LocalBackend
from xstilts.study.job import Key
from xstilts.study.protocols import Outcome
from xstilts.study.store import Store

RETRIES = 3  # by Ray, where a worker or a node is lost; the runner tries again, too
LOOK = 2.0  # seconds after which nodes are counted again
PAUSE = 0.2
REACH = 10.0
HEAD = 30.0  # seconds without the head after which the run ends; Ray itself would end this process after a minute
OBJECTS = 100 * 2**20  # bytes that an own cluster keeps for values between tasks; ours are exit codes


class RayBackend:
    """Runs groups as tasks of a cluster, as many as it has room for, or ``slots``.

    Raises ``Problem`` where Ray is missing, the cluster does not answer, or no node has what one process asks for.
    """

    memory: float | None = None

    def __init__(self, store: Store, asked: OnRay, slots: int | None = None, target: str = TARGET) -> None:
        self._ray = _ray()
        self._store, self._asked, self._slots, self._target = store, asked, slots, target
        self._root = str(store.root.resolve())
        self._running: dict[Any, tuple[Key, ...]] = {}
        self._nodes: list[dict[str, Any]] = []  # those that were alive when they were last counted
        self.threads: int | None = asked.cpus
        self._connect()
        self._head = self._ray.get_runtime_context().gcs_address
        self._seen = time.monotonic()  # when the head was last reached, and when it was last asked for
        self._looked = -LOOK
        self._look()
        self._task = self._ray.remote(_task)
        if slots is None and not self._room():
            nodes = "; ".join(_said(node) for node in self._nodes) or "none is alive"
            raise Problem(
                f"no node of the Ray cluster has the {asked.cpus} CPUs and {asked.gpus:g} GPUs that one process asks "
                f"for ({nodes}): ask for less in --cluster, or say --workers N where nodes are still to come"
            )

    @property
    def slots(self) -> int:
        """Processes that the nodes which are alive have room for; at least one, for nodes may come back. While the head
        is lost, no more than there are. Raises ``Problem`` when that has lasted for ``HEAD`` seconds."""
        if time.monotonic() - self._looked > LOOK:
            self._look()
        if self._seen < self._looked:
            return max(1, len(self._running))
        return self._slots or max(1, self._room())

    def start(self, keys: Sequence[Key], threads: int, memory: float) -> None:
        """Hand a task to Ray; it starts when a node has room. What is larger than any node gets the largest alone."""
        most = max((node["Resources"].get("memory", 0.0) for node in self._nodes), default=0.0)
        asked = {"num_cpus": threads, "num_gpus": self._asked.gpus, "memory": int(min(memory, most))}
        task = self._task.options(**asked, max_retries=RETRIES, name=f"xstilts {keys[0]}")
        self._running[task.remote(list(keys), self._root, threads, self._target)] = tuple(keys)

    def finished(self, timeout: float) -> list[Outcome]:
        """Groups that ended since the last call, waiting at most ``timeout`` seconds for one."""
        if not self._running:
            return []
        waiting = list(self._running)
        if not self._ray.wait(waiting, num_returns=1, timeout=timeout)[0]:
            return []
        ended, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [self._outcome(task, self._running.pop(task)) for task in ended]

    def end(self, keys: Sequence[Key]) -> None:
        """Ask the process of the group ``keys`` to end; it is killed if it does not listen."""
        for task, group in self._running.items():
            if group == tuple(keys):
                self._ray.cancel(task)

    def stop(self) -> None:
        """Ask every running group to save its checkpoint and end; returns when all have."""
        for task in self._running:
            self._ray.cancel(task)
        if self._running:
            self._ray.wait(list(self._running), num_returns=len(self._running), timeout=turn.GRACE + 10.0)

    def _connect(self) -> None:
        """Join the cluster at the address, or make one of this machine that ends with this process."""
        if self._ray.is_initialized():
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        quiet = {"log_to_driver": False, "logging_level": "error"}
        if self._asked.address is None:
            cores = max(os.cpu_count() or 1, self._asked.cpus * (self._slots or 1))
            own = {"num_cpus": cores, "object_store_memory": OBJECTS, "include_dashboard": False}
            self._ray.init(address="local", **own, **quiet)  # or it would join whatever runs here
            return
        try:
            _reach(self._asked.address, REACH)
            self._ray.init(address=self._asked.address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            raise Problem(
                f"no Ray cluster answers at '{self._asked.address}' ({str(error).splitlines()[0]}): start one with "
                "'ray start --head', and this command on a machine of it; where the cluster asks for a token, with "
                "RAY_AUTH_MODE=token"
            ) from None

    def _look(self) -> None:
        """Ask for the head, then count the nodes, which would wait for it."""
        self._looked = time.monotonic()
        try:
            _reach(self._head, LOOK)
        except OSError:
            if self._looked - self._seen > HEAD:
                self._running = {}  # nobody can be asked to stop; the tasks end with this process, and save
                raise Problem(
                    f"the head of the Ray cluster ({self._head}) has not answered for {HEAD:.0f} s: start it again, "
                    "then this command; what is finished is kept"
                ) from None
            return
        self._seen = self._looked
        self._nodes = [node for node in self._ray.nodes() if node["Alive"]]

    def _room(self) -> int:
        asked = {"CPU": self._asked.cpus, "GPU": self._asked.gpus}
        return sum(
            min(int(node["Resources"].get(name, 0) / wanted) for name, wanted in asked.items() if wanted)
            for node in self._nodes
        )

    def _outcome(self, task: Any, keys: tuple[Key, ...]) -> Outcome:
        errors = self._ray.exceptions
        try:
            found: Outcome = self._ray.get(task)
        except errors.TaskCancelledError:
            return Outcome(keys, None)
        except errors.RayTaskError as error:
            return Outcome(keys, str(error.cause or error).splitlines()[0])
        except errors.RayError as error:
            return Outcome(keys, f"lost with its worker or node ({type(error).__name__})", killed=True)
        return found


def _ray() -> Any:
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")  # what is no head is told in a minute, not in ten
    try:
        import ray
    except ImportError:
        raise Problem("--backend ray needs Ray: pip install 'xstilts[ray]'") from None
    return ray


def _reach(address: str, seconds: float) -> None:
    """Raises ``OSError`` where nothing listens at ``HOST:PORT``; Ray itself would try for minutes."""
    if "://" in address:
        raise ValueError("what begins with ray:// is for Ray's own client: say HOST:6379, or auto")
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()


def _said(node: dict[str, Any]) -> str:
    has = node["Resources"]
    return f"{node['NodeManagerHostname']}: {has.get('CPU', 0):g} CPUs, {has.get('GPU', 0):g} GPUs"


def _task(keys: list[Key], root: str, threads: int, target: str) -> Outcome:
    """What a Ray worker does: the local backend with one process. A cancelled task asks it to save and end."""
    store = Store(root)
    if not (store.root / "jobs").is_dir():
        raise FileNotFoundError(
            f"{socket.gethostname()} does not see the store '{root}': put it in a folder that all nodes share"
        )
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES")
    local = LocalBackend(store, 1, target, gpus=() if gpu is None else (gpu,))
    try:
        local.start(keys, threads)
        while not (ended := local.finished(PAUSE)):
            pass
    except KeyboardInterrupt:
        local.stop()
        ended = local.finished(0.0)
    return ended[0] if ended else Outcome(tuple(keys), None)
