"""Several ``Encoded`` as one, and labels dealt out at random.

In: what ``encode`` made of each language of a task. Out: one ``Encoded`` for a training to draw from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xstilts.data.encode import Encoded
from xstilts.data.random import stream

Array = np.ndarray[Any, np.dtype[Any]]


def joined_rows(parts: Sequence[Encoded]) -> tuple[Encoded, list[int]]:
    """Several ``Encoded`` one after the other, and the number of each one's first example."""
    if len(parts) == 1:
        return parts[0], [0]
    tokens = np.concatenate([[0], np.cumsum([len(part.ids) for part in parts])])
    firsts = np.concatenate([[0], np.cumsum([part.examples for part in parts])])
    columns: dict[str, Array] = {}
    for name in parts[0].columns:
        pieces = [part.columns[name] for part in parts]
        if name == "word":
            pieces = [piece + shift for piece, shift in zip(pieces, tokens, strict=False)]
        if name == "words":
            shifts = np.concatenate([[0], np.cumsum([piece[-1] for piece in pieces])])
            pieces = [pieces[0][:1], *(piece[1:] + shift for piece, shift in zip(pieces, shifts, strict=False))]
        columns[name] = np.concatenate(pieces)
    starts = [parts[0].starts[:1], *(part.starts[1:] + shift for part, shift in zip(parts, tokens, strict=False))]
    joined = Encoded(
        ids=np.concatenate([part.ids for part in parts]),
        segments=np.concatenate([part.segments for part in parts]),
        starts=np.concatenate(starts),
        example=np.concatenate([part.example + first for part, first in zip(parts, firsts, strict=False)]),
        columns=columns,
    )
    return joined, [int(first) for first in firsts[:-1]]


def shuffled(encoded: Encoded, seed: int, task: str) -> Encoded:
    """The same rows with their labels dealt out at random (the control that takes away what labels say)."""
    draw = stream(seed, "shuffled", task)
    columns = dict(encoded.columns)
    for name in ("label", "tag"):
        if name in columns:
            columns[name] = draw.permutation(columns[name])
    if "choices" in columns:  # where examples differ in their number of choices
        columns["label"] = columns["label"] % columns["choices"]
    if "answer_start" in columns:  # a random span of the window in the place of the answer, as long as the answer was
        low, high = columns["context"], np.diff(encoded.starts) - 1
        length = columns["answer_end"] - columns["answer_start"]
        start = low + np.floor(draw.random(len(low)) * np.maximum(1, high - low - length)).astype(np.int64)
        columns["answer_start"], columns["answer_end"] = start, np.minimum(start + length, high - 1)
    return Encoded(encoded.ids, encoded.segments, encoded.starts, encoded.example, columns)
