"""Whether a model has collapsed: it says the same of everything.

In: gold rows and predictions of one score. Out: yes or no. A score alone does not tell: where one label is frequent, a
collapsed model lies at the floor like one that has learned a little. Types without labels or answers (retrieval,
mining, ranking) can not collapse in this sense.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from xstilts.catalogue.task import TaskType

FEWEST = 20  # predictions, below which sameness tells nothing

# Columns of a prediction and of the gold rows that are compared.
_SAID: Mapping[TaskType, tuple[str, str]] = {
    TaskType.CLASSIFICATION: ("prediction", "label"),
    TaskType.MULTIPLE_CHOICE: ("prediction", "label"),
    TaskType.TOKEN_CLASSIFICATION: ("tags", "tags"),
    TaskType.SPAN_EXTRACTION: ("text", "answer_texts"),
}


def collapsed(kind: str, gold: pa.Table, predicted: pa.Table) -> bool:
    """Whether at least ``FEWEST`` predictions are all the same while the gold rows differ."""
    names = _SAID.get(TaskType(kind))
    if names is None:
        return False
    said, right = (_values(table[name]) for table, name in zip((predicted, gold), names, strict=True))
    return len(said) >= FEWEST and len(set(said)) == 1 and len(set(right)) > 1


def _values(column: pa.ChunkedArray) -> list[object]:
    """One value a row; of tags, one a word; of several right answers, all as one."""
    whole = column.combine_chunks()
    if pa.types.is_list(whole.type) and pa.types.is_integer(whole.type.value_type):
        whole = whole.flatten()
    values: list[object] = whole.to_pylist()
    return [repr(value) if isinstance(value, (dict, list)) else value for value in values]
