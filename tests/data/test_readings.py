"""Questions and mentions become the rows of a ranking, as XTREME-R's scripts make them. All rows but those marked as
data are invented."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue import Files, Problem, Task, TaskType, get_task
from xstilts.catalogue.task import CANDIDATES, READINGS
from xstilts.catalogue.tasks.lareqa import SENTENCES
from xstilts.data.load import Loaded, load
from xstilts.data.readings import READINGS as READERS
from xstilts.data.sentences import sentences_of
from xstilts.data.source import Folder

CONTEXT = "Ten men came. Dr. Who left\nat 3.5 p.m. sharp! Ten men came."
QUESTIONS = [
    {"id": "a", "question": "How many?", "context": CONTEXT, "answers": {"text": ["Ten"], "answer_start": [0]}},
    {"id": "b", "question": "Who?", "context": CONTEXT, "answers": {"text": ["Who"], "answer_start": [18]}},
    {"id": "c", "question": "Where?", "context": CONTEXT, "answers": {"text": [" "], "answer_start": [13]}},
    {"id": "d", "question": "What?", "context": "Nothing. At all.", "answers": {"text": [], "answer_start": []}},
    {"id": "e", "question": "Yes?", "context": "Yes.No.", "answers": {"text": ["No"], "answer_start": [4]}},
]
MIDDLE = "Dr. Who left\nat 3.5 p.m. sharp!"


def read(rows: list[dict[str, Any]], reading: str, split: str, folder: Path) -> Loaded:
    path = folder / f"{split}.jsonl"
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    files = Files("", (), split, path=str(path), reading=reading)
    task = Task("mine", "", TaskType.RANKING, "mean_average_precision", ("en",), {split: files})
    return load([path], [], task, files, split)


def test_every_reading_of_the_catalogue_is_there() -> None:
    assert set(READERS) == set(READINGS)


def test_questions_train_with_the_sentence_and_its_paragraph(tmp_path: Path) -> None:
    found = read(QUESTIONS, "sentences", "train", tmp_path)
    one_line = CONTEXT.replace("\n", "")
    assert found.rows["query"].to_pylist() == ["How many?", "Who?", "Yes?"]
    assert found.rows["candidate"].to_pylist() == [
        "Ten men came." + one_line,
        MIDDLE.replace("\n", "") + one_line,
        "Yes.No." * 2,
    ]
    assert found.left_out == {"an answer that begins in no sentence": 2}


def test_a_sentence_of_the_same_text_in_the_paragraph_is_right_too(tmp_path: Path) -> None:
    asked = read(QUESTIONS, "sentences", "test", tmp_path).rows
    assert asked["id"].to_pylist() == ["a", "b", "e"] and asked["matches"].to_pylist() == [["a"], ["b"], ["e"]]
    pool = read(QUESTIONS, "sentences", CANDIDATES, tmp_path).rows
    found = dict(zip(pool["id"].to_pylist(), pool["matches"].to_pylist(), strict=True))
    # Paragraph 2 has no question that can be answered, so its sentences are no candidates.
    assert found == {"1_0": ["a"], "1_1": ["b"], "1_2": ["a"], "3_0": ["e"]}


def test_published_sentences_are_taken_as_they_are(tmp_path: Path) -> None:
    rows = [{**QUESTIONS[-1], "sentence_breaks": [[0, 4], [4, 7]]}]
    pool = read(rows, "sentences", CANDIDATES, tmp_path).rows
    assert pool["candidate"].to_pylist() == ["Yes.Yes.No.", "No.Yes.No."]
    assert pool["matches"].to_pylist() == [[], ["e"]]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ('He met J. R. Smith vs. Co. in May. It was "fun." Yes!', 3),
        ("He left. and came back", 1),
        ("他来了。“走吧！”她说。", 3),
        ("वह आया। वह गया।", 2),
        ("هل جاء؟ نعم.", 2),
        ("  ", 0),
        ("", 0),
    ],
)
def test_sentences_end_where_their_script_ends_them(text: str, sentences: int) -> None:
    assert len(sentences_of(text)) == sentences


@given(st.text(alphabet="aB1 .!?。\n\"'”“।", max_size=40))
def test_sentences_hold_all_that_is_not_blank_in_order(text: str) -> None:
    spans = sentences_of(text)
    pieces = [text[low:high] for low, high in spans]
    assert all(piece and piece == piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.data
@pytest.mark.parametrize("language", ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "zh"])
def test_candidates_of_lareqa_are_as_many_as_published(language: str, data_folder: Path) -> None:
    task, folder = get_task("lareqa"), Folder(data_folder)
    if language not in folder.languages(task, CANDIDATES):
        pytest.skip("no XQuAD-R here")
    pool = folder.read(task, CANDIDATES, language)
    asked = folder.read(task, "test", language)
    assert (pool.num_rows, asked.num_rows) == (SENTENCES[language], 1_190)
    answered = [name for matches in pool["matches"].to_pylist() for name in matches]
    assert set(answered) == set(asked["id"].to_pylist())


@pytest.mark.data
@pytest.mark.parametrize(("language", "least"), [("en", 0.98), ("ar", 0.97), ("hi", 0.97), ("zh", 0.93), ("th", 0.3)])
def test_our_sentences_are_mostly_the_published_ones(language: str, least: float, data_folder: Path) -> None:
    import pyarrow.parquet as pq

    path = data_folder / "xquad_r" / language / "validation.parquet"
    if not path.is_file():
        pytest.skip("no XQuAD-R here")
    rows = pq.read_table(path, columns=["context", "sentence_breaks"]).to_pylist()
    ours = theirs = both = 0
    for context, breaks in {row["context"]: row["sentence_breaks"] for row in rows}.items():
        mine, right = ({end for _, end in spans} for spans in (sentences_of(context), breaks))
        ours, theirs, both = ours + len(mine), theirs + len(right), both + len(mine & right)
    assert 2 * both / (ours + theirs) > least


TEXT = "First one.\nThe {old} Smith  came {by. Last."
SPANS = [{"start": 0, "end": 10}, {"start": 11, "end": 37}, {"start": 38, "end": 43}]


def mention(name: str, entity: str, start: int, end: int) -> dict[str, Any]:
    span = {"start": start, "end": end, "text": TEXT[start:end]}
    return {"example_id": name, "entity_id": entity, "mention_span": span}


DOCUMENT = {"text": TEXT, "sentence_spans": SPANS, "language": "en"}
SMITH = mention("m1", "Q1", 21, 26)
ENTITY = {
    "entity_id": "Q1",
    "description": "Smith is\na name.  Of many.",
    "sentence_spans": [{"start": 0, "end": 16}, {"start": 18, "end": 26}],
    "title": "Smith",
}
# By the published script: the mention, then its sentence with the mention in braces and a blank on both sides; whole
# pairs of braces become parentheses; two blanks become one, once, so that of three two are left.
MARKED = "Smith: The (old) { Smith }  came {by."


def test_mentions_and_entities_become_queries_and_candidates(tmp_path: Path) -> None:
    assert TEXT[21:26] == "Smith"
    crossing = mention("m2", "Q2", 6, 14)
    test = read([{"context": DOCUMENT, "mentions": [SMITH, crossing]}], "mentions", "test", tmp_path)
    assert test.rows.to_pylist() == [{"query": MARKED, "candidate": None, "id": "m1", "matches": ["Q1"]}]
    assert test.left_out == {"a mention that lies in no sentence": 1}
    pool = read([ENTITY], "mentions", CANDIDATES, tmp_path).rows
    description = "Smith is a name. Of many."
    assert pool.to_pylist() == [{"query": None, "candidate": description, "id": "Q1", "matches": ["Q1"]}]
    pair = {"contextual_mention": {"context": DOCUMENT, "mention": SMITH}, "entity": ENTITY}
    train = read([pair], "mentions", "train", tmp_path).rows
    assert train.to_pylist() == [{"query": MARKED, "candidate": description, "id": None, "matches": None}]


def test_what_is_in_another_form_is_named_by_file_and_row(tmp_path: Path) -> None:
    good = {"context": DOCUMENT, "mentions": [SMITH]}
    with pytest.raises(Problem, match=r"test\.jsonl, row 2: it is not in the form of Mewsli-X"):
        read([good, {"context": DOCUMENT, "mentions": None}], "mentions", "test", tmp_path)
    with pytest.raises(Problem, match="has no column 'mentions'"):
        read([{"context": DOCUMENT}], "mentions", "test", tmp_path)
    with pytest.raises(Problem, match="has no column 'question'"):
        read([{"id": "a", "context": CONTEXT, "answers": {"answer_start": [0]}}], "sentences", "test", tmp_path)
