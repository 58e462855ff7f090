"""The toy modules beside the tests can be imported, by worker processes too; their plan."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xstilts.study.manifest import Plan

sys.path.insert(0, str(Path(__file__).parent))
from toy_world import toy_plan_of


@pytest.fixture(scope="session")
def toy_plan() -> Plan:
    return toy_plan_of(64)
