"""Sentences that find one another: vectors of one layer, then neighbours or mined pairs.

In: a network, encoded sentences and how to search. Out: vectors; tables of predictions of the types ``retrieval`` and
``mining``. The search itself is in ``neighbours``.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from xstilts.catalogue.protocol import Pooling, Search
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import by_length, cut, gather
from xstilts.data.encode import Encoded
from xstilts.data.rows import SIDES
from xstilts.evaluate.neighbours import mined, nearest
from xstilts.model.encoder import hidden_states
from xstilts.model.heads import mean_pooled
from xstilts.model.network import Network
from xstilts.model.precision import precision_of

Array = np.ndarray[Any, np.dtype[Any]]
TOKEN_BUDGET = 8_192
PAIRS = pa.schema([("source_id", pa.string()), ("target_id", pa.string()), ("score", pa.float32())])


def sentence_vectors(
    network: Network,
    encoded: Encoded,
    layer: int | None,
    precision: str,
    pooling: Pooling = "mean",
    budget: int = TOKEN_BUDGET,
) -> Array:
    """A vector of each sequence, float32 [sequences, width], after block ``layer`` (None: the last): the mean over all
    its tokens, special ones included, or its first token's."""
    order = by_length(encoded, np.arange(len(encoded.starts) - 1))
    vectors: Array | None = None
    with torch.inference_mode():
        for part in cut(gather(encoded, order, TaskType.RETRIEVAL), budget):
            with precision_of(precision, network):
                states = hidden_states(network.encoder, part, layer)
            if pooling == "mean":
                pooled = mean_pooled(states.float(), part).cpu().numpy()
            else:
                pooled = states[torch.from_numpy(part.starts[:-1]).to(states.device)].float().cpu().numpy()
            if vectors is None:
                vectors = np.zeros((len(order), pooled.shape[1]), dtype=np.float32)
            vectors[part.sequences] = pooled
    return vectors if vectors is not None else np.zeros((0, 1), dtype=np.float32)


def predict_neighbours(
    network: Network, encoded: Encoded, layer: int | None, search: Search, precision: str
) -> pa.Table:
    """For every pair of parallel sentences: the row of the source that its target finds, or with ``queries`` =
    ``source`` of the target that its source finds. Columns ``neighbour`` int32, and the score, float32, under the name
    of the margin.
    """
    vectors = sentence_vectors(network, encoded, layer, precision, search.pooling)
    source, target = vectors[0::2], vectors[1::2]
    queries, candidates = (source, target) if search.queries == "source" else (target, source)
    neighbour, score = nearest(queries, candidates, search.margin, search.neighbours)
    return pa.table({"neighbour": pa.array(neighbour, pa.int32()), search.margin: pa.array(score, pa.float32())})


def predict_pairs(
    network: Network, table: pa.Table, encoded: Encoded, layer: int | None, search: Search, precision: str
) -> pa.Table:
    """The pairs that two collections are found to share: ``source_id``, ``target_id``, ``score`` float32, best first.

    Every pair that could be one, whatever its score: a threshold is chosen later. A sentence takes part once, however
    often it stands in its collection.
    """
    vectors = sentence_vectors(network, encoded, layer, precision, search.pooling)
    paired = search.queries == "paired"
    everyone = np.ones(table.num_rows, bool)
    asking = pc.is_valid(table["target_id"]).to_numpy() if paired else everyone
    source, target = _collected(table, encoded, "source", asking), _collected(table, encoded, "target", everyone)
    ours, theirs = (vectors[list(side.values())] for side in (source, target))
    del vectors  # two collections may fill a good part of the memory
    if paired:
        found, score = nearest(ours, theirs, search.margin, search.neighbours)
        pairs = (np.arange(len(found)), found, score)
    else:
        pairs = mined(ours, theirs, search.margin, search.neighbours)
    names = [list(side) for side in (source, target)]
    rows = [
        (left, right, score)
        for one, other, score in zip(*pairs, strict=True)
        for left, right in product(names[0][one], names[1][other])
        if search.repeats == "kept" or len(names[0][one]) == len(names[1][other]) == 1
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(dict(zip(PAIRS.names, columns, strict=True)), schema=PAIRS)


def _collected(table: pa.Table, encoded: Encoded, side: str, wanted: Array) -> dict[tuple[str, ...], int]:
    """The different sentences of one side among the ``wanted`` rows: all names of each, and a sequence that holds it
    (the last one, as in XTREME's protocol 4.8)."""
    held = np.flatnonzero(encoded.columns["side"] == SIDES.index(side))
    texts, ids = (table[name].to_pylist() for name in (side, f"{side}_id"))
    names: dict[str, dict[str, None]] = {}
    place: dict[str, int] = {}
    for sequence, row in zip(held, encoded.example[held], strict=True):
        if wanted[row]:
            text = texts[row].strip()
            names.setdefault(text, {})[ids[row]] = None
            place[text] = int(sequence)
    return {tuple(named): place[text] for text, named in names.items()}
