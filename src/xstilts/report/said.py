"""Predictions as a table for people: the rows as they were, what the model says, how sure it is.

In: the user's table, predictions, their confidence. Out: an Arrow table, and its bytes as CSV, JSONL or Parquet.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from xstilts.analysis.calibration.confidence import Confidence
from xstilts.analysis.calibration.rescale import probabilities as shares_of
from xstilts.analysis.calibration.table import matrix
from xstilts.catalogue.task import TaskType


def said(
    rows: pa.Table, type: TaskType, labels: Sequence[str], predicted: pa.Table, confidence: Confidence, every: bool
) -> pa.Table:
    """``rows`` with the columns ``prediction`` and ``confidence`` (of tags: lists, one a word) and, with ``every``, the
    share of each label. A column that is called so already is kept as ``given NAME``."""
    sure = np.round(confidence.of(type, predicted), 4)
    found: dict[str, pa.Array] = {}
    if type is TaskType.TOKEN_CLASSIFICATION:
        tags = predicted["tags"].to_pylist()
        ends = np.cumsum([0, *(len(row) for row in tags)])
        found["prediction"] = pa.array([[labels[tag] for tag in row] for row in tags], pa.list_(pa.string()))
        found["confidence"] = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(sure))
    elif type is TaskType.SPAN_EXTRACTION:
        found |= {"prediction": predicted["text"].combine_chunks(), "confidence": pa.array(sure)}
    elif type is TaskType.CLASSIFICATION:
        names = [labels[number] for number in predicted["prediction"].to_pylist()]
        found |= {"prediction": pa.array(names, pa.string()), "confidence": pa.array(sure)}
    else:
        found |= {"prediction": predicted["prediction"].combine_chunks(), "confidence": pa.array(sure)}
    if every and type in (TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE) and predicted.num_rows:
        shares = np.round(shares_of(matrix(predicted["logits"]), confidence.temperature), 4)
        names = list(labels) or [str(place) for place in range(shares.shape[1])]
        found |= {f"share of {name}": pa.array(column) for name, column in zip(names, shares.T, strict=True)}
    kept = rows.rename_columns([f"given {name}" if name in found else name for name in rows.column_names])
    for name, column in found.items():
        kept = kept.append_column(name, column)
    return kept


def written(table: pa.Table, form: str) -> bytes:
    """``table`` in a form of ``FORMATS``."""
    return FORMATS[form](table)


def _csv(table: pa.Table) -> bytes:
    """Lists are written with blanks between, as the files that are read have them; other nested values as JSON."""
    for place, column in enumerate(table.schema):
        if pa.types.is_nested(column.type):
            texts = [_flat(value) for value in table.column(place).to_pylist()]
            table = table.set_column(place, column.name, pa.array(texts, pa.string()))
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink)
    return sink.getvalue()


def _flat(value: object) -> str:
    if isinstance(value, list) and not any(isinstance(one, (list, dict)) for one in value):
        return " ".join(str(one) for one in value)
    return json.dumps(value, ensure_ascii=False)


def _jsonl(table: pa.Table) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in table.to_pylist())


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


FORMATS: Mapping[str, Callable[[pa.Table], bytes]] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
