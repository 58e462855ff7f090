"""A Ray cluster of several node processes on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from toy_store import surroundings

OBJECTS = 80 * 2**20


@contextmanager
def cluster(nodes: int) -> Iterator[Any]:
    """A head that does no jobs, and node processes with one core each."""
    utilities = pytest.importorskip("ray.cluster_utils")
    os.environ.update(surroundings(RAY_USAGE_STATS_ENABLED="0"))
    found = utilities.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": OBJECTS})
    try:
        for _ in range(nodes):
            node(found)
        yield found
    finally:
        found.shutdown()


def node(found: Any) -> Any:
    return found.add_node(num_cpus=1, object_store_memory=OBJECTS)


def lose(one: Any) -> None:
    """Kill what runs on a node, or on the head."""
    one.kill_all_processes(check_alive=False, allow_graceful=False)
