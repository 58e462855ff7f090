"""Row 4: prediction of every language of a target, ours in one pass, the peer's one ``predict`` a language.

The peer keeps its model loaded and, tuned, reads each language from short to long in bf16. Both return logits for every
row; of questions ours goes on to the answers' texts, the peer stops at the logits.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.row import OURS, RECIPE, TUNED, Case, Places, Reading, Row, Target, Work

COLUMNS = ("dtype", "padding", "examples_s", "tokens_s", "wall", "cpu", "peak", "languages")


def measure(way: str, work: Work, places: Places) -> Reading:
    """Predict all languages one way."""
    import numpy as np

    from benchmarks.material import HEADS, SHAPES, useful_flops
    from xstilts.data.join import joined_rows

    parts = _encoded(work, places)
    reading = (_ours if way == OURS else partial(_peer, way))(work, places, parts)
    joined, _ = joined_rows([encoded for _, _, encoded in parts])
    outputs = HEADS[_type(work)][1]
    flops = useful_flops(SHAPES[work["shape"]], np.asarray(joined.lengths), len(joined.lengths), outputs, 1)
    return reading | {
        "languages": len(parts),
        "examples_s": sum(table.num_rows for _, table, _ in parts) / reading["wall"],
        "tokens_s": len(joined.ids) / reading["wall"],
        "flops": flops / reading["wall"],
    }


def _type(work: Work) -> Any:
    from xstilts.catalogue.find import get_task

    return get_task(work["task"]).type


def _encoded(work: Work, places: Places) -> list[tuple[str, Any, Any]]:
    """Language, rows and encoded rows: the first ``rows`` of a fixed order in every language of the folder."""
    from benchmarks.material import SHAPES, languages_of, rows_of, vocabulary
    from xstilts.data.encode import Lengths, encode_cached
    from xstilts.data.random import stream

    words = vocabulary(places, SHAPES[work["shape"]].vocabulary)
    found = []
    for language in languages_of(places, work["task"], work["split"]):
        table = rows_of(places, work["task"], work["split"], (language,))
        table = table.take(stream(0, "benchmark", language).permutation(table.num_rows)[: work["rows"]])
        name = f"benchmark:{work['task']}:{work['split']}:{language}:{work['rows']}"
        lengths = Lengths(work["longest"], work["stride"])
        encoded = encode_cached(lambda table=table: table, name, _type(work), words, lengths, places.work / "cache")
        found.append((language, table, encoded))
    return found


def prepare(work: Work, places: Places) -> None:
    """Encode everything once."""
    from benchmarks.material import encoder_folder, head_weights

    encoder_folder(places, work["shape"])
    head_weights(places, work["shape"], _type(work))
    _encoded(work, places)


def _ours(work: Work, places: Places, parts: list[tuple[str, Any, Any]]) -> Reading:
    import pyarrow as pa

    from benchmarks import ours
    from benchmarks.clock import Clock
    from benchmarks.profiled import Profile
    from xstilts.data.join import joined_rows
    from xstilts.evaluate.predict import predict

    network = ours.network_of(places, work, _type(work)).eval()
    facts: Reading = {"padding": 0.0}
    ours.watch(network, facts)
    first = parts[0]
    predict(network, "benchmark", _type(work), first[1], first[2], "bfloat16")
    profile = Profile(work.get("profile", False))
    profile.start()
    clock = Clock()
    table = pa.concat_tables([table for _, table, _ in parts])
    encoded, _ = joined_rows([encoded for _, _, encoded in parts])
    predicted = predict(network, "benchmark", _type(work), table, encoded, "bfloat16")
    facts |= clock.read() | profile.stop()
    if predicted.num_rows != table.num_rows:
        raise SystemExit(f"{predicted.num_rows} predictions for {table.num_rows} rows")
    return facts


def _peer(way: str, work: Work, places: Places, parts: list[tuple[str, Any, Any]]) -> Reading:
    from datasets import Dataset
    from transformers import AutoTokenizer, Trainer

    from benchmarks import trainer
    from benchmarks.clock import Clock
    from benchmarks.material import encoder_folder, library_model
    from benchmarks.profiled import Profile

    sets = []
    for _, _, encoded in parts:
        starts = encoded.starts
        rows = [encoded.ids[low:high].tolist() for low, high in pairwise(starts)]
        if way == TUNED:
            rows.sort(key=len)
        sets.append(Dataset.from_dict({"input_ids": rows}))
    tokenizer = AutoTokenizer.from_pretrained(encoder_folder(places, work["shape"]))
    model = library_model(places, work["shape"], _type(work))
    padding = trainer.Padding(model)
    with TemporaryDirectory() as folder:
        settings = trainer.arguments(work, way, folder)
        settings.train_sampling_strategy = "random"  # the rows are in order of length already
        peer = Trainer(
            model=model, args=settings, data_collator=trainer.collator(work, _type(work), tokenizer, way),
            processing_class=tokenizer,
        )  # fmt: skip
        peer.predict(sets[0].select(range(min(len(sets[0]), 2 * work["batch"]))))
        padding.real = padding.fed = 0
        profile = Profile(work.get("profile", False))
        profile.start()
        clock = Clock()
        logits = [peer.predict(rows).predictions for rows in sets]
        facts: Reading = clock.read() | profile.stop()
    if len(logits) != len(parts):
        raise SystemExit("a language was not predicted")
    return facts | {"dtype": padding.dtype, "padding": 1 - padding.real / padding.fed}


def _cases(full: bool) -> tuple[Case, ...]:
    pairs = {"task": "xnli", "split": "test", "longest": 128, "stride": 64, "batch": 32}
    windows = {"task": "xquad", "split": "test", "longest": 384, "stride": 128, "batch": 16}
    targets = (Target(TUNED, 1.5), Target(RECIPE, 8.0))
    ways = (OURS, TUNED, RECIPE)
    return (
        Case("XNLI, 4 x 256", {**pairs, "shape": "small", "rows": 1000 if full else 60}, ways, targets),
        Case("XNLI, 12 x 768", {**pairs, "shape": "base", "rows": 100 if full else 8}, ways, targets, seldom=(RECIPE,)),
        Case(
            "XQuAD, 4 x 256",
            {**windows, "shape": "small", "rows": 300 if full else 12},
            ways,
            targets,
            seldom=(RECIPE,),
        ),
        Case(
            "XQuAD, 12 x 768", {**windows, "shape": "base", "rows": 20 if full else 2}, ways, targets, seldom=(RECIPE,)
        ),
    )


ROWS = (
    Row(
        4,
        "Prediction, all languages of a target",
        "XNLI and XQuAD, every language of the data folder; ours goes on to the answers, the peer stops at logits",
        _cases,
        measure,
        prepare,
        COLUMNS,
    ),
)
