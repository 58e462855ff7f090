"""A job survives JSON exactly: equal, and with the same key."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.protocol import Search
from xstilts.study.job import (
    Architecture,
    Candidate,
    Embed,
    Merge,
    Part,
    Predict,
    Rows,
    Score,
    Settings,
    Share,
    Start,
    Train,
    Tuning,
    Vocabulary,
    from_json,
    key_of,
    to_json,
)

text = st.text(max_size=8)
keys = st.text("0123456789abcdef", min_size=32, max_size=32)
count = st.integers(0, 10**9)
number = st.floats(0, 1e6, allow_nan=False) | st.integers(0, 100).map(float)
rows = st.builds(Rows, text, text, text, count, text)
several = st.lists(rows, max_size=3).map(tuple)
labels = st.lists(text, max_size=3).map(tuple)
share = st.builds(
    Share, text, text, several, labels, st.none() | count, count, shuffled_labels=st.booleans(), weight=number
)
vocabulary = st.builds(Vocabulary, count, several, number, count, several)
architecture = st.builds(Architecture, count, count, count, count, count)
optional = st.none() | text
start = st.builds(Start, st.none() | keys, optional, optional, st.none() | architecture, st.none() | vocabulary)
settings = st.builds(
    Settings, count, count, number, number, sampling=st.sampled_from(["capped", "given"]), precision=st.just("bfloat16")
)
train = st.builds(
    Train,
    st.sampled_from(["pretraining", "intermediate", "target"]),
    start,
    st.lists(share, max_size=2).map(tuple),
    settings,
    count,
    heads=st.sampled_from(["new", "kept"]),
    candidates=st.lists(st.builds(Candidate, number, keys), max_size=2).map(tuple),
)
predict = st.builds(
    Predict,
    text,
    text,
    rows,
    st.none() | keys,
    st.none() | start,
    st.none() | rows,
    labels,
    layer=st.none() | count,
    given=optional,
)
embed = st.builds(Embed, text, text, rows, keys, count)
ranking = st.builds(Predict, text, text, rows, keys, pool=several, vectors=st.lists(keys, max_size=3).map(tuple))
tuned = st.none() | st.builds(Tuning, keys, rows, st.none() | count)
score = st.builds(Score, keys, text, text, text, rows, labels, st.none() | count, tuned, pool=several)


merge = st.builds(Merge, st.lists(st.builds(Part, start, number), max_size=3).map(tuple))


@given(train | merge | embed | predict | ranking | score)
def test_a_job_comes_back_from_json_equal(job: Train | Merge | Embed | Predict | Score) -> None:
    back = from_json(json.loads(json.dumps(to_json(job))))
    assert back == job
    assert key_of(back) == key_of(job)
    assert to_json(back) == to_json(job)


def test_whole_numbers_in_float_fields_come_back_as_floats() -> None:
    settings = replace(Settings(1, 2, 3.0), warmup=0.0)
    back = from_json(to_json(Train("target", Start(), (), settings, 0)))
    assert isinstance(back, Train)
    assert isinstance(back.settings.learning_rate, float)
    assert isinstance(back.settings.batch, int)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "embed"},
        {"kind": None},
        {"examples": "3"},
        {"examples": 1.5},
        {"surprise": 1},
        {"data": None},
        {"prediction": 7},
        {"labels": "abc"},
    ],
)
def test_what_is_no_job_is_refused(change: dict[str, object]) -> None:
    good = to_json(Score("0" * 32, "t", "mlm", "m", Rows("t", "test", "en", 1, "c")))
    with pytest.raises(TypeError):
        from_json({**good, **change})


def test_a_key_stays_what_it_was() -> None:
    """Stores outlive versions of the program: a new field with a default must not move the keys of earlier jobs."""
    data = Rows("xnli", "test", "sw", 5010, "abc")
    assert key_of(Predict("xnli", "classification", data, model="0" * 32)) == "4eb06fd5347a3abe26139d7df693a08a"
    train = Train("target", Start(job="0" * 32), (Share("xnli", "classification", (data,)),), Settings(10, 32, 2e-5), 0)
    assert key_of(train) == "f226ffc24937a6fe74a9b2dd79b89054"
    found = Rows("tatoeba", "test", "de", 1000, "c" * 64)
    start = Start(backbone="b", checksum="sha256:x")
    retrieval = Predict("tatoeba", "retrieval", found, start=start, layer=8, max_length=512)
    score = Score(key_of(retrieval), "tatoeba", "retrieval", "retrieval_accuracy", found)
    assert key_of(retrieval) == "6b9344caf74c0d33fde02899e942a9c9"
    assert key_of(score) == "c6d55b31d783a8c00587ad943d45c98f"
    mining = replace(retrieval, search=Search(margin="csls"))
    assert from_json(to_json(mining)) == mining and key_of(mining) != key_of(retrieval)
    tuned = replace(score, tuned_on=Tuning("0" * 32, found), threshold=None)
    assert from_json(to_json(tuned)) == tuned and tuned.inputs == (score.prediction, "0" * 32)
    assert key_of(replace(train, seed=1)) != key_of(train)
    assert key_of(replace(train, heads="kept")) != key_of(train)
    tried = replace(train, candidates=(Candidate(1e-5, "0" * 32), Candidate(2e-5, "1" * 32)))
    assert tried.inputs == ("0" * 32, "0" * 32, "1" * 32) and tried.weights == ("0" * 32,)
    assert key_of(tried) not in (key_of(train), key_of(replace(tried, candidates=tried.candidates[:1])))
    assert key_of(replace(train, settings=replace(train.settings, dropout=0.0))) != key_of(train)
