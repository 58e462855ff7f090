"""CCGbank's own files as rows of words and categories.

In: a folder that holds either the derivations as the Linguistic Data Consortium hands them out (``wsj_SSNN.auto``,
section SS, at any depth) or one sentence a line in ``word|POS|category`` (``.stagged``, ``.pipe``, ``.txt``; the name
says the part: ``02-21`` or ``train``, ``00`` or ``dev``, ``23`` or ``test``). Out: ``ccgbank/default/SPLIT.parquet``.
Words stay as the files have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from xstilts.catalogue.errors import Problem
from xstilts.data.convert.written import Written, write

SCHEMA = pa.schema([("tokens", pa.list_(pa.string())), ("tags", pa.list_(pa.string()))])
SECTIONS = {"train": range(2, 22), "validation": range(1), "test": range(23, 24)}
NEEDED = ("train", "validation")

_AUTO = re.compile(r"wsj_(\d\d)\d\d\.auto")
# A leaf of a derivation: category, two parts of speech, the word, the category with its dependencies.
_LEAF = re.compile(r"<L (\S+) \S+ \S+ (\S+) \S+>")
_PARTS = {
    "train": re.compile(r"02-21|train"),
    "validation": re.compile(r"(?<!\d)00(?!\d)|dev|valid"),
    "test": re.compile(r"(?<!\d)23(?!\d)|test"),
}

Sentence = dict[str, Any]


def convert(source: Path, target: Path) -> Iterator[Written]:
    """Every part that ``source`` holds. Raises ``Problem`` where a part that is needed is missing, or a line is not in
    the form."""
    parts = _derivations(source) or _lines(source)
    if lacking := [split for split in NEEDED if not parts.get(split)]:
        raise Problem(
            f"{source} holds no CCGbank ({', '.join(lacking)} is missing): expected wsj_SSNN.auto of sections 02 to 21 "
            "and 00 at any depth, or files as wsj02-21.stagged and wsj00.stagged with lines of word|POS|category"
        )
    for split, files in parts.items():
        if files:
            path = target / "ccgbank" / "default" / f"{split}.parquet"
            read = _auto if files[0].suffix == ".auto" else _piped
            rows = write((row for file in files for row in read(file)), SCHEMA, path)
            yield Written(path, rows, f"from {len(files)} file{'s' if len(files) > 1 else ''}")


def _derivations(source: Path) -> dict[str, list[Path]]:
    found = {path: int(name[1]) for path in sorted(source.rglob("*.auto")) if (name := _AUTO.fullmatch(path.name))}
    return {
        split: [path for path, section in found.items() if section in sections]
        for split, sections in SECTIONS.items()
        if found
    }


def _lines(source: Path) -> dict[str, list[Path]]:
    paths = [path for path in sorted(source.iterdir()) if path.suffix in (".stagged", ".pipe", ".txt")]
    found = {split: [path for path in paths if name.search(path.stem)] for split, name in _PARTS.items()}
    for split, files in found.items():
        if len(files) > 1:
            names = ", ".join(path.name for path in files)
            raise Problem(f"{source}: several files look like {split} ({names}): leave one of them there")
    return found


def _auto(path: Path) -> Iterator[Sentence]:
    for number, line in _text(path):
        if line.startswith("ID="):
            continue
        leaves = _LEAF.findall(line)
        if not leaves or line.count("<L ") != len(leaves):
            raise Problem(
                f"{path}, line {number}: no derivation with leaves such as <L N/N NN NN word N_1/N_2>: take the files "
                "of the folder AUTO as they are"
            )
        yield _sentence([(word, category) for category, word in leaves])


def _piped(path: Path) -> Iterator[Sentence]:
    for number, line in _text(path):
        parts = [token.rsplit("|", 2) for token in line.split()]
        if line.startswith("#") and len(parts[0]) < 3:
            continue  # how the file was made
        if wrong := next((part for part in parts if len(part) < 3 or not all(part)), None):
            raise Problem(f"{path}, line {number}: '{'|'.join(wrong)}' is no word|POS|category")
        yield _sentence([(word, category) for word, _, category in parts])


def _sentence(pairs: Sequence[tuple[str, str]]) -> Sentence:
    return {"tokens": [word for word, _ in pairs], "tags": [category for _, category in pairs]}


def _text(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line.strip()
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: it is not UTF-8 ({error.reason}): save it in UTF-8") from error
