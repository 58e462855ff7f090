"""Constructed languages: one more source of data, made on the spot from a seed.

In: ``WorldSettings``. Out: ``World``, which counts and reads the rows of the ``world/...`` tasks. It lets every phase
of a study run offline and at once, with gold labels that are exact by construction; its numbers say nothing about
human languages.
"""

from xstilts.world.settings import WorldSettings
from xstilts.world.world import World

__all__ = ["World", "WorldSettings"]
