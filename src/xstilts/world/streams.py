"""Randomness by name.

In: a seed and names. Out: a generator that depends on nothing else, so that a new draw in one place moves none
elsewhere and every process draws the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def stream(seed: int, *names: str) -> np.random.Generator:
    """The generator called ``names`` of the world ``seed``."""
    digest = hashlib.sha256("/".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def pick(items: Sequence[Item], rng: np.random.Generator) -> Item:
    """One of ``items``, each equally likely."""
    return items[int(rng.random() * len(items))]
