"""From rows to flat arrays of token ids, one function a task type.

In: an Arrow table in its type's schema and a ``Vocabulary``. Out: ``Encoded``: every sequence of the table one after
the other in one row of ids, with the positions that heads and decoders need. Nothing is padded here or later.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xstilts.catalogue.task import TaskType
from xstilts.data.kept import kept
from xstilts.data.rows import SIDES
from xstilts.data.vocabulary import Vocabulary

REVISION = 4
_QUERY_LENGTH = 64
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Encoded:
    """``n`` sequences in one row.

    ``ids`` int32 [tokens], ``segments`` uint8 [tokens], ``starts`` int64 [n + 1], ``example`` int32 [n]: the row of the
    table that a sequence comes from. ``columns`` holds what one task type needs more, by name.
    """

    ids: Array
    segments: Array
    starts: Array
    example: Array
    columns: Mapping[str, Array] = field(default_factory=dict)

    @property
    def lengths(self) -> Array:
        """Tokens of each sequence, int64 [n]."""
        return np.diff(self.starts)

    @property
    def examples(self) -> int:
        """Number of rows of the table."""
        return int(self.example[-1]) + 1 if len(self.example) else 0


@dataclass(frozen=True)
class Lengths:
    """``longest``: tokens a sequence, special tokens included; ``stride``: tokens between two windows of a context."""

    longest: int = 128
    stride: int = 64


def encode(table: pa.Table, type: TaskType, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """Encode ``table`` as its task type says."""
    return _ENCODERS[type](table, vocabulary, lengths)


def encode_cached(
    read: Callable[[], pa.Table], checksum: str, type: TaskType, vocabulary: Vocabulary, lengths: Lengths, cache: Path
) -> Encoded:
    """The same, kept as memory-mapped arrays under ``cache``; ``read`` is called only if they are not there yet."""
    folder = kept(
        _folder(checksum, type, vocabulary, lengths, cache),
        lambda place: _write(encode(read(), type, vocabulary, lengths), place),
    )
    arrays = {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}
    core = {name: arrays.pop(name) for name in ("ids", "segments", "starts", "example")}
    return Encoded(**core, columns=arrays)


def is_encoded(checksum: str, type: TaskType, vocabulary: Vocabulary, lengths: Lengths, cache: Path) -> bool:
    """Whether ``encode_cached`` need not read."""
    return _folder(checksum, type, vocabulary, lengths, cache).exists()


def _folder(checksum: str, type: TaskType, vocabulary: Vocabulary, lengths: Lengths, cache: Path) -> Path:
    name = f"{REVISION}:{checksum}:{type}:{vocabulary.digest}:{lengths.longest}:{lengths.stride}"
    return cache / "encoded" / hashlib.sha256(name.encode()).hexdigest()[:32]


def _write(encoded: Encoded, folder: Path) -> None:
    arrays = {"ids": encoded.ids, "segments": encoded.segments, "starts": encoded.starts, "example": encoded.example}
    for name, array in {**arrays, **encoded.columns}.items():
        np.save(folder / f"{name}.npy", array)


def _assemble(
    first: Sequence[Sequence[int]], second: Sequence[Sequence[int]] | None, vocabulary: Vocabulary
) -> tuple[Array, Array, Array]:
    """Put special tokens around texts: ids, segments, starts."""
    before, between, after = vocabulary.before, vocabulary.between, vocabulary.after
    single = vocabulary.after_single
    runs: list[Sequence[int]] = []
    sizes: list[int] = []  # of each row what belongs to its first text, and what to its second
    for index, a in enumerate(first):
        b = second[index] if second is not None else ()
        if b:
            runs += (before, a, between, b, after)
            sizes += (len(before) + len(a) + len(between), len(b) + len(after))
        else:
            runs += (before, a, single)
            sizes += (len(before) + len(a) + len(single), 0)
    halves = np.array(sizes, dtype=np.int64).reshape(-1, 2)
    starts = np.zeros(len(halves) + 1, dtype=np.int64)
    np.cumsum(halves.sum(axis=1), out=starts[1:])
    marks = np.zeros(halves.shape, dtype=np.uint8)
    marks[:, 1] = vocabulary.segments
    segments = np.repeat(marks.reshape(-1), halves.reshape(-1))
    return np.fromiter(chain.from_iterable(runs), np.int32, int(starts[-1])), segments, starts


def _shortened(a: Sequence[int], b: Sequence[int], budget: int) -> tuple[Sequence[int], Sequence[int]]:
    """Cut the longer text, one token at a time, until both fit; on equal lengths the second gives way."""
    if len(a) + len(b) <= budget:
        return a, b
    half = budget // 2
    if len(b) <= half:
        return a[: budget - len(b)], b
    if len(a) <= budget - half:
        return a, b[: budget - len(a)]
    return a[: budget - half], b[:half]


def _texts(table: pa.Table, first: str, second: str, vocabulary: Vocabulary, lengths: Lengths) -> tuple[Array, ...]:
    """One or two texts a row: ids, segments, starts, and where the second text begins in its sequence."""
    texts = table.column(first).to_pylist()
    others = [text or "" for text in table.column(second).to_pylist()]
    unique = list(dict.fromkeys([*texts, *others]))  # a premise has several hypotheses, a text several choices
    known = dict(zip(unique, vocabulary.ids(unique), strict=True))
    a, b = [known[text] for text in texts], [known[text] for text in others]
    pair = lengths.longest - len(vocabulary.before) - len(vocabulary.between) - len(vocabulary.after)
    single = lengths.longest - len(vocabulary.before) - len(vocabulary.after_single)
    cut = [_shortened(x, y, pair if len(y) else single) for x, y in zip(a, b, strict=True)]
    ids, segments, starts = _assemble([x for x, _ in cut], [y for _, y in cut], vocabulary)
    lead = len(vocabulary.before) + len(vocabulary.between)
    begins = np.array([lead + len(x) if len(y) else -1 for x, y in cut], dtype=np.int64)
    return ids, segments, starts, np.where(begins < 0, np.diff(starts), begins)


def _encode_classification(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """Columns: ``label`` int64 [examples]; ``other`` int64 [n]: where the second text begins in its sequence (its
    length where there is none)."""
    ids, segments, starts, other = _texts(table, "text_a", "text_b", vocabulary, lengths)
    label = table.column("label").to_numpy().astype(np.int64)
    columns = {"label": label, "other": other}
    return Encoded(ids, segments, starts, np.arange(table.num_rows, dtype=np.int32), columns)


def _encode_multiple_choice(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """One sequence a choice, ``text_a`` before it; the longer of the two gives way (XTREME's protocol 4.2).

    Columns, [examples]: ``label`` int64, number of the right choice; ``choices`` int64, how many there are. [n]:
    ``other`` as in a classification.
    """
    counts = np.array([len(row) for row in table.column("choices").to_pylist()], dtype=np.int64)
    pairs = pa.table(
        {
            "text_a": table.column("text_a").take(pa.array(np.repeat(np.arange(table.num_rows), counts))),
            "text_b": pc.list_flatten(table.column("choices")),
        }
    )
    ids, segments, starts, other = _texts(pairs, "text_a", "text_b", vocabulary, lengths)
    label = table.column("label").to_numpy().astype(np.int64)
    example = np.repeat(np.arange(table.num_rows, dtype=np.int32), counts)
    return Encoded(ids, segments, starts, example, {"label": label, "choices": counts, "other": other})


def _encode_mlm(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """Column ``second`` int64 [n]: where a translation begins in its sequence (its length where there is none)."""
    ids, segments, starts, second = _texts(table, "text", "text_b", vocabulary, lengths)
    return Encoded(ids, segments, starts, np.arange(table.num_rows, dtype=np.int32), {"second": second})


def _encode_pairs(first: str, second: str) -> Callable[[pa.Table, Vocabulary, Lengths], Encoded]:
    """Two sequences a row: 2i is the first column of row i, 2i + 1 its second."""

    def encoder(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
        budget = lengths.longest - len(vocabulary.before) - len(vocabulary.after_single)
        texts = [
            text
            for row in zip(table.column(first).to_pylist(), table.column(second).to_pylist(), strict=True)
            for text in row
        ]
        ids, segments, starts = _assemble([found[:budget] for found in vocabulary.ids(texts)], None, vocabulary)
        return Encoded(ids, segments, starts, np.repeat(np.arange(table.num_rows, dtype=np.int32), 2))

    return encoder


def _encode_mining(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """One sequence a sentence: of each row its source, then its target, as far as they are there.

    Column ``side`` uint8 [n]: the number of the sentence's side in ``SIDES``.
    """
    budget = lengths.longest - len(vocabulary.before) - len(vocabulary.after_single)
    sides = zip(*(table.column(name).to_pylist() for name in SIDES), strict=True)
    said = [(row, side, text) for row, texts in enumerate(sides) for side, text in enumerate(texts) if text is not None]
    found = vocabulary.ids([text for _, _, text in said])
    ids, segments, starts = _assemble([tokens[:budget] for tokens in found], None, vocabulary)
    example, side = (np.array([one[at] for one in said], dtype=np.int32) for at in (0, 1))
    return Encoded(ids, segments, starts, example, {"side": side.astype(np.uint8)})


def _encode_ranking(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """Training pairs as two sequences a row; of queries and of candidates alone, the one text that a row has."""
    sides = [name for name in ("query", "candidate") if table.column(name).null_count < table.num_rows]
    if len(sides) == 2:
        return _encode_pairs(*sides)(table, vocabulary, lengths)
    budget = lengths.longest - len(vocabulary.before) - len(vocabulary.after_single)
    texts = table.column(sides[0]).to_pylist() if sides else []
    ids, segments, starts = _assemble([found[:budget] for found in vocabulary.ids(texts)], None, vocabulary)
    return Encoded(ids, segments, starts, np.arange(len(texts), dtype=np.int32))


def _encode_token_classification(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """Each word is tokenised alone; long sentences are cut between words into several sequences.

    Columns: ``word`` int64 [words], position of a word's first piece in ``ids``; ``words`` int64 [n + 1], words of each
    sequence; ``tag`` int64 [words]. Source of the cutting rule: XTREME's preprocessing (protocol 4.3).
    """
    sentences = table.column("tokens").to_pylist()
    known = sorted({word for words in sentences for word in words})
    pieces = dict(zip(known, vocabulary.ids(known), strict=True))
    budget = lengths.longest - len(vocabulary.before) - len(vocabulary.after_single)
    rows: list[list[int]] = []
    example: list[int] = []
    first_pieces: list[list[int]] = []
    for index, words in enumerate(sentences):
        row: list[int] = []
        places: list[int] = []
        for word in words:
            piece = pieces[word]
            if not piece or len(piece) > budget:
                piece = [vocabulary.unknown]
            if len(row) + len(piece) > budget:
                rows.append(row)
                first_pieces.append(places)
                example.append(index)
                row, places = [], []
            places.append(len(row))
            row.extend(piece)
        rows.append(row)
        first_pieces.append(places)
        example.append(index)
    ids, segments, starts = _assemble(rows, None, vocabulary)
    words_start = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(places) for places in first_pieces], out=words_start[1:])
    offset = starts[:-1] + len(vocabulary.before)
    word = np.concatenate(
        [np.array(places, np.int64) + at for places, at in zip(first_pieces, offset, strict=True)]
        or [np.zeros(0, np.int64)]
    )
    tag = np.array([tag for tags in table.column("tags").to_pylist() for tag in tags], dtype=np.int64)
    return Encoded(ids, segments, starts, np.array(example, np.int32), {"word": word, "words": words_start, "tag": tag})


def _encode_span_extraction(table: pa.Table, vocabulary: Vocabulary, lengths: Lengths) -> Encoded:
    """Question and context; a long context becomes several overlapping windows, ``stride`` tokens apart.

    Columns, [n]: ``context`` int64, position of the window's first context token in its sequence; ``window`` int64,
    index of that token in the whole context; ``answer_start``, ``answer_end`` int64, positions in the sequence of the
    first gold answer's first and last token, 0 where the window does not hold it whole. [tokens]: ``from``, ``to``
    int32, character span in the context, -1 outside it; ``best`` bool, whether the window gives this token the most
    context of all windows.
    """
    contexts = table.column("context").to_pylist()
    unique = list(dict.fromkeys(contexts))
    encoded = {
        context: (found, _whole_signs(context, _pairs(offsets)))
        for context, (found, offsets) in zip(unique, vocabulary.ids_and_offsets(unique), strict=True)
    }
    questions = [found[:_QUERY_LENGTH] for found in vocabulary.ids(table.column("question").to_pylist())]
    texts = table.column("answer_texts").to_pylist()
    places = table.column("answer_starts").to_pylist()
    special = len(vocabulary.before) + len(vocabulary.between) + len(vocabulary.after)
    first: list[Sequence[int]] = []
    second: list[Sequence[int]] = []
    numbers: dict[str, list[int]] = {
        name: [] for name in ("example", "context", "window", "answer_start", "answer_end")
    }
    spans: list[Array] = []
    best: list[Array] = []
    around = _QUERY_LENGTH + special + 1  # at most so many tokens of a window are not of its context
    nowhere, nothing = np.full((around, 2), -1, dtype=np.int32), np.zeros(around, dtype=bool)
    for index, (question, context) in enumerate(zip(questions, contexts, strict=True)):
        tokens, span = encoded[context]
        begin, end = _answer_tokens(span, texts[index], places[index])
        capacity = max(1, lengths.longest - len(question) - special)
        windows = _windows(len(tokens), capacity, lengths.stride)
        owner = _owner(len(tokens), windows)
        lead = len(vocabulary.before) + len(question) + len(vocabulary.between)
        for number, (low, high) in enumerate(windows):
            first.append(question)
            second.append(tokens[low:high] or [vocabulary.unknown])
            inside = begin is not None and end is not None and low <= begin and end < high
            numbers["example"].append(index)
            numbers["context"].append(lead)
            numbers["window"].append(low)
            numbers["answer_start"].append(lead + begin - low if inside and begin is not None else 0)
            numbers["answer_end"].append(lead + end - low if inside and end is not None else 0)
            behind = max(1, high - low) - (high - low) + len(vocabulary.after)
            spans += (nowhere[:lead], span[low:high], nowhere[:behind])
            best += (nothing[:lead], owner[low:high] == number, nothing[:behind])
    ids, segments, starts = _assemble(first, second, vocabulary)
    flat = np.concatenate(spans) if spans else np.zeros((0, 2), np.int32)
    columns: dict[str, Array] = {
        name: np.array(values, np.int64) for name, values in numbers.items() if name != "example"
    }
    columns |= {
        "from": flat[:, 0].copy(),
        "to": flat[:, 1].copy(),
        "best": np.concatenate(best) if best else np.zeros(0, bool),
    }
    return Encoded(ids, segments, starts, np.array(numbers["example"], np.int32), columns)


def _pairs(offsets: Sequence[tuple[int, int]]) -> Array:
    return np.fromiter(chain.from_iterable(offsets), np.int32, 2 * len(offsets)).reshape(-1, 2)


def _whole_signs(context: str, span: Array) -> Array:
    """Character spans that end behind the combining marks of their last letter, which tokenizers without case drop:
    vowels of Hindi and Thai among them."""
    nexts = np.append(span[1:, 0], len(context))
    for token in np.flatnonzero(nexts > span[:, 1]):
        end = int(span[token, 1])
        while end < nexts[token] and unicodedata.category(context[end]).startswith("M"):
            end += 1
        span[token, 1] = end
    return span


def _answer_tokens(span: Array, texts: Sequence[str], places: Sequence[int]) -> tuple[int | None, int | None]:
    """First and last token that the first gold answer touches."""
    if not texts or not len(span):
        return None, None
    low, high = places[0], places[0] + len(texts[0])
    touched = np.flatnonzero((span[:, 1] > low) & (span[:, 0] < high))
    return (int(touched[0]), int(touched[-1])) if len(touched) else (None, None)


def _windows(tokens: int, capacity: int, stride: int) -> list[tuple[int, int]]:
    windows = [(0, min(capacity, tokens))]
    while windows[-1][1] < tokens:
        low = windows[-1][0] + min(stride, capacity)
        windows.append((low, min(low + capacity, tokens)))
    return windows


def _owner(tokens: int, windows: Sequence[tuple[int, int]]) -> Array:
    """For each token the window with the most context: max of min(left, right) + 0.01 x length, first on ties."""
    if len(windows) == 1:
        return np.zeros(tokens, dtype=np.int64)
    place = np.arange(tokens)
    score = np.full((len(windows), tokens), -np.inf)
    for number, (low, high) in enumerate(windows):
        inside = slice(low, high)
        score[number, inside] = np.minimum(place[inside] - low, high - 1 - place[inside]) + 0.01 * (high - low)
    owner: Array = score.argmax(axis=0)
    return owner


_ENCODERS: dict[TaskType, Callable[[pa.Table, Vocabulary, Lengths], Encoded]] = {
    TaskType.CLASSIFICATION: _encode_classification,
    TaskType.MULTIPLE_CHOICE: _encode_multiple_choice,
    TaskType.TOKEN_CLASSIFICATION: _encode_token_classification,
    TaskType.SPAN_EXTRACTION: _encode_span_extraction,
    TaskType.MLM: _encode_mlm,
    TaskType.RANKING: _encode_ranking,
    TaskType.RETRIEVAL: _encode_pairs("source", "target"),
    TaskType.MINING: _encode_mining,
}
