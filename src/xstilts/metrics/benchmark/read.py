"""From the two files of one language to what a metric takes: gold rows, predictions, labels.

In: paths, the task, the findings. Out: ``Rows``, or None where there is nothing that could be scored. One reader a
``Form``; every mistake of a file is found at once and names file, row and remedy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from xstilts.catalogue.benchmark import Form, Scored
from xstilts.catalogue.placeholder import withheld
from xstilts.metrics.benchmark.answers import read_answers, read_rankings
from xstilts.metrics.benchmark.files import choices_of, lines_of, sentences_of
from xstilts.metrics.benchmark.findings import Findings, some_of
from xstilts.metrics.benchmark.rows import Rows

Item = TypeVar("Item")
Reader = Callable[[Scored, Path, Path, Findings], Rows | None]


def read_rows(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    """What ``task``'s metric takes, of one language."""
    return _READERS[task.form](task, gold, said, found)


def _labels(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    if (both := _both(lines_of, gold, said, found)) is None:
        return None
    right, mine = both
    _unknown(task, gold, right, range(1, len(right) + 1), found.fault, "; correct the references")
    _unknown(task, said, mine, range(1, len(mine) + 1), found.note, " and counts as wrong")
    _same(gold, right, found)
    return _as_labels(task.labels, right, mine)


def _positions(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    if (both := _both(lines_of, gold, said, found)) is None:
        return None
    right, mine = both
    if odd := [row for row, text in enumerate(right, 1) if not _is_position(text)]:
        found.fault(gold, f"{some_of(odd, 'line')}: no row number; write bare whole numbers, the first row is 0")
    times = Counter(right)
    if twice := [row for row, text in enumerate(right, 1) if times[text] > 1]:
        found.fault(gold, f"{some_of(twice, 'line')}: the same row number again; each row is right once")
    if odd := [row for row, text in enumerate(mine, 1) if not _is_position(text)]:
        found.note(
            said,
            f"{some_of(odd, 'line')}: '{mine[odd[0] - 1]}' is no bare row number and counts as wrong; write 3, "
            "not [3] or 03",
        )
    return _as_labels(tuple(times), right, mine)


def _choices(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    if (both := _both(choices_of, gold, said, found)) is None:
        return None
    right, mine = both
    # By value, as the evaluator compares: 1.0 and true are 1, "1" is not.
    index: dict[object, int] = {number: number for number in range(len(task.labels))}
    known = ", ".join(map(str, index.values()))
    gold_index, said_index = (
        [index.get(label, -1) if isinstance(label, int | float) else -1 for label in side] for side in (right, mine)
    )
    if odd := [row for row, number in enumerate(gold_index, 1) if number < 0]:
        found.mistake(gold, f"{some_of(odd, 'line')}: the label is no number of a choice ({known}); take the gold file")
        return None
    if odd := [row for row, number in enumerate(said_index, 1) if number < 0]:
        found.note(said, f"{some_of(odd, 'line')}: the label is no number of a choice ({known}) and counts as wrong")
    _same(gold, [str(number) for number in gold_index], found)
    return _table_of(gold_index, said_index, task.labels)


def _tags(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    right, mine = sentences_of(gold, found), sentences_of(said, found)
    if right is None or mine is None or not _one_each(gold, said, len(right[0]), len(mine[0]), "sentence", found):
        return None
    sizes = zip(*(map(len, side[0]) for side in (right, mine)), strict=True)
    if odd := [row for row, (tokens, tags) in enumerate(sizes) if tokens != tags]:
        row = odd[0]
        found.fault(
            said,
            f"{some_of([number + 1 for number in odd], 'sentence')}: not one tag a token; sentence {row + 1} (line "
            f"{mine[1][row]}) has {len(mine[0][row])} tags for {len(right[0][row])} tokens. Give each token a tag",
        )
        if found.rules != "official":
            return None
    flat, flat_said = ([tag for sentence in side[0] for tag in sentence] for side in (right, mine))
    if not flat:
        found.mistake(gold, "holds no tag: there is nothing to score against")
        return None
    _unknown(task, gold, flat, _rows_of(*right), found.fault, "; correct the references")
    _unknown(task, said, flat_said, _rows_of(*mine), found.note, " and counts as a tag of its own")
    _same(gold, flat, found)
    labels = tuple(dict.fromkeys([*task.labels, *flat, *flat_said]))
    place = {label: number for number, label in enumerate(labels)}
    gold_tags, said_tags = (
        pa.table({"tags": pa.array([[place[tag] for tag in tags] for tags in side[0]], pa.list_(pa.int32()))})
        for side in (right, mine)
    )
    return Rows(gold_tags, said_tags, labels)


def _pairs(task: Scored, gold: Path, said: Path, found: Findings) -> Rows | None:
    right, mine = lines_of(gold, found), lines_of(said, found)
    if right is None or mine is None:
        return None
    if not right:
        found.mistake(gold, "is empty: there is nothing to score against")
        return None
    for path, lines, tell in ((gold, right, found.fault), (said, mine, found.note)):
        if odd := [row for row, line in enumerate(lines, 1) if line.count("\t") != 1]:
            tell(path, f"{some_of(odd, 'line')}: not two names with a tab between them; it counts as a pair of its own")
        first = {line: row for row, line in reversed(list(enumerate(lines, 1)))}
        if again := [row for row, line in enumerate(lines, 1) if first[line] != row]:
            found.note(path, f"{some_of(again, 'line')}: the same pair again; it counts once")
    pairs = ([tuple(line.partition("\t")[::2]) for line in lines] for lines in (right, mine))
    gold_pairs, said_pairs = (
        pa.table({name: pa.array([pair[at] for pair in side], pa.string()) for at, name in enumerate(_PAIR)})
        for side in pairs
    )
    return Rows(gold_pairs, said_pairs, ())


_PAIR = ("source_id", "target_id")


def _both(
    read: Callable[[Path, Findings], list[Item] | None], gold: Path, said: Path, found: Findings
) -> tuple[list[Item], list[Item]] | None:
    """The lines of both files; None if one cannot be read or they are not as many."""
    right, mine = read(gold, found), read(said, found)
    if right is None or mine is None or not _one_each(gold, said, len(right), len(mine), "line", found):
        return None
    return right, mine


def _one_each(gold: Path, said: Path, right: int, mine: int, what: str, found: Findings) -> bool:
    """Whether both sides have the same number of items, and any."""
    if not right:
        found.mistake(gold, "is empty: there is nothing to score against")
    elif right != mine:
        found.mistake(
            said, f"{mine} {what}s for {right} in {gold}: give one prediction for each, blank ones too, in that order"
        )
    return 0 < right == mine


def _unknown(
    task: Scored,
    path: Path,
    labels: Sequence[str],
    rows: Sequence[int],
    tell: Callable[[Path, str], None],
    then: str,
) -> None:
    """Tell of labels that are none of the task's; ``rows`` are the lines on which they stand."""
    known = set(task.labels)
    if known and (odd := [(row, label) for row, label in zip(rows, labels, strict=True) if label not in known]):
        shown = f"'{odd[0][1]}'" if odd[0][1] else "a blank line"
        where = some_of([row for row, _ in odd], "line")
        if len(odd[0][1].split()) > 1:
            then += "; each line holds a label alone, without its text"
        tell(path, f"{where}: {shown} is no label of {task.name} ({' '.join(task.labels)}){then}")


def _rows_of(sentences: Sequence[Sequence[str]], starts: Sequence[int]) -> list[int]:
    """The line of every tag."""
    return [start + at for tags, start in zip(sentences, starts, strict=True) for at in range(len(tags))]


def _same(path: Path, labels: Sequence[str], found: Findings) -> None:
    """Tell of references that all say the same, as in files whose labels were taken away."""
    if withheld(len(labels), len(set(labels))):
        found.fault(
            path,
            f"all {len(labels)} labels are '{labels[0]}': these look like placeholders of a test set without labels; "
            "take the file with gold labels",
        )


def _as_labels(labels: tuple[str, ...], right: Sequence[str], mine: Sequence[str]) -> Rows:
    """References and predictions as numbers; a prediction that is no label is -1, which is never right."""
    known = tuple(dict.fromkeys([*labels, *right]))
    place = {label: number for number, label in enumerate(known)}
    return _table_of([place[label] for label in right], [place.get(label, -1) for label in mine], known)


def _table_of(right: Sequence[int], mine: Sequence[int], labels: tuple[str, ...]) -> Rows:
    return Rows(
        pa.table({"label": pa.array(right, pa.int32())}), pa.table({"prediction": pa.array(mine, pa.int32())}), labels
    )


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")


_READERS: Mapping[Form, Reader] = {
    Form.LABELS: _labels,
    Form.POSITIONS: _positions,
    Form.CHOICES: _choices,
    Form.TAGS: _tags,
    Form.PAIRS: _pairs,
    Form.ANSWERS: read_answers,
    Form.RANKINGS: read_rankings,
    Form.ENTITIES: read_rankings,
}
