"""Multiple choice from the file to the prediction: reading, one sequence a choice, examples that no cut divides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from xstilts.catalogue import Files, Problem, Task, TaskType
from xstilts.data.batch import by_length, cut, gather, sequences_of
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.data.join import joined_rows, shuffled
from xstilts.data.sample import Pool, updates
from xstilts.data.source import Folder
from xstilts.evaluate.predict import predict
from xstilts.metrics import get_metric
from xstilts.model.encoder import make_encoder
from xstilts.model.heads import ChoiceHead
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.train.loop import Course, train

TYPE = TaskType.MULTIPLE_CHOICE


def table_of(choices: list[list[str]], labels: list[int]) -> pa.Table:
    return pa.table(
        {
            "text_a": [f"the cat sees {len(row)} now" for row in choices],
            "choices": pa.array(choices, pa.list_(pa.string())),
            "label": pa.array(labels, pa.int16()),
        }
    )


MIXED = table_of(
    [["a dog", "the old red house in the river"], ["two", "three", "a small bird on the house"], ["not", "in"]],
    [1, 0, 1],
)


def lengths_made(counts: list[int], draw: np.random.Generator) -> Encoded:
    lengths = draw.integers(1, 20, sum(counts))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns = {"label": draw.integers(0, counts), "choices": np.array(counts)}
    example = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return Encoded(np.arange(starts[-1], dtype=np.int32), np.zeros(starts[-1], np.uint8), starts, example, columns)


def test_each_choice_is_a_pair_with_the_text_before_it(vocabulary) -> None:
    encoded = encode(MIXED, TYPE, vocabulary, Lengths(64))
    assert encoded.example.tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert encoded.columns["choices"].tolist() == [2, 3, 2]
    pairs = [
        (text, choice)
        for text, row in zip(*(MIXED[name].to_pylist() for name in ("text_a", "choices")), strict=True)
        for choice in row
    ]
    for number, (text, choice) in enumerate(pairs):
        low, high = encoded.starts[number : number + 2]
        assert encoded.ids[low:high].tolist() == vocabulary.tokenizer.encode(text, choice).ids


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(2, 5), min_size=1, max_size=12), st.integers(1, 120), st.integers(0, 99))
def test_no_cut_divides_an_example(counts: list[int], budget: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    encoded = lengths_made(counts, draw)
    examples = np.append(draw.permutation(len(counts)), draw.integers(0, len(counts)))  # one of them twice
    whole = gather(encoded, by_length(encoded, sequences_of(encoded, examples)), TYPE)
    assert sorted(whole.target) == sorted(encoded.columns["label"][examples])
    parts = list(cut(whole, budget))
    assert np.array_equal(np.concatenate([part.ids for part in parts]), whole.ids)
    assert sum(len(part.where) for part in parts) == len(examples)
    for part in parts:
        firsts = np.searchsorted(part.starts[:-1], part.where)
        sizes = np.diff(firsts, append=len(part.sequences))
        owners = encoded.example[part.sequences[firsts]]
        assert np.array_equal(sizes, encoded.columns["choices"][owners])
        assert np.array_equal(np.repeat(owners, sizes), encoded.example[part.sequences])
        assert np.array_equal(part.target, encoded.columns["label"][owners])
        assert len(part.ids) <= budget or len(part.where) == 1
    longest = [encoded.lengths[part.sequences].max() for part in cut(whole, 1)]
    assert longest == sorted(longest)


def test_loss_is_cross_entropy_over_the_choices_of_each_example(vocabulary) -> None:
    encoded = encode(MIXED, TYPE, vocabulary, Lengths(64))
    batch = gather(encoded, np.arange(7), TYPE)
    scores = torch.randn(7, generator=torch.Generator().manual_seed(0)) * 4
    expected = sum(
        functional.cross_entropy(part[None], torch.tensor([label]), reduction="sum")
        for part, label in zip(scores.split([2, 3, 2]), [1, 0, 1], strict=True)
    )
    torch.testing.assert_close(ChoiceHead(8, "first", 0.0).loss(scores[:, None], batch), expected)


def network_of(vocabulary) -> Network:
    encoder = make_encoder(2, 32, 4, 48, 70, vocabulary, 0.0, 3)
    return with_new_heads(encoder, vocabulary, [HeadOf("choose", TYPE, 0)], 0.0, 0)


@pytest.mark.parametrize("pooling", ["first", "mean", "both"])
def test_a_cut_changes_no_gradient_beyond_rounding(vocabulary, pooling: str) -> None:
    encoded = encode(MIXED, TYPE, vocabulary, Lengths(64))
    network = with_new_heads(network_of(vocabulary).encoder, vocabulary, [HeadOf("choose", TYPE, 0, pooling)], 0.0, 0)
    batch = gather(encoded, by_length(encoded, np.arange(7)), TYPE)
    gradients = []
    for budget in (1, 10_000):
        network.zero_grad()
        for part in cut(batch, budget):
            (network.head(0).loss(network(part, 0), part) / len(batch.where)).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-6, rtol=1e-4)


def test_it_learns_and_its_predictions_are_scored(vocabulary, tmp_path: Path) -> None:
    """The right choice is the one that says "red"; examples have two to four choices."""
    draw = np.random.default_rng(0)
    counts = [2 + k % 3 for k in range(48)]
    labels = [int(draw.integers(0, count)) for count in counts]
    wrong = ["the cat", "a small dog", "three birds in a house"]
    choices = [
        [f"red {wrong[k % 3]}" if k == label else wrong[(k + n) % 3] for k in range(count)]
        for n, (count, label) in enumerate(zip(counts, labels, strict=True))
    ]
    table = table_of(choices, labels)
    encoded = encode(table, TYPE, vocabulary, Lengths(64))
    network = network_of(vocabulary)
    course = Course(90, 3e-3, 0.1, 0.01, 1.0, 1e-8, 0.999, "float32", 0.15, 1.0, 5)
    pool = Pool("choose", (np.arange(48),))
    train(
        network,
        [encoded],
        lambda: updates([pool], np.ones(1), 8, 90, 5),
        course,
        folder=tmp_path,
        report=lambda _: None,
    )
    found = predict(network, "choose", TYPE, table, encoded, "float32")
    metric = get_metric("accuracy")
    score = metric.reduce(metric.count(table, found, "en", ()))
    floor = metric.reduce(metric.count(table, metric.floor(table, table, ()), "en", ()))
    assert score > (100 + floor) / 2
    assert [len(row) for row in found["logits"].to_pylist()] == counts
    assert [int(np.argmax(row)) for row in found["logits"].to_pylist()] == found["prediction"].to_pylist()


def test_no_row_gives_no_prediction(vocabulary) -> None:
    table = MIXED.slice(0, 0)
    encoded = encode(table, TYPE, vocabulary, Lengths(64))
    assert predict(network_of(vocabulary), "choose", TYPE, table, encoded, "float32").num_rows == 0


def test_joined_and_shuffled_rows_keep_their_choices(vocabulary) -> None:
    parts = [encode(table, TYPE, vocabulary, Lengths(64)) for table in (MIXED, MIXED.slice(1, 2))]
    joined, firsts = joined_rows(parts)
    assert firsts == [0, 3]
    assert joined.columns["choices"].tolist() == [2, 3, 2, 3, 2]
    assert joined.columns["label"].tolist() == [1, 0, 1, 0, 1]
    for seed in range(20):
        found = shuffled(joined, seed, "choose").columns["label"]
        assert (found < joined.columns["choices"]).all()


def task_of(columns: dict[str, str], labels: tuple[str, ...] = ()) -> Task:
    files = {split: Files("mine", ("{language}",), split) for split in ("train", "test")}
    return Task("mine", "mine", TYPE, "accuracy", ("en",), files, columns, labels)


def folder_with(root: Path, split: str = "test", **columns: object) -> Folder:
    (root / "mine/en").mkdir(parents=True)
    pq.write_table(pa.table(columns), root / f"mine/en/{split}.parquet")
    return Folder(root)


def test_choices_in_columns_names_of_choices_and_a_text_of_two_columns(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path,
        context=["Ada ran", "Bo fell"],
        question=["Why?", "How?"],
        a=["x", "y"],
        b=["z", "w"],
        answer=["2\n", "1"],
    )
    task = task_of({"text_a": "{context} | {question}", "choices": "a,b", "label": "answer"}, ("1", "2"))
    assert folder.read(task, "test", "en").to_pylist() == [
        {"text_a": "Ada ran | Why?", "choices": ["x", "z"], "label": 1},
        {"text_a": "Bo fell | How?", "choices": ["y", "w"], "label": 0},
    ]


def test_a_row_without_label_is_no_training_row(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "train", text_a=["a", "b"], choices=[["x", "y"], ["x", "y"]], label=["", "1"])
    found = folder.load(task_of({}), "train", "en")
    assert found.rows["label"].to_pylist() == [1]
    assert found.left_out == {"no label": 1}


@pytest.mark.parametrize(
    ("choices", "label", "said"),
    [
        ([["x", "y"], ["x", "y"]], [0, 2], "row 2: 2 choices and the label 2"),
        ([["x"], ["x", "y"]], [0, 1], "1 choices"),
    ],
)
def test_a_label_beyond_the_choices_is_named(
    tmp_path: Path, choices: list[list[str]], label: list[int], said: str
) -> None:
    folder = folder_with(tmp_path, text_a=["a", "b"], choices=choices, label=label)
    with pytest.raises(Problem, match=said):
        folder.read(task_of({}), "test", "en")


def test_a_missing_column_of_a_text_is_named(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, premise=["a"], choices=[["x", "y"]], label=[0])
    with pytest.raises(Problem, match="no column 'premis': did you mean 'premise'"):
        folder.read(task_of({"text_a": "{premis}?"}), "test", "en")
