"""Only `make scale` runs what lies here: real Ray clusters of several node processes, a real Slurm of one node.

The toy jobs of ``tests/study`` are what they do; processes of the clusters find them through ``PYTHONPATH``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "study")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and not os.environ.get("XSTILTS_SCALE"):
            item.add_marker(pytest.mark.skip(reason="only `make scale` starts clusters"))
