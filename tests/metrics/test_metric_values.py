"""What each metric says of small cases: published vectors of the official evaluator, outside oracles, recounts."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from xstilts.catalogue import METRICS, Problem, tasks
from xstilts.catalogue.words import words
from xstilts.metrics import PREDICTIONS, fitting, get_metric, metrics
from xstilts.metrics.answer_f1 import normalised
from xstilts.metrics.metric import in_order
from xstilts.metrics.squad_v2_f1 import best_threshold as best_no_answer_threshold

UPOS = list(words("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X O"))
ODD = ["B-PER", "I-PER", "E-PER", "S-LOC", "B-LOC", "I-LOC", "O", "X-O", ".", "NOUN", "SYM", "I", "E", "-", "B-"]


def tags(*sentences: str, labels: list[str] | None = None) -> tuple[pa.Table, list[str]]:
    labels = labels or sorted({tag for sentence in sentences for tag in sentence.split()} | set(UPOS))
    rows = [[labels.index(tag) for tag in sentence.split()] for sentence in sentences]
    return pa.table({"tags": pa.array(rows, pa.list_(pa.int16()))}), labels


def chunk_scores(gold: list[str], said: list[str]) -> tuple[float, float, float]:
    labels = sorted({tag for sentence in [*gold, *said] for tag in sentence.split()})
    metric = get_metric("chunk_f1")
    counts = metric.count(tags(*gold, labels=labels)[0], tags(*said, labels=labels)[0], "en", labels)
    return metric.reduce(counts), metric.further["precision"](counts), metric.further["recall"](counts)


def answers(gold: list[str], said: str | None) -> tuple[float, float]:
    """(exact match, F1) of one question; None: its id is missing."""
    metric = get_metric("answer_f1")
    right = pa.table({"id": ["q"], "answer_texts": pa.array([gold], pa.list_(pa.string()))})
    found = pa.table(
        {
            "id": pa.array([] if said is None else ["q"], pa.string()),
            "text": pa.array([said][: said is not None], pa.string()),
        }
    )
    counts = metric.count(right, found, "en", ())
    return metric.further["exact_match"](counts), metric.reduce(counts)


@pytest.mark.parametrize(
    ("gold", "said", "scores"),
    [
        (["B-PER I-PER"], ["I-PER I-PER"], (100, 100, 100)),
        (["O O"], ["O O"], (0, 0, 0)),
        (["NOUN NOUN"], ["NOUN VERB"], (0, 0, 0)),
        (["SCONJ SCONJ"], ["SCONJ VERB"], (50, 50, 50)),
        (["CCONJ"], ["SCONJ"], (0, 0, 0)),
        (["X"], ["X"], (100, 100, 100)),
        (["NOUN VERB"], ["O VERB"], (66.66666666666666, 100, 50)),
        (["B-ORG I-PER"], ["B-ORG B-PER"], (100, 100, 100)),
        (["NOUN", "NOUN"], ["NOUN", "VERB"], (50, 50, 50)),
    ],
)
def test_chunk_f1_of_published_cases(gold: list[str], said: list[str], scores: tuple[float, float, float]) -> None:
    assert chunk_scores(gold, said) == scores


def older_kind(tag: str) -> str:
    return tag.rsplit("-", 1)[-1]


def newer_kind(tag: str) -> str:
    return tag[1:].split("-", 1)[-1] or "_"


RULES = {"chunk_f1": older_kind, "chunk_f1_seqeval1": newer_kind, "chunk_f1_unaligned": older_kind}


def plain_chunks(sequence: list[str], kind_of: Callable[[str], str]) -> set[tuple[str, int, int]]:
    """The published rules, read tag by tag; ``sequence`` already holds an O after each sentence."""
    chunks = set()
    last_prefix, last_kind, opened = "O", "", 0
    for place, tag in enumerate([*sequence, "O"]):
        prefix, kind = tag[0], kind_of(tag)
        changed = kind != last_kind
        if last_prefix in "ES" or (last_prefix in "BI" and prefix in "BSO") or (last_prefix not in "O." and changed):
            chunks.add((last_kind, opened, place - 1))
        if prefix in "BS" or (last_prefix in "ESO" and prefix in "EI") or (prefix not in "O." and changed):
            opened = place
        last_prefix, last_kind = prefix, kind
    return chunks


def test_plain_chunks_of_the_published_case() -> None:
    tags = words("SCONJ CCONJ CCONJ NOUN NOUN X X VERB O X PUNCT")
    older = "SCONJ 0-0, CCONJ 1-2, NOUN 3-4, X 5-6, VERB 7-7, X 9-9, PUNCT 10-10"
    newer = "CONJ 0-0, CONJ 0-2, OUN 3-4, _ 5-6, ERB 7-7, _ 7-9, UNCT 10-10"
    for kind_of, expected in ((older_kind, older), (newer_kind, newer)):
        found = {f"{kind} {first}-{last}" for kind, first, last in plain_chunks([*tags, "O"], kind_of)}
        assert found == set(expected.split(", "))


@pytest.mark.parametrize("name", RULES)
@given(
    st.sampled_from([UPOS, ODD]).flatmap(
        lambda labels: st.tuples(
            st.just(labels),
            st.lists(
                st.integers(0, 7).flatmap(
                    lambda size: st.tuples(*[st.lists(st.sampled_from(labels), min_size=size, max_size=size)] * 2)
                ),
                min_size=1,
                max_size=6,
            ),
        )
    )
)
def test_chunk_f1_follows_the_rules(name: str, case: tuple[list[str], list[tuple[list[str], list[str]]]]) -> None:
    labels, text = case
    gold, said = ([" ".join(sentence[side]) for sentence in text] for side in (0, 1))
    counts = get_metric(name).count(tags(*gold, labels=labels)[0], tags(*said, labels=labels)[0], "en", labels)
    right, found = (
        plain_chunks([tag for sentence in text for tag in [*sentence[side], "O"]], RULES[name]) for side in (0, 1)
    )
    assert counts.sum(axis=0).tolist() == [len(right), len(found), len(right & found)]
    assert counts.shape == (len(text), 3)


texts = st.lists(st.lists(st.sampled_from(ODD), max_size=4), min_size=3, max_size=3)


@given(texts, texts)
def test_unaligned_texts_are_compared_by_position(gold: list[list[str]], said: list[list[str]]) -> None:
    sides = [tags(*(" ".join(sentence) for sentence in side), labels=ODD)[0] for side in (gold, said)]
    counts = get_metric("chunk_f1_unaligned").count(*sides, "en", ODD)
    right, found = (
        plain_chunks([tag for sentence in side for tag in [*sentence, "O"]], older_kind) for side in (gold, said)
    )
    assert counts.shape == (3, 3)
    assert counts.sum(axis=0).tolist() == [len(right), len(found), len(right & found)]


def test_a_sentence_needs_one_tag_a_token() -> None:
    with pytest.raises(Problem, match="sentence 2 in 'sw' has 1 tokens but 2 predicted tags"):
        gold, labels = tags("NOUN", "NOUN")
        get_metric("chunk_f1").count(gold, tags("NOUN", "NOUN VERB", labels=labels)[0], "sw", labels)
    with pytest.raises(Problem, match="2 predictions for 1 examples"):
        get_metric("chunk_f1").count(tags("NOUN")[0], tags("NOUN", "NOUN")[0], "sw", labels)


@pytest.mark.parametrize(
    ("gold", "said", "exact", "f1"),
    [
        (["the"], "a", 100, 0),
        ([""], "", 100, 0),
        (["x"], None, 0, 0),
        (["x"], "", 0, 0),
        (["ir a casa"], "ir casa", 100, 100),
        (["天氣很好"], "天氣", 0, 0),
        (["天氣。"], "天氣", 0, 0),
        (["الكتاب"], "كتاب", 0, 0),
        (["café"], "cafe\u0301", 0, 0),
        (["one two three", "two"], "two", 100, 100),
        (["b c d e", "c"], "b c", 0, 2 / 3 * 100),
    ],
)
def test_answers_of_published_cases(gold: list[str], said: str | None, exact: float, f1: float) -> None:
    assert answers(gold, said) == (exact, pytest.approx(f1, abs=1e-12))


def test_answers_are_compared_in_their_published_form() -> None:
    assert normalised("The U.S.—based “Apple”, a company") == "us—based “apple” company"
    assert normalised("Theme\u00a0an\u3000ant") == "theme ant"


def test_an_answer_without_gold_or_null_is_refused() -> None:
    with pytest.raises(Problem, match="has no gold answer"):
        answers([], "x")
    assert answers([], None) == (0, 0)
    metric = get_metric("answer_f1")
    gold = pa.table({"id": ["q"], "answer_texts": [["x"]]})
    with pytest.raises(Problem, match="is null"):
        metric.count(gold, pa.table({"id": ["q"], "text": pa.array([None], pa.string())}), "en", ())


@pytest.mark.parametrize(
    ("gold", "said", "exact", "f1"),
    [
        ([], "", 100, 100),
        ([], "the", 100, 100),
        ([], "x", 0, 0),
        (["the"], "", 100, 100),
        (["x"], "", 0, 0),
        (["x"], None, 0, 0),
        ([], None, 0, 0),
        (["the", "x"], "a", 0, 0),
        (["x y", "z"], "The X", 0, 2 / 3 * 100),
    ],
)
def test_answers_that_may_be_none(gold: list[str], said: str | None, exact: float, f1: float) -> None:
    """By the published rules of SQuAD 2.0: of two empty texts the F1 is 1; an empty gold answer is no answer."""
    metric = get_metric("squad_v2_f1")
    right = pa.table({"id": ["q"], "answer_texts": pa.array([gold], pa.list_(pa.string()))})
    counts = metric.count(right, pa.table({"id": ["q"], "text": [said]}).slice(0, said is not None), "en", ())
    assert (metric.further["exact_match"](counts), metric.reduce(counts)) == (exact, pytest.approx(f1, abs=1e-12))


def test_answered_and_unanswered_questions_stand_apart() -> None:
    metric = get_metric("squad_v2_f1")
    gold = pa.table({"id": list("pqr"), "answer_texts": pa.array([["x"], [], []], pa.list_(pa.string()))})
    counts = metric.count(gold, pa.table({"id": list("pqr"), "text": ["x", "", "y"]}), "en", ())
    assert (metric.further["answered"](counts), metric.further["unanswered"](counts)) == (100, 50)
    with pytest.raises(Problem, match="is null"):
        metric.count(gold, pa.table({"id": ["p"], "text": pa.array([None], pa.string())}), "en", ())
    with pytest.raises(Problem, match="no example"):
        metric.further["answered"](counts[1:])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_accuracy_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    right, said = (np.array(side) for side in zip(*pairs, strict=True))
    counts = get_metric("accuracy").count(
        pa.table({"label": pa.array(right, pa.int16())}), pa.table({"prediction": pa.array(said, pa.int16())}), "en", ()
    )
    assert get_metric("accuracy").reduce(counts) == pytest.approx(100 * accuracy_score(right, said))


@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4), min_size=1))
def test_token_accuracy_is_that_of_scikit_learn(text: list[list[tuple[int, int]]]) -> None:
    metric, kind = get_metric("token_accuracy"), pa.list_(pa.int16())
    gold, said = (
        pa.table({"tags": pa.array([[pair[side] for pair in sentence] for sentence in text], kind)}) for side in (0, 1)
    )
    counts = metric.count(gold, said, "en", "XYZ")
    flat = [pair for sentence in text for pair in sentence]
    assert counts.shape == (len(text), 2)
    if not flat:
        with pytest.raises(Problem, match="no token to score"):
            metric.reduce(counts)
        return
    assert metric.reduce(counts) == pytest.approx(100 * accuracy_score(*zip(*flat, strict=True)))


def test_accuracy_needs_known_labels() -> None:
    said = pa.table({"prediction": pa.array([0], pa.int16())})
    for label in (-1, None):
        with pytest.raises(Problem, match="not known"):
            get_metric("accuracy").count(pa.table({"label": pa.array([label], pa.int16())}), said, "en", ())


def test_nothing_to_score_is_no_score() -> None:
    for name in ("accuracy", "answer_f1", "retrieval_accuracy"):
        with pytest.raises(Problem, match="no example"):
            get_metric(name).reduce(np.zeros((0, 2)))
    assert get_metric("chunk_f1").reduce(np.zeros((0, 3))) == 0.0


def test_sums_run_from_left_to_right() -> None:
    values = np.random.default_rng(0).random(10_000)
    plain = 0.0
    for value in values.tolist():
        plain += value
    assert in_order(values) == plain


def test_floor_of_classification_is_the_majority() -> None:
    labelled = pa.table({"label": pa.array([2, 1, 1, 2, 0, -1, -1, -1], pa.int16())})
    gold = pa.table({"label": pa.array([1, 2, 1], pa.int16())})
    metric = get_metric("accuracy")
    said = metric.floor(labelled, gold, ("a", "b", "c"))
    assert said["prediction"].to_pylist() == [1, 1, 1]
    assert metric.reduce(metric.count(gold, said, "en", ())) == pytest.approx(200 / 3)
    with pytest.raises(Problem, match="labelled rows"):
        metric.floor(None, gold, ())


def test_floor_of_tagging_is_the_word_s_usual_tag() -> None:
    labelled = pa.table(
        {"tokens": [["a", "b", "a"], ["a", "c"]], "tags": pa.array([[0, 1, 2], [2, 2]], pa.list_(pa.int16()))}
    )
    gold = pa.table({"tokens": [["b", "a", "new"], []], "tags": pa.array([[1, 2, 0], []], pa.list_(pa.int16()))})
    said = get_metric("chunk_f1").floor(labelled, gold, ("X", "Y", "Z"))
    assert said["tags"].to_pylist() == [[1, 2, 2], []]


def asked(*rows: tuple[str, str, list[str]]) -> pa.Table:
    """Questions with their paragraphs and answers."""
    questions, contexts, rights = (list(column) for column in zip(*rows, strict=True))
    columns = {"id": [f"q{number}" for number in range(len(rows))], "question": questions, "context": contexts}
    return pa.table({**columns, "answer_texts": pa.array(rights, pa.list_(pa.string()))})


FACTS = ["Anna lives in Rome", "Bert wrote the book", "Carla sleeps all day", "Dora sings in Paris"]
QUESTIONS_ABOUT = ["Who lives in Rome?", "Who wrote a book?", "Who sleeps by day?", "Who sings in Paris?"]
LABELLED = asked(
    *((question, ". ".join(FACTS) + ".", [fact]) for question, fact in zip(QUESTIONS_ABOUT, FACTS, strict=True))
)


def test_the_floor_of_questions_points_where_answers_stand_in_the_labelled_rows() -> None:
    gold = asked(
        ("你住在北京哪里？", "我是学生。我住在北京。再见。", ["北京"]), ("Who is it?", "No mark here", ["here"])
    )
    for name in ("answer_f1", "mlqa_f1"):
        said = get_metric(name).floor(LABELLED, gold, ())
        assert said["text"].to_pylist() == ["我住在北京。", "No mark here"]
    first = asked(*(("What?", f"{fact}. Nothing else is known here.", [fact]) for fact in FACTS))
    assert get_metric("answer_f1").floor(first, gold, ())["text"].to_pylist() == ["我是学生。", "No mark here"]


def test_the_floor_leaves_questions_open_where_most_have_no_answer() -> None:
    gold, metric = asked(("What?", "This.", ["This"])), get_metric("squad_v2_f1")
    none = asked(*((row["question"], row["context"], []) for row in LABELLED.to_pylist()))
    assert metric.floor(pa.concat_tables([LABELLED, none]), gold, ())["text"].to_pylist() == [""]
    assert metric.floor(LABELLED, gold, ())["text"].to_pylist() == ["This."]
    assert get_metric("answer_f1").floor(none, gold, ())["text"].to_pylist() == [""]  # nothing to learn from


def test_floors_of_spans_and_retrieval() -> None:
    gold = asked(("p?", "y.", ["x"]), ("q?", "z.", [""]))
    metric = get_metric("answer_f1")
    assert metric.reduce(metric.count(gold, metric.floor(None, gold, ()), "en", ())) == 0
    gold = pa.table({"id": ["p"], "targets": [["x"]]})
    metric = get_metric("mean_average_precision")
    assert metric.reduce(metric.count(gold, metric.floor(None, gold, ()), "en", ())) == 0
    pairs = pa.table({"source_id": list("abcd"), "target_id": list("wxyz")})
    for name in ("mining_f1", "retrieval_f1"):
        metric = get_metric(name)
        assert metric.reduce(metric.count(pairs, metric.floor(None, pairs, ()), "en", ())) == 0
    gold = pa.table({"source": list("abcd"), "target": list("wxyz")})
    for name, least in (("retrieval_accuracy", 100 / 4), ("retrieval_f1", 2 / (4 + 1) / 4 * 100)):
        metric = get_metric(name)
        assert metric.reduce(metric.count(gold, metric.floor(None, gold, ()), "en", ())) == pytest.approx(least)


def test_floors_are_predictions() -> None:
    gold = {
        "accuracy": pa.table({"label": pa.array([1], pa.int16())}),
        "chunk_f1": pa.table({"tokens": [["a"]], "tags": pa.array([[0]], pa.list_(pa.int16()))}),
        "answer_f1": asked(("q?", "x.", ["x"])),
        "retrieval_accuracy": pa.table({"source": ["a"], "target": ["b"]}),
        "retrieval_f1": pa.table({"source": ["a"], "target": ["b"]}),
        "mining_f1": pa.table({name: pa.array(["a"]) for name in ("source_id", "target_id")}),
        "mean_average_precision": pa.table({"id": ["q"], "targets": [["x"]]}),
    }
    for name, rows in gold.items():
        metric = get_metric(name)
        assert metric.floor(rows, rows, ("X", "Y")).schema.equals(PREDICTIONS[metric.types[0]])


def test_metrics_and_catalogue_agree() -> None:
    for name, kinds in fitting().items():
        assert all(name in METRICS[kind] for kind in kinds)
    assert {name for names in METRICS.values() for name in names} == {
        name for name, kinds in fitting().items() if kinds
    }
    assert "chunk_f1_unaligned" in metrics() and not fitting()["chunk_f1_unaligned"]
    for task in tasks().values():
        assert not task.metric or task.type in get_metric(task.metric).types, task.name
    with pytest.raises(Problem, match="did you mean 'accuracy'"):
        get_metric("acuracy")


QUESTIONS = st.tuples(
    st.sampled_from([-2.0, -0.5, 0.0, 0.5, 3.0, float("inf")]), st.sampled_from([0.0, 0.4, 1.0]), st.booleans()
)


@settings(deadline=None)
@given(st.lists(QUESTIONS, max_size=8))
def test_the_best_no_answer_threshold_is_the_lowest_of_the_best(questions: list[tuple[float, float, bool]]) -> None:
    """Against every threshold there could be, counted one question at a time."""
    rows = [(above, 0.0 if unanswerable else f1, float(unanswerable)) for above, f1, unanswerable in questions]

    def total(threshold: float) -> float:
        return sum(f1 if above <= threshold else empty for above, f1, empty in rows)

    places = sorted({above for above, *_ in rows if above < float("inf")})
    found = best_no_answer_threshold(*(list(column) for column in zip(*rows, strict=True)) if rows else ([], [], []))
    if not places:
        assert found == 0
        return
    best = max(total(place) for place in [places[0] - 1, *places])
    assert total(found) == pytest.approx(best)
    assert all(total(place) < best - 1e-9 for place in places if place < found)


def test_the_search_agrees_with_squad_2_where_no_two_questions_stand_at_one_place() -> None:
    """Its evaluation walks from the surest answer on, adds what an answered question wins or loses, and keeps the first
    place where the sum is highest."""
    above, answered, empty = [-3.0, 1.0, 0.5, -1.0, 2.0], [1.0, 0.8, 0.0, 0.0, 0.2], [0.0, 0.0, 1.0, 0.0, 0.0]
    assert best_no_answer_threshold(above, answered, empty) == -3.0  # 2; at 1.0 it would be 1.8, at 2.0 again 2
    assert best_no_answer_threshold(above, [*answered[:4], 0.3], empty) == 2.0
    assert best_no_answer_threshold([1.0, 2.0], [0.0, 0.0], [1.0, 0.0]) < 1.0  # to answer none is best
