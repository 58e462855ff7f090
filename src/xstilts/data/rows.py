"""The one form in which examples travel between rooms: an Arrow table whose columns follow from the task type.

In: tables as files, the hub or ``world`` hold them. Out: tables with exactly these columns, checked.
"""

from __future__ import annotations

import pyarrow as pa

from xstilts.catalogue.task import TaskType

_strings = pa.list_(pa.string())
SIDES = ("source", "target")  # the two collections of a mining

SCHEMAS: dict[TaskType, pa.Schema] = {
    # one or two texts and the index of the right label; text_b is null where there is one text
    TaskType.CLASSIFICATION: pa.schema([("text_a", pa.string()), ("text_b", pa.string()), ("label", pa.int16())]),
    # label is the number of the right choice; examples of one task may differ in their choices
    TaskType.MULTIPLE_CHOICE: pa.schema([("text_a", pa.string()), ("choices", _strings), ("label", pa.int16())]),
    # answer_starts are character offsets into context: context[start : start + len(text)] == text
    TaskType.SPAN_EXTRACTION: pa.schema(
        [
            ("id", pa.string()),
            ("question", pa.string()),
            ("context", pa.string()),
            ("answer_texts", _strings),
            ("answer_starts", pa.list_(pa.int32())),
        ]
    ),
    # one tag (index into Task.labels) a word
    TaskType.TOKEN_CLASSIFICATION: pa.schema([("tokens", _strings), ("tags", pa.list_(pa.int16()))]),
    # row i of source translates row i of target; target is the pivot language (English, or the labelled one)
    TaskType.RETRIEVAL: pa.schema([("source", pa.string()), ("target", pa.string())]),
    # a sentence of either collection, or one of each that translate one another; what is not there is null. A sentence
    # with several translations stands in several rows, under one name
    TaskType.MINING: pa.schema(
        [("source_id", pa.string()), ("source", pa.string()), ("target_id", pa.string()), ("target", pa.string())]
    ),
    # train: row i of query belongs to row i of candidate; every other candidate of the same update is a wrong one.
    # Else one of the two is null; a candidate is right for a query if they have one of their matches in common
    TaskType.RANKING: pa.schema(
        [("query", pa.string()), ("candidate", pa.string()), ("id", pa.string()), ("matches", _strings)]
    ),
    # text_b, where not null, is the translation of text (translation language modelling)
    TaskType.MLM: pa.schema([("text", pa.string()), ("text_b", pa.string())]),
}
