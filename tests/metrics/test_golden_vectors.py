"""Small published cases: what the official evaluator (with seqeval 0.0.12 unless said) gives for them.

Source of every expected value: runs of google-research/xtreme's evaluator, commit 838c13b, through whole files, so that
the readers are tested with the metrics.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmark_folders import answers, put, small

from xstilts.catalogue import Problem
from xstilts.metrics.benchmark import score_folders
from xstilts.metrics.mean_average_precision import average_precision
from xstilts.metrics.mining_f1 import best_threshold
from xstilts.metrics.mlqa_f1 import normalised


def scores(
    folder: Path, task: str, gold: str, said: str, language: str = "en", rules: str = "official"
) -> dict[str, float]:
    """The scores of one file of each side, by their official names."""
    put(folder / "labels", task, language, gold)
    put(folder / "predictions", task, language, said)
    found = score_folders(small(task, languages=(language,)), folder / "predictions", folder / "labels", rules)
    return dict(found.tasks[task].averages)


def lines(text: str) -> str:
    """A file of a word a line; a bar stands for a blank line."""
    return "\n".join(text.replace("|", "").split(" ")) + "\n"


@pytest.mark.parametrize(
    ("task", "gold", "said", "official", "newer"),
    [
        ("panx", "B-PER I-PER", "I-PER I-PER", 100, 100),
        ("panx", "O O", "O O", 0, 0),
        ("udpos", "NOUN NOUN", "NOUN VERB", 0, 0),
        ("udpos", "SCONJ SCONJ", "SCONJ VERB", 50, 50),
        ("udpos", "CCONJ", "SCONJ", 0, 100),
        ("udpos", "X", "X", 100, 0),
        ("udpos", "NOUN VERB", "O VERB", 66.66666666666666, 66.66666666666666),
        ("panx", "B-ORG I-PER | O", "B-ORG I-PER | O", 100, 100),
    ],
)
def test_tags(tmp_path: Path, task: str, gold: str, said: str, official: float, newer: float) -> None:
    for rules, expected in (("checked", official), ("official", official), ("seqeval-1", newer)):
        assert scores(tmp_path, task, lines(gold), lines(said), rules=rules)["f1"] == expected, rules


def test_tags_that_do_not_match_their_tokens(tmp_path: Path) -> None:
    gold, said = "B-PER\nO\n\nB-LOC\n", "B-PER\n\nB-LOC\n"
    assert scores(tmp_path, "panx", gold, said)["f1"] == 50
    for rules in ("checked", "seqeval-1", "strict"):
        with pytest.raises(Problem, match=r"sentence 1: not one tag a token; .* \(line 1\) has 1 tags for 2 tokens"):
            scores(tmp_path, "panx", gold, said, rules=rules)
    with pytest.raises(Problem, match="3 sentences for 2"):
        scores(tmp_path, "panx", "O\n\nO\n", "O\n\nO\n\n\n")


def test_precision_and_recall(tmp_path: Path) -> None:
    assert scores(tmp_path, "udpos", "NOUN\nVERB", "O\nVERB") == {
        "f1": 66.66666666666666,
        "precision": 100,
        "recall": 50,
    }


@pytest.mark.parametrize(
    ("task", "gold", "said"),
    [
        ("xnli", "neutral\n", "Neutral\n"),
        ("tatoeba", "3\n", "[3]\n"),
        ("tatoeba", "3\n", "03\n"),
        ("xcopa", '{"label": 0}\n', '{"label": "0"}\n'),
    ],
)
def test_lines_are_compared_as_written(tmp_path: Path, task: str, gold: str, said: str) -> None:
    assert scores(tmp_path, task, gold, said, rules="checked") == {"accuracy": 0}
    with pytest.raises(Problem, match="counts as wrong"):
        scores(tmp_path, task, gold, said, rules="strict")
    assert scores(tmp_path, task, gold, gold, rules="strict") == {"accuracy": 100}


def test_choices_are_compared_by_value(tmp_path: Path) -> None:
    gold = '{"label": 1}\n{"label": 0}\n{"label": 1}\n'
    assert scores(tmp_path, "xcopa", gold, '{"label": true}\n{"label": 0.0}\n{"label": 1}') == {"accuracy": 100}


@pytest.mark.parametrize(
    ("said", "f1", "precision", "recall"),
    [
        ("a\tb\na\tb\n", 66.66666666666666, 100, 50),
        ("b\ta\n", 0, 0, 0),
        ("", 0, 0, 0),
        ("a\tb\nc\td\n", 100, 100, 100),
        ("a\t b\n", 0, 0, 0),
    ],
)
def test_pairs(tmp_path: Path, said: str, f1: float, precision: float, recall: float) -> None:
    found = scores(tmp_path, "bucc2018", "a\tb\nc\td\n", said, "de", rules="checked")
    assert found == {"f1": f1, "precision": precision, "recall": recall}


def test_a_blank_line_is_a_wrong_pair(tmp_path: Path) -> None:
    found = scores(tmp_path, "bucc2018", "a\tb\n", "a\tb\n\n", "de")
    assert found == {"f1": 66.66666666666666, "precision": 50, "recall": 100}


@pytest.mark.parametrize(
    ("task", "language", "gold", "said", "exact", "f1"),
    [
        ("xquad", "en", "the", "a", 100, 0),
        ("xquad", "en", "", "", 100, 0),
        ("xquad", "en", "x", None, 0, 0),
        ("xquad", "en", "x", "", 0, 0),
        ("xquad", "es", "ir a casa", "ir casa", 100, 100),
        ("xquad", "zh", "天氣很好", "天氣", 0, 0),
        ("mlqa", "zh", "天氣很好", "天氣", 0, 66.66666666666666),
        ("xquad", "zh", "天氣。", "天氣", 0, 0),
        ("mlqa", "zh", "天氣。", "天氣", 100, 100),
        ("xquad", "ar", "الكتاب", "كتاب", 0, 0),
        ("mlqa", "ar", "الكتاب", "كتاب", 100, 100),
        ("xquad", "en", "café", "cafe\u0301", 0, 0),
    ],
)
def test_answers(
    tmp_path: Path, task: str, language: str, gold: str, said: str | None, exact: float, f1: float
) -> None:
    mine = json.dumps({} if said is None else {"q": said})
    assert scores(tmp_path, task, answers(("q", [gold])), mine, language) == {"exact_match": exact, "f1": f1}


@pytest.mark.parametrize(
    ("language", "text", "form"),
    [
        ("zh", "《紅樓夢》是 iPhone 12 的𠀀㐀〇", "紅 樓 夢 是 iphone 12 的 𠀀㐀〇"),
        ("en", "The U.S.—based “Apple”, a company", "usbased apple company"),
        ("ar", "البالون", "ب ون"),
        ("de", "Der Wert: 5 € + 3°", "wert 5 € 3°"),
        ("vi", "cái nhà của tôi là", "nhà tôi"),
        ("hi", "यह ठीक है।", "यह ठीक है"),
        ("es", "Las ¿Unas? casas", "casas"),
    ],
)
def test_forms_of_mlqa(language: str, text: str, form: str) -> None:
    assert normalised(text, language) == form


def test_mlqa_has_seven_languages() -> None:
    with pytest.raises(Problem, match="no rules for 'sw'"):
        normalised("x", "sw")


@pytest.mark.parametrize(
    ("gold", "said", "score"),
    [
        ({"a": ["Q1"], "b": ["Q2"]}, {"a": ["Q3", "Q1"]}, 25.0),
        ({"a": ["Q1"]}, {"a": [f"W{k}" for k in range(20)] + ["Q1"]}, 0),
        ({"a": ["Q1"]}, {"a": [f"W{k}" for k in range(19)] + ["Q1"]}, 5),
        ({"a": [" Q1 "]}, {"a": ["Q1"], "unknown": ["Q1"]}, 100),
        ({"a": ["Q1"]}, {"a": [" Q1", "Q1"]}, 50),
        ({"a": ["Q1", "Q2"]}, {"a": ["Q2", "Q1"]}, 50),
    ],
)
def test_entities(tmp_path: Path, gold: dict[str, list[str]], said: dict[str, list[str]], score: float) -> None:
    assert scores(tmp_path, "mewslix", json.dumps(gold), json.dumps(said)) == {"map@20": score}


def test_average_precision_of_several_targets() -> None:
    assert average_precision(["0", "5", "7"], list("510347")) == 0.7222222222222222
    assert average_precision([str(k) for k in range(40)], [str(k) for k in range(40)]) == 1
    assert average_precision(["0"], ["1", "1", "0", "0"]) == 1 / 3


@pytest.mark.parametrize(
    ("candidates", "right", "gold", "threshold"),
    [
        ([1.5, 1.4], [True, False], 1, 1.45),
        ([1.4, 1.5], [False, True], 1, 1.45),
        ([1.5, 1.4], [True, True], 2, 1.4),  # the official code raises IndexError here
        ([1.5, 1.4], [False, False], 2, 0),
        ([], [], 2, 0),
        ([1.6, 1.5, 1.4, 1.3], [True, False, True, False], 2, 1.35),
        ([1.6, 1.5, 1.4], [True, False, True], 1, 1.55),
    ],
)
def test_thresholds_of_mining(candidates: list[float], right: list[bool], gold: int, threshold: float) -> None:
    assert best_threshold(candidates, right, gold) == pytest.approx(threshold, abs=1e-12)


def test_lines_end_in_every_way_and_blanks_are_items(tmp_path: Path) -> None:
    gold = "0\n1\n0\n1\n"
    assert scores(tmp_path, "pawsx", gold, "0\r\n1\r\u00a00\u3000\n\n") == {"accuracy": 75}
    assert scores(tmp_path, "pawsx", "0\n1", "\ufeff0\n1") == {"accuracy": 50}
    assert scores(tmp_path, "pawsx", "0\n1", "0\u20281\n1") == {"accuracy": 50}
