"""Randomness by name: every stream of random numbers has a seed and a name, so a new draw in one place moves none
elsewhere.

In: a seed and names. Out: a generator, or a 63-bit seed for another library's generator; and one item of several.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def seed_of(seed: int, *names: str | int) -> int:
    """A 63-bit number that depends on all of its arguments, the same in every process."""
    text = "\x1f".join(str(name) for name in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of one stream."""
    return np.random.Generator(np.random.PCG64(seed_of(seed, *names)))


def pick(items: Sequence[Item], rng: np.random.Generator) -> Item:
    """One of ``items``, each equally likely."""
    return items[int(rng.random() * len(items))]
