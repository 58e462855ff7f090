"""Row 6: from rows of text to token ids on disk, and the second start.

Rows are loaded already. Ours writes memory-mapped arrays. The peer is ``datasets.map`` in batches of 1,000 with the
library's fast tokenizer and the functions that its own examples use. (Its windows overlap by the stride, ours begin a
stride apart, as the benchmark's do; long sentences of tags it cuts off, ours divides them. ``found``: the share of our
sequences that the peer has too, token by token.) The second start opens what the first one wrote, in a fresh process,
imports not counted.
"""

from __future__ import annotations

import multiprocessing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.row import OURS, Case, Places, Reading, Row, Target, Work

PEER = "datasets.map, batched"
COLUMNS = ("wall", "cpu", "examples_s", "tokens_s", "second_ms", "found", "peak")


def measure(way: str, work: Work, places: Places) -> Reading:
    """Encode once into an empty cache, then start again."""
    with TemporaryDirectory(dir=places.work) as folder:
        first = _once(way, work, places, Path(folder))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            again = pool.apply(_once, (way, work, places, Path(folder)))
    ids, starts = first.pop("found")
    expected = _expected(work, places)
    rows = {ids[low:high].astype(np.int32).tobytes() for low, high in pairwise(starts)}
    return first | {
        "second_ms": 1000 * again["wall"],
        "found": sum(row.tobytes() in rows for row in expected) / max(1, len(expected)),
        "examples_s": first.pop("rows") / first["wall"],
        "tokens_s": len(ids) / first["wall"],
    }


def _expected(work: Work, places: Places) -> list[Any]:
    """Ours, from the benchmark's own cache: what the peer's rows are compared with."""
    from benchmarks.material import SHAPES, rows_of, vocabulary
    from xstilts.data.encode import Lengths, encode

    words = vocabulary(places, SHAPES[work["shape"]].vocabulary)
    table = rows_of(places, work["task"], "train", ("en",)).slice(0, work["rows"])
    encoded = encode(table, _type(work), words, Lengths(work["longest"], work["stride"]))
    return [encoded.ids[low:high] for low, high in zip(encoded.starts[:-1], encoded.starts[1:], strict=True)]


def _type(work: Work) -> Any:
    from xstilts.catalogue.find import get_task

    return get_task(work["task"]).type


def _once(way: str, work: Work, places: Places, folder: Path) -> Reading:
    return (_ours if way == OURS else _peer)(work, places, folder)


def _ours(work: Work, places: Places, folder: Path) -> Reading:
    from benchmarks.clock import Clock
    from benchmarks.material import SHAPES, rows_of, vocabulary
    from xstilts.data.encode import Lengths, encode_cached

    words = vocabulary(places, SHAPES[work["shape"]].vocabulary)
    table = None if any(folder.iterdir()) else rows_of(places, work["task"], "train", ("en",)).slice(0, work["rows"])
    clock = Clock()
    encoded = encode_cached(
        lambda: table,
        "benchmark", _type(work), words, Lengths(work["longest"], work["stride"]), folder,
    )  # fmt: skip
    encoded.ids[:1].sum()
    return clock.read() | {"found": (np.array(encoded.ids), np.array(encoded.starts)), "rows": encoded.examples}


def _peer(work: Work, places: Places, folder: Path) -> Reading:
    import datasets
    from transformers import AutoTokenizer

    from benchmarks.clock import Clock
    from benchmarks.material import encoder_folder, rows_of

    datasets.disable_progress_bars()
    tokenizer = AutoTokenizer.from_pretrained(encoder_folder(places, work["shape"]))
    source = folder / "rows.parquet"
    if not source.exists():
        import pyarrow.parquet as pq

        pq.write_table(rows_of(places, work["task"], "train", ("en",)).slice(0, work["rows"]), source)
    rows = datasets.Dataset.from_parquet(str(source), cache_dir=str(folder / "cache"))
    how = _PEERS[work["task"]](tokenizer, work)
    clock = Clock()
    encoded = rows.map(
        how,
        batched=True,
        batch_size=1000,
        remove_columns=rows.column_names,
        cache_file_name=str(folder / "encoded.arrow"),
    )
    encoded.data.column("input_ids").chunk(0)[0]
    facts: Reading = clock.read()
    column = encoded.data.column("input_ids").combine_chunks()
    lengths = [len(row) for row in column.to_pylist()]
    ids = np.asarray(column.flatten())
    return facts | {"found": (ids, np.concatenate([[0], np.cumsum(lengths)])), "rows": rows.num_rows}


class _Pairs:
    """Two texts a row, as ``run_xnli`` encodes them."""

    def __init__(self, tokenizer: Any, work: Work) -> None:
        self.tokenizer, self.longest = tokenizer, work["longest"]

    def __call__(self, rows: Any) -> Any:
        found = self.tokenizer(rows["text_a"], rows["text_b"], truncation=True, max_length=self.longest)
        found["labels"] = rows["label"]
        return found


class _Windows:
    """Questions and paragraphs in overlapping windows with the answers' places, as ``run_qa`` encodes them."""

    def __init__(self, tokenizer: Any, work: Work) -> None:
        self.tokenizer, self.longest, self.stride = tokenizer, work["longest"], work["stride"]

    def __call__(self, rows: Any) -> Any:
        found = self.tokenizer(
            rows["question"], rows["context"], truncation="only_second", max_length=self.longest,
            stride=self.stride, return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip
        owner, offsets = found.pop("overflow_to_sample_mapping"), found["offset_mapping"]
        starts, ends = [], []
        for number, places in enumerate(offsets):
            sequence = found.sequence_ids(number)
            low, texts = rows["answer_starts"][owner[number]], rows["answer_texts"][owner[number]]
            first = sequence.index(1)
            last = len(sequence) - 1 - sequence[::-1].index(1)
            begin, end = low[0], low[0] + len(texts[0])
            if places[first][0] > begin or places[last][1] < end:
                starts.append(0)
                ends.append(0)
                continue
            at = first
            while at <= last and places[at][0] <= begin:
                at += 1
            starts.append(at - 1)
            at = last
            while at >= first and places[at][1] >= end:
                at -= 1
            ends.append(at + 1)
        found["start_positions"], found["end_positions"] = starts, ends
        return found


class _Words:
    """Words with one tag each, the tag at a word's first piece, as ``run_ner`` encodes them."""

    def __init__(self, tokenizer: Any, work: Work) -> None:
        self.tokenizer, self.longest = tokenizer, work["longest"]

    def __call__(self, rows: Any) -> Any:
        found = self.tokenizer(rows["tokens"], truncation=True, max_length=self.longest, is_split_into_words=True)
        labels = []
        for number, tags in enumerate(rows["tags"]):
            before, mine = None, []
            for word in found.word_ids(batch_index=number):
                mine.append(-100 if word is None or word == before else tags[word])
                before = word
            labels.append(mine)
        found["labels"] = labels
        return found


_PEERS = {"mnli": _Pairs, "squad": _Windows, "udpos": _Words}


def prepare(work: Work, places: Places) -> None:
    """The tokenizer."""
    from benchmarks.material import encoder_folder

    encoder_folder(places, work["shape"])


def _cases(full: bool) -> tuple[Case, ...]:
    pairs = {"task": "mnli", "longest": 128, "stride": 64, "rows": 10_000}
    windows = {"task": "squad", "longest": 384, "stride": 128, "rows": 20_000 if full else 4_000}
    words = {"task": "udpos", "longest": 128, "stride": 64, "rows": 10_000}
    target = (Target(PEER, 1.5),)
    return tuple(
        Case(f"{name}, {pieces}", {**work, "shape": shape}, (OURS, PEER), target)
        for name, work in (("MNLI", pairs), ("SQuAD", windows), ("tags", words))
        for pieces, shape in (("16k", "small"), ("250k", "base"))
    )


ROWS = (
    Row(
        6,
        "Tokenising and encoding",
        "English training rows; `found`: the share of our sequences that a way has too, token by token",
        _cases,
        measure,
        prepare,
        COLUMNS,
    ),
)
