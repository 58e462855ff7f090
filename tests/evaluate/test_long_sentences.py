"""A tagged sentence that is too long is cut between words, and its predictions are merged again, one a word."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.evaluate.predict import predict
from xstilts.metrics import get_metric
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, with_new_heads

LABELS = ("A", "B", "C")
WORD = st.sampled_from(
    ["the", "Anna", "xylophonist", "", " ", "北京大學", "น้ำท่วม", "supercalifragilisticexpialidocious"]
)


def table_of(sentences: list[list[str]]) -> pa.Table:
    tags = [[number % 3 for number in range(len(words))] for words in sentences]
    return pa.table(
        {"tokens": pa.array(sentences, pa.list_(pa.string())), "tags": pa.array(tags, pa.list_(pa.int16()))}
    )


@settings(max_examples=25, deadline=None)
@given(sentences=st.lists(st.lists(WORD, min_size=1, max_size=40), min_size=1, max_size=5), longest=st.integers(6, 40))
def test_every_word_has_one_prediction_whatever_the_cut(vocabulary, sentences: list[list[str]], longest: int) -> None:
    table = table_of(sentences)
    encoded = encode(table, TaskType.TOKEN_CLASSIFICATION, vocabulary, Lengths(longest))
    encoder = make_encoder(1, 16, 2, 16, 70, vocabulary, 0.0, 3)
    network = with_new_heads(encoder, vocabulary, [HeadOf("tags", TaskType.TOKEN_CLASSIFICATION, 3)], 0.0, 0).eval()
    found = predict(network, "tags", TaskType.TOKEN_CLASSIFICATION, table, encoded, "float32")
    assert [len(tags) for tags in found["tags"].to_pylist()] == [len(words) for words in sentences]
    assert encoded.lengths.max() <= longest
    metric = get_metric("chunk_f1")
    assert metric.count(table, found, "en", LABELS).shape == (len(sentences), 3)


def test_merged_predictions_stand_at_their_words(vocabulary) -> None:
    """An encoder without blocks and positions tags a word by itself, so a cut must change nothing."""
    words = ["the", "old", "cat", "sees", "a", "small", "dog", "in", "the", "river"] * 6
    table = table_of([words, ["a", "dog"], words[::-1]])
    whole = encode(table, TaskType.TOKEN_CLASSIFICATION, vocabulary, Lengths(512))
    cut = encode(table, TaskType.TOKEN_CLASSIFICATION, vocabulary, Lengths(20))
    assert len(cut.example) > 3 == len(whole.example)
    assert np.array_equal(whole.ids[whole.columns["word"]], cut.ids[cut.columns["word"]])
    network = with_new_heads(
        make_encoder(0, 16, 2, 16, 600, vocabulary, 0.0, 3),
        vocabulary,
        [HeadOf("tags", TaskType.TOKEN_CLASSIFICATION, 3)],
        0.0,
        0,
    ).eval()
    network.encoder.embeddings.position_embeddings.weight.data.zero_()
    predictions = [
        predict(network, "tags", TaskType.TOKEN_CLASSIFICATION, table, encoded, "float32")["tags"].to_pylist()
        for encoded in (whole, cut)
    ]
    assert predictions[0] == predictions[1]
