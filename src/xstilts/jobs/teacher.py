"""What a teacher says of the candidates of a ranking: distillation (Reimers and Gurevych 2020).

In: a ranking's rows and a teacher. Out: an ``Encoded`` of queries whose target is the teacher's vector of the
candidate. The candidates are queries of themselves too, so that the teacher's own language is learned with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.data.sample import Pool, subset
from xstilts.data.vocabulary import Vocabulary
from xstilts.evaluate.neighbours import unit
from xstilts.evaluate.retrieve import sentence_vectors
from xstilts.jobs.sources import AllSources
from xstilts.model.network import Network
from xstilts.study import job

Array = np.ndarray[Any, np.dtype[Any]]


def taught(
    share: job.Share, source: AllSources, vocabulary: Vocabulary, settings: job.Settings, teacher: Network
) -> tuple[Encoded, Pool]:
    """The queries of a share with the teacher's vectors, and its pool: a part a language, the candidates' own last."""
    queries: list[str] = []
    candidates: list[str] = []
    parts: list[int] = []
    for rows in share.data:
        table = source.read(rows)
        queries += table.column("query").to_pylist()
        candidates += table.column("candidate").to_pylist()
        parts.append(len(queries))
    kept = np.arange(len(queries))
    if share.examples is not None and share.examples < len(queries):
        kept = subset(None, len(queries), share.examples, share.subset_seed, share.task)
    edges = np.searchsorted(kept, parts)
    chosen = [candidates[row] for row in kept]
    own = list(dict.fromkeys(chosen))
    number = {text: row for row, text in enumerate(own)}
    lengths = Lengths(settings.max_length, settings.stride)
    texts = [*(queries[row] for row in kept), *own]
    encoded = _singles(texts, vocabulary, lengths)
    singles = _singles(own, teacher.vocabulary, lengths)
    columns = {
        "vector": np.array([number[text] for text in [*chosen, *own]], dtype=np.int64),
        "vectors": unit(sentence_vectors(teacher, singles, None, settings.precision)),
    }
    rows_of = [np.arange(low, high) for low, high in zip([0, *edges[:-1]], edges, strict=True) if high > low]
    pool = Pool(share.task, (*rows_of, len(kept) + np.arange(len(own))), settings.alpha, share.weight)
    return Encoded(encoded.ids, encoded.segments, encoded.starts, encoded.example, columns), pool


def _singles(texts: Sequence[str], vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    table = pa.table({"text": pa.array(texts, pa.string()), "text_b": pa.nulls(len(texts), pa.string())})
    found = encode(table, TaskType.MLM, vocabulary, lengths)
    return Encoded(found.ids, found.segments, found.starts, found.example)
