"""What of a cluster is used: the tables of a small file, ``cluster.toml``, checked.

In: the file. Out: ``Cluster``. A study says what is done, this file where; none of it is part of a job's key.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xstilts.catalogue.errors import Problem
from xstilts.study.mistakes import mistakes_of

Some = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OnRay(_Table):
    """``[ray]``: where the cluster is (none: one of this machine, for this run), and what every process gets."""

    address: str | None = None
    cpus: Some = 1
    gpus: Annotated[float, Field(ge=0)] = 0


class OnSlurm(_Table):
    """``[slurm]``: what ``sbatch`` is asked for. ``lines`` stand in the batch script before the jobs: further
    ``#SBATCH`` options, ``module load``."""

    partition: str | None = None
    account: str | None = None
    time: str | None = None
    qos: str | None = None
    cpus: Some = 1
    gpus: Annotated[int, Field(ge=0)] = 0
    lines: tuple[str, ...] = ()


class Cluster(_Table):
    """The whole file."""

    ray: OnRay = OnRay()
    slurm: OnSlurm = OnSlurm()


def read_cluster(path: Path | None) -> Cluster:
    """The file at ``path``; without one, what every table says by itself. Raises ``Problem`` with every mistake."""
    if path is None:
        return Cluster()
    try:
        return Cluster.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"--cluster '{path}' can not be read: {getattr(error, 'strerror', None) or error}") from None
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"--cluster '{path}' is no TOML: {error}") from None
    except ValidationError as error:
        raise Problem(*mistakes_of(error, Cluster, str(path))) from None
