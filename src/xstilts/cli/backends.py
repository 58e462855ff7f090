"""Where the jobs of a study run: worker processes here, a Ray cluster, Slurm.

In: ``--backend`` and what goes with it. Out: a ``Backend``. Ray is loaded only where it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xstilts.catalogue.errors import Problem, nearest

if TYPE_CHECKING:
    from xstilts.study.backends.cluster import Cluster
    from xstilts.study.protocols import Backend
    from xstilts.study.store import Store

NAMES = ("local", "ray", "slurm")

BackendOption = Annotated[str, typer.Option("--backend", help="Where jobs run: local, ray or slurm (docs/scale.md).")]
AddressOption = Annotated[
    str | None, typer.Option(help="A Ray cluster: auto on a machine of it, or HOST:6379. Default: one of its own.")
]
ClusterOption = Annotated[
    Path | None,
    typer.Option("--cluster", envvar="XSTILTS_CLUSTER", help="A file that says what of a cluster is used (TOML)."),
]


@dataclass(frozen=True)
class Where:
    """What was asked for, checked. ``cluster``: what of one is used; None: nothing was said."""

    backend: str = "local"
    cluster: Cluster | None = None


HERE = Where()


def where_of(backend: str, address: str | None, cluster: Path | None) -> Where:
    """What the options mean. Raises ``Problem`` for what can not be meant, and for mistakes in the cluster's file."""
    if backend not in NAMES:
        hint = nearest(backend, NAMES) or "."
        raise Problem(f"--backend '{backend}' is unknown{hint} there are {', '.join(NAMES)}")
    if address is not None and backend != "ray":
        raise Problem(f"--address is that of a Ray cluster: --backend ray, not {backend}")
    if cluster is None and address is None:
        return Where(backend)
    from xstilts.study.backends.cluster import read_cluster

    found = read_cluster(cluster)
    if address is not None:
        found = found.model_copy(update={"ray": found.ray.model_copy(update={"address": address})})
    return Where(backend, found)


def backend_of(where: Where, store: Store, workers: int | None) -> Backend:
    """The backend; ``workers``: processes at once, None: as many as there is room for."""
    if where.backend == "local":
        from xstilts.cli.machine import memory
        from xstilts.cli.opened import gpus, workers_of
        from xstilts.study.backends.local import LocalBackend

        devices = gpus()
        # The estimate is of what a job's device holds; on a GPU of its own it has it, and who says a number means it.
        counted = None if workers or devices else (memory() or 0.0) * 2**30 or None
        return LocalBackend(store, workers_of(workers), memory=counted, gpus=devices)
    from xstilts.study.backends.cluster import Cluster

    cluster = where.cluster or Cluster()
    if where.backend == "ray":
        from xstilts.study.backends.ray import RayBackend

        return RayBackend(store, cluster.ray, workers)
    from xstilts.study.backends.slurm import SlurmBackend

    return SlurmBackend(store, cluster.slurm, workers)
