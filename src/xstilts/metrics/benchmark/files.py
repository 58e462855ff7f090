"""From a file to its items, read as the official evaluator reads it.

In: paths. Out: lines, sentences of tags, labels in JSON lines, JSON values; None where a file cannot be read, with the
reason among the findings. Lines end with LF, CR or CRLF and lose white space at both ends; a blank line is an item too.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from xstilts.metrics.benchmark.findings import Findings, some_of


def text_of(path: Path, found: Findings) -> str | None:
    """The whole text, with LF as the only line end."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found.mistake(path, f"line {line} is not UTF-8 (byte {error.object[error.start]:#04x}): save the file as UTF-8")
    except OSError as error:
        found.mistake(path, f"cannot be read: {error.strerror}")
    return None


def lines_of(path: Path, found: Findings) -> list[str] | None:
    """All lines, stripped."""
    text = text_of(path, found)
    if text is None:
        return None
    if text.startswith("\ufeff"):
        found.note(path, "line 1 begins with a byte-order mark, which stays part of it: save as UTF-8 without it")
    return [line.strip() for line in text.removesuffix("\n").split("\n")] if text else []


def sentences_of(path: Path, found: Findings) -> tuple[list[list[str]], list[int]] | None:
    """Tags of each sentence, and the line on which it begins.

    A blank line closes the sentence before it, even if that is empty; the end of the file closes only one with tags.
    """
    lines = lines_of(path, found)
    if lines is None:
        return None
    sentences: list[list[str]] = []
    starts: list[int] = []
    tags: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line:
            tags.append(line)
            continue
        sentences.append(tags)
        starts.append(number - len(tags))
        tags = []
    if tags:
        sentences.append(tags)
        starts.append(len(lines) + 1 - len(tags))
    return sentences, starts


def choices_of(path: Path, found: Findings) -> list[object] | None:
    """The value ``label`` of each line."""
    text = text_of(path, found)
    if text is None:
        return None
    values: list[object] = []
    odd: list[int] = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else [], start=1):
        try:
            values.append(json.loads(line)["label"])
        except (ValueError, KeyError, TypeError, RecursionError):
            odd.append(number)
    if odd:
        found.mistake(path, f'{some_of(odd, "line")}: no JSON object with a label; write {{"label": 0}}')
        return None
    return values


def json_of(path: Path, found: Findings) -> dict[str, Any] | list[Any] | None:
    """The JSON value of a file: what stands under ``data`` if there is such a key, else the whole object."""
    text = text_of(path, found)
    if text is None:
        return None
    if text.startswith("\ufeff"):
        found.mistake(path, "begins with a byte-order mark: save as UTF-8 without it")
        return None
    twice: dict[str, None] = {}

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        object = dict(pairs)
        if len(object) < len(pairs):
            times = Counter(name for name, _ in pairs)
            twice.update(dict.fromkeys(name for name, count in times.items() if count > 1))
        return object

    try:
        value = json.loads(text, object_pairs_hook=read)
        if "\\ud" in text.lower():  # half of a pair of escapes makes a text that no table can hold
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        found.mistake(path, f"line {error.lineno} is no JSON ({error.msg}): write one JSON object")
        return None
    except UnicodeEncodeError as error:
        odd = ascii(error.object[error.start])
        found.mistake(path, f"holds {odd}, one half of a character: write both halves, or the character itself")
        return None
    except ValueError as error:  # a number of thousands of digits
        found.mistake(path, f"holds a value that can not be read ({error}): write one JSON object")
        return None
    except RecursionError:
        found.mistake(path, "is nested too deeply to be read: write one JSON object")
        return None
    if names := [f"'{name}'" for name in twice]:
        found.fault(path, f"{some_of(names, 'id')} given more than once: give each id once")
    inner: Any = value.get("data", value) if isinstance(value, dict) else value
    if isinstance(inner, dict | list):
        return inner
    found.mistake(path, 'holds no JSON object: write {"id": ...}')
    return None
