"""Mewsli-X as its publishers' script leaves it, cut by language.

In: a folder with ``candidate_set_entities.jsonl``, ``wikipedia_pairs-train.jsonl``, ``wikinews_mentions-dev.jsonl`` and
``wikinews_mentions-test.jsonl`` (``get-mewsli-x.sh``). Out: ``mewsli-x/CONFIG/SPLIT.parquet`` with the fields that are
read (``data.readings``). A million entities are never in memory together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.data.convert.written import Written, write
from xstilts.data.tables import parsed

_SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32())]))
_ENTITY = {"entity_id": pa.string(), "description": pa.string(), "sentence_spans": _SPANS}
_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("text", pa.string())])
_MENTION = pa.struct([("example_id", pa.string()), ("mention_span", _SPAN), ("entity_id", pa.string())])
_CONTEXT = pa.struct([("text", pa.string()), ("language", pa.string()), ("sentence_spans", _SPANS)])
ENTITIES = pa.schema(list(_ENTITY.items()))
MENTIONS = pa.schema([("context", _CONTEXT), ("mentions", pa.list_(_MENTION))])
PAIRS = pa.schema(
    [
        ("contextual_mention", pa.struct([("context", _CONTEXT), ("mention", _MENTION)])),
        ("entity", pa.struct(list(_ENTITY.items()))),
    ]
)

NEWS = {"validation": "wikinews_mentions-dev.jsonl", "test": "wikinews_mentions-test.jsonl"}
FILES = {
    "wikipedia_pairs/train": "wikipedia_pairs-train.jsonl",
    "candidate_entities/test": "candidate_set_entities.jsonl",
}
SCHEMAS = {"wikipedia_pairs/train": PAIRS, "candidate_entities/test": ENTITIES}

Row = Mapping[str, Any]

_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")  # it becomes the name of a folder


def convert(source: Path, target: Path) -> Iterator[Written]:
    """Every file. Raises ``Problem`` where one is missing or another set's, or where the answers were taken away."""
    if lacking := [name for name in (*NEWS.values(), *FILES.values()) if not (source / name).is_file()]:
        raise Problem(
            f"{source} lacks {', '.join(lacking)}: name the folder that the publishers' get-mewsli-x.sh fills "
            "(mewsli_x/output/dataset); the hub's copy is another form and is not read"
        )
    for split, name in NEWS.items():
        languages = dict.fromkeys(_language(row, source / name, line) for line, row in _rows(source / name, MENTIONS))
        for language in languages:
            kept = (row for line, row in _rows(source / name, MENTIONS) if row["context"]["language"] == language)
            path = target / "mewsli-x" / language / f"{split}.parquet"
            yield Written(path, write(iter(kept), MENTIONS, path), "documents")
    for place, name in FILES.items():
        path = target / "mewsli-x" / f"{place}.parquet"
        rows = write((dict(row) for _, row in _rows(source / name, SCHEMAS[place])), SCHEMAS[place], path)
        yield Written(path, rows, "pairs" if place.endswith("train") else "entities")


def _language(row: Row, path: Path, line: int) -> str:
    try:
        if not all(mention["entity_id"] for mention in row["mentions"]):
            raise Problem(
                f"{path}, line {line}: a mention has no entity, as where XTREME-R's preparation took the answers away: "
                "take the file that get-mewsli-x.sh writes"
            )
        if not _CODE.fullmatch(code := str(row["context"]["language"])):
            raise Problem(f"{path}, line {line}: '{code[:100]}' is no code of a language, such as de")
        return code
    except (KeyError, TypeError) as error:
        raise Problem(f"{path}, line {line}: it is not in the form of Mewsli-X ({error!r})") from error


def _rows(path: Path, schema: pa.Schema) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, one a line, with their numbers; each must have the fields of ``schema``."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            row = parsed(line, f"{path}, line {number}", "each line must be one JSON object")
            lacking = [name for name in schema.names if not isinstance(row, dict) or row.get(name) is None]
            if lacking:
                raise Problem(f"{path}, line {number}: no field '{lacking[0]}', which Mewsli-X has in every row")
            yield number, row
