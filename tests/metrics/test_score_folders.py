"""Whole folders: what holds for every score, and what is said of files that are wrong."""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from benchmark_folders import TASKS, answers, put, small, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from sklearn.metrics import average_precision_score
from typer.testing import CliRunner

from xstilts.catalogue import Problem
from xstilts.catalogue.benchmark import XTREME, XTREME_R, get_benchmark
from xstilts.cli import app
from xstilts.metrics.benchmark import Scores, score_folders
from xstilts.metrics.benchmark.write import texts_of

# Each case writes and reads files, whose time depends on the machine.
FEW = settings(max_examples=30, deadline=None)


def folders(place: Path) -> tuple[Path, Path]:
    return place / "predictions", place / "labels"


@pytest.mark.parametrize("benchmark", [XTREME, XTREME_R], ids=lambda one: one.name)
@pytest.mark.parametrize("rules", ["checked", "strict", "seqeval-1"])
def test_perfect_predictions_score_100_everywhere(tmp_path: Path, benchmark, rules: str) -> None:  # type: ignore[no-untyped-def]
    predictions, labels = folders(tmp_path)
    whole(labels, benchmark)
    whole(predictions, benchmark, right=False)
    found = score_folders(benchmark, predictions, labels, rules)
    assert list(found.tasks) == [task.name for task in benchmark.tasks]
    assert set(found.groups.values()) == {100.0} and list(found.groups) == ["all_task", *benchmark.groups]
    for one in found.tasks.values():
        assert {value for values in one.scores.values() for value in values.values()} == {100.0}
        assert set(one.averages.values()) == {100.0} and set(one.examples.values()) <= {2, 3}
    assert not found.notes


TAGS = ["B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "O"]
POS = list(TASKS["udpos"].labels)


def tagged(labels: list[str]) -> st.SearchStrategy[list[tuple[list[str], list[str]]]]:
    """Sentences, each as gold and predicted tags."""
    sentence = st.integers(1, 5).flatmap(
        lambda size: st.tuples(*[st.lists(st.sampled_from(labels), min_size=size, max_size=size)] * 2)
    )
    return st.lists(sentence, min_size=1, max_size=8)


def score_texts(task: str, gold: str, said: str, rules: str = "official") -> Scores:
    with tempfile.TemporaryDirectory() as place:
        predictions, labels = folders(Path(place))
        put(labels, task, "en", gold)
        put(predictions, task, "en", said)
        return score_folders(small(task), predictions, labels, rules)


@given(tagged(TAGS), st.randoms(use_true_random=False), st.sampled_from(["official", "seqeval-1"]))
@FEW
def test_the_order_of_sentences_does_not_matter(case, random, rules: str) -> None:  # type: ignore[no-untyped-def]
    def text(side: int) -> str:
        return "\n\n".join("\n".join(sentence[side]) for sentence in case) + "\n"

    before = score_texts("panx", text(0), text(1), rules).tasks["panx"].averages
    random.shuffle(case)
    assert score_texts("panx", text(0), text(1), rules).tasks["panx"].averages == before
    assert all(0 <= value <= 100 for value in before.values())


@given(tagged(POS))
@FEW
def test_tags_of_newer_rules_are_those_of_seqeval(case: list[tuple[list[str], list[str]]]) -> None:
    gold, said = ([sentence[side] for sentence in case] for side in (0, 1))
    texts = ["\n\n".join("\n".join(sentence) for sentence in side) + "\n" for side in (gold, said)]
    found = score_texts("udpos", *texts, "seqeval-1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = [100 * score(gold, said) for score in (f1_score, precision_score, recall_score)]
    averages = found.tasks["udpos"].averages
    assert [averages[name] for name in ("f1", "precision", "recall")] == pytest.approx(oracle, abs=1e-9)


@given(tagged(TAGS))
@FEW
def test_on_iob2_all_versions_agree(case: list[tuple[list[str], list[str]]]) -> None:
    texts = ["\n\n".join("\n".join(sentence[side]) for sentence in case) + "\n" for side in (0, 1)]
    both = [score_texts("panx", *texts, rules).tasks["panx"].averages for rules in ("official", "seqeval-1")]
    assert both[0] == both[1]


words = st.text(alphabet="ab the.,。的天 ", max_size=8)


@given(st.dictionaries(st.sampled_from("pqrst"), st.tuples(st.lists(words, min_size=1, max_size=3), words), min_size=1))
@FEW
def test_answers_lie_between_bounds_in_any_order(case: dict[str, tuple[list[str], str]]) -> None:
    for task in ("xquad", "mlqa"):
        questions = [(name, texts) for name, (texts, _) in case.items()]
        said = {name: text for name, (_, text) in case.items()}
        averages = score_texts(task, answers(*questions), json.dumps(said)).tasks[task].averages
        assert all(0 <= value <= 100 for value in averages.values())
        turned = dict(reversed(said.items()))
        again = score_texts(task, answers(*reversed(questions)), json.dumps({"data": turned})).tasks[task].averages
        assert again == pytest.approx(averages, abs=1e-12)


@given(
    st.lists(st.tuples(st.permutations(list("abcdefgh")), st.sets(st.sampled_from("abcdefgh"), min_size=1)), min_size=1)
)
@FEW
def test_average_precision_is_that_of_scikit_learn(case: list[tuple[list[str], set[str]]]) -> None:
    gold = {str(k): sorted(targets) for k, (_, targets) in enumerate(case)}
    said = {str(k): ranking for k, (ranking, _) in enumerate(case)}
    found = score_texts("lareqa", json.dumps(gold), json.dumps(said), "checked").tasks["lareqa"].averages["map@20"]
    oracle = [
        average_precision_score([name in targets for name in ranking], [-rank for rank in range(len(ranking))])
        for ranking, targets in case
    ]
    assert found == pytest.approx(100 * sum(oracle) / len(oracle), abs=1e-9)


pairs = st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), min_size=1)


@given(pairs, pairs)
@FEW
def test_mining_is_f1_of_sets(gold: set[tuple[str, str]], said: set[tuple[str, str]]) -> None:
    texts = ["".join(f"{source}\t{target}\n" for source, target in side) for side in (gold, said)]
    averages = score_texts("bucc2018", *texts).tasks["bucc2018"].averages
    both = len(gold & said)
    assert averages["f1"] == pytest.approx(200 * both / (len(gold) + len(said)), abs=1e-9)
    assert averages["precision"] == both / len(said) * 100 and averages["recall"] == both / len(gold) * 100


def test_lareqa_is_one_pool_of_questions(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    put(labels, "lareqa", "en", '{"a": ["s"], "b": ["s"], "c": ["s"]}')
    put(predictions, "lareqa", "en", '{"a": ["s"], "b": ["s"], "c": ["s"]}')
    put(labels, "lareqa", "de", '{"a": ["s", "t"]}')
    put(predictions, "lareqa", "de", '{"a": ["x", "t"]}')
    found = score_folders(small("lareqa", languages=("en", "de")), predictions, labels).tasks["lareqa"]
    assert found.scores["map@20"] == {"en": 100.0, "de": 25.0}
    assert found.score == (3 + 0.25) / 4 * 100
    with pytest.raises(Problem, match="official evaluator ends with KeyError"):
        score_folders(small("lareqa", languages=("en", "de")), predictions, labels, "official")


def test_token_accuracy_stands_beside_the_chunks() -> None:
    gold, said = "NOUN\nNOUN\nVERB\n\nX\n", "NOUN\nVERB\nVERB\n\nX\n"
    found = score_texts("udpos", gold, said, "checked")
    assert found.details()["tasks"]["udpos"]["token_accuracy"] == {"en": 75.0}
    assert found.to_json()["tasks"]["udpos"].keys() == {
        *("f1", "precision", "recall", "avg_f1", "avg_precision", "avg_recall", "avg_metric")
    }


def test_a_task_on_one_side_only_is_left_out_and_groups_need_all_tasks(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    whole(labels, XTREME)
    whole(predictions, replace(XTREME, tasks=tuple(task for task in XTREME.tasks if task.name != "panx")), right=False)
    put(predictions, "xnli", "en", "entailment\n" * 3).parent.rename(predictions / "xnil")
    found = score_folders(XTREME, predictions, labels)
    assert set(found.tasks) == {task.name for task in XTREME.tasks} - {"panx", "xnli"}
    assert list(found.groups) == ["qa", "retrieval"]
    assert any("xnil: no task of XTREME: did you mean 'xnli'?" in note for note in found.notes)
    assert any("labels/panx: not scored: no folder" in note for note in found.notes)


def test_languages_of_the_other_benchmark_are_passed_over(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    for folder, right in ((labels, True), (predictions, False)):
        whole(folder, XTREME_R, right)
    found = score_folders(XTREME, predictions, labels)
    assert "panx" in found.tasks and "qu" not in found.tasks["panx"].examples
    assert any("panx/test-qu.tsv: passed over" in note for note in found.notes)


BAD = [
    ("xnli", "neutral\nneutral\n", "neutral\n", "1 lines for 2 in "),
    ("xnli", "neutral\n", b"neutral\xff\n", r"line 1 is not UTF-8 \(byte 0xff\)"),
    ("xnli", "neutral\nentailment\n", b"neutral\n\xc3\n", "line 2 is not UTF-8"),
    ("xnli", "neutral\nmaybe\n", "neutral\nneutral\n", "labels.*: line 2: 'maybe' is no label of xnli"),
    ("xnli", "neutral\n" * 10, "neutral\n" * 10, "all 10 labels are 'neutral'.*placeholders"),
    ("xnli", "", "", "is empty"),
    ("udpos", "O\n" * 11, "O\n" * 11, "all 11 labels are 'O'"),
    ("udpos", "NOUN\nNOUN\n\nNOUN\nVRB\n", "NOUN\nNOUN\n\nNOUN\nVERB\n", "line 5: 'VRB' is no label"),
    ("udpos", "\n\n", "\n\n", "holds no tag"),
    ("tatoeba", "3\n3\n", "3\n3\n", "lines 1, 2: the same row number again"),
    ("tatoeba", "0\nx\n", "0\n1\n", "line 2: no row number"),
    ("xcopa", '{"label": 0}\n', "0\n", "predictions.*: line 1: no JSON object with a label"),
    ("xcopa", '{"label": 2}\n', '{"label": 0}\n', "line 1: the label is no number of a choice"),
    ("xcopa", '{"label": 0}\n' * 11, '{"label": 0}\n' * 11, "placeholders"),
    ("bucc2018", "a b\n", "a\tb\n", "labels.*: line 1: not two names with a tab"),
    ("bucc2018", "", "a\tb\n", "is empty"),
    ("xquad", answers(("q", [])), '{"q": "x"}', "question 'q': no gold answer"),
    ("xquad", answers(("q", ["x"]), ("q", ["y"])), '{"q": "x"}', "id 'q' given to more than one question"),
    ("xquad", answers(("q", ["x"])), '{"q": "x", "q": "y"}', "id 'q' given more than once"),
    ("xquad", answers(("q", ["x"])), '{"q": null}', "id 'q': the answer is no text"),
    ("xquad", answers(("q", ["x"])), '["x"]', "predictions.*holds a list"),
    ("xquad", answers(("q", ["x"])), '{"q": "x"', "line 1 is no JSON"),
    ("xquad", answers(("q", ["x"])), '\ufeff{"q": "x"}', "byte-order mark"),
    ("xquad", "[" * 100_000, '{"q": "x"}', "nested too deeply"),
    ("xquad", '{"data": [{"paragraphs": [{"qas": [{"id": "q"}]}]}]}', "{}", "article 1: not in SQuAD 1.1's form"),
    ("xquad", '{"q": "x"}', "{}", "labels.*is not in the form of SQuAD"),
    ("xquad", '{"data": []}', "{}", "holds no question"),
    ("xquad", answers(*((f"q{k}", [""]) for k in range(10))), "{}", "all answers are empty"),
    ("mewslix", '{"m": []}', "{}", "query 'm': no target"),
    ("mewslix", '{"m": ["Q1"]}', '{"m": "Q1"}', "predictions.*id 'm': no list of names"),
    ("mewslix", "{}", "{}", "holds no query"),
]


@pytest.mark.parametrize(("task", "gold", "said", "message"), BAD, ids=lambda value: str(value)[:30])
def test_bad_files_are_refused_with_file_row_and_remedy(
    tmp_path: Path, task: str, gold: str | bytes, said: str | bytes, message: str
) -> None:
    predictions, labels = folders(tmp_path)
    put(labels, task, "en", gold)
    put(predictions, task, "en", said)
    with pytest.raises(Problem, match=message) as caught:
        score_folders(small(task), predictions, labels)
    assert len(caught.value.problems) == 1 and f"{task}/test-en." in caught.value.problems[0]


@pytest.mark.parametrize(
    ("task", "gold", "said", "message"),
    [
        ("xnli", "neutral\nentailment\n", "neutral\n\n", "line 2: a blank line is no label of xnli"),
        ("udpos", "X\n\nX\nNOUN\n", "X\n\nX\nFOO\n", "line 4: 'FOO' is no label of udpos"),
        ("udpos", "X\n", "word\tX\n", "a label alone, without its text"),
        ("bucc2018", "a\tb\n", "a\tb\na\tb\n", "line 2: the same pair again; it counts once"),
        ("xquad", answers(("q", ["x"]), ("p", ["y"])), '{"q": "x", "r": "z"}', "id 'p': not answered"),
        ("xquad", answers(("q", ["x"])), '{"q": "x", "r": "z"}', "id 'r': unknown in the references"),
        ("mewslix", '{"m": ["Q1", "Q2"]}', '{"m": ["Q1"]}', "query 'm': several names"),
    ],
)
def test_what_lowers_a_score_is_noted_and_strictly_refused(
    tmp_path: Path, task: str, gold: str, said: str, message: str
) -> None:
    predictions, labels = folders(tmp_path)
    put(labels, task, "en", gold)
    put(predictions, task, "en", said)
    assert any(message in note for note in score_folders(small(task), predictions, labels).notes)
    with pytest.raises(Problem, match=message):
        score_folders(small(task), predictions, labels, "strict")


def test_the_official_rules_score_what_means_nothing(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    for folder in (predictions, labels):
        put(folder, "xnli", "en", "maybe\n" * 11)
    found = score_folders(small("xnli"), predictions, labels, "official")
    assert found.tasks["xnli"].score == 100 and len(found.notes) == 3


def test_the_command_names_every_mistake_at_once(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    whole(labels, XTREME)
    whole(predictions, XTREME, right=False)
    put(predictions, "xnli", "sw", "neutral\n")
    put(predictions, "panx", "yo", b"\xfe")
    put(predictions, "pawsx", "sw", "0\n1\n0\n")
    put(predictions, "udpos", "enn", "NOUN\n")
    (predictions / TASKS["mlqa"].file("hi")).unlink()
    (labels / TASKS["tatoeba"].file("fi")).unlink()
    arguments = ["score", "--predictions", str(predictions), "--references", str(labels), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2 and not done.stdout
    told = done.stderr.splitlines()
    expected = [
        "xnli/test-sw.tsv: 1 lines for 3",
        "panx/test-yo.tsv: line 1 is not UTF-8",
        "pawsx/test-sw.tsv: XTREME does not score pawsx in 'sw'",
        "udpos/test-enn.tsv: XTREME does not score udpos in 'enn': did you mean 'en'?",
        "predictions/mlqa/test-hi.json: missing",
        "labels/tatoeba/test-fi.tsv: missing",
    ]
    assert len(told) == len(expected)
    assert all(any(text in line for line in told) for text in expected)


def test_the_command_s_requests(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    whole(labels, XTREME)
    whole(predictions, XTREME, right=False)
    put(predictions, "xnli", "en", "neutral\nneutral\nx\n")

    def call(*more: str) -> tuple[int, str, str]:
        arguments = ["score", "--predictions", str(predictions), "--references", str(labels)]
        done = CliRunner().invoke(app, [*arguments, *more])
        return done.exit_code, done.stdout, done.stderr

    code, text, notes = call()
    assert code == 0 and "all_task" in text and "token_accuracy 100.00" in text
    assert "xnli/test-en.tsv: line 3: 'x' is no label" in notes
    code, text, _ = call("--json", "--details")
    assert json.loads(text)["details"]["tasks"]["xnli"] == {
        "metric": "accuracy",
        "revision": 1,
        "examples": dict.fromkeys(TASKS["xnli"].languages, 3),
    }
    assert call("--benchmark", "xtrem")[::2] == (
        2,
        "unknown benchmark 'xtrem': did you mean 'xtreme'? benchmarks: xtreme, xtreme-r, catalogue\n",
    )
    assert call("--rules", "offical")[0] == 2
    code, _, told = call("--predictions", str(tmp_path / "none"))
    assert code == 2 and "no such folder" in told
    code, _, told = call("--predictions", str(tmp_path))
    assert code == 2 and "share no task" in told


def test_choices_are_written_as_they_are_read(tmp_path: Path) -> None:
    gold = pa.table({"label": pa.array([0, 1, 1, 0], pa.int16())})
    said = pa.table({"prediction": pa.array([0, 1, 0, 0], pa.int16())})
    texts = texts_of(TASKS["xcopa"], gold, said, ())
    assert texts is not None
    for folder, text in zip(reversed(folders(tmp_path)), texts, strict=True):
        put(folder, "xcopa", "et", text)
    found = score_folders(small("xcopa", languages=("et",)), *folders(tmp_path), "strict")
    assert found.tasks["xcopa"].score == 75


def test_labels_that_the_benchmark_lacks_are_not_exported() -> None:
    gold, said = pa.table({"label": [0]}), pa.table({"prediction": [0]})
    with pytest.raises(Problem, match="labels of xnli are not the benchmark's: yes, no"):
        texts_of(TASKS["xnli"], gold, said, ("yes", "no", "neutral"))


def test_what_a_given_system_said_is_exported_as_it_said_it() -> None:
    gold, said = pa.table({"label": [0, 1]}), pa.table({"prediction": [-1, 1]})
    labels = ("entailment", "neutral", "contradiction")
    assert texts_of(TASKS["xnli"], gold, said, labels) == ("entailment\nneutral\n", "\nneutral\n")
    gold, said = pa.table({"tags": [[0, 1]]}), pa.table({"tags": [[2, 1]]})
    assert texts_of(TASKS["udpos"], gold, said, ("NOUN", "VERB"), ("NN",)) == ("NOUN\nVERB\n\n", "NN\nVERB\n\n")


def test_a_part_of_the_languages_has_scores_and_no_average(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    for language in ("en", "de"):
        for folder in (predictions, labels):
            put(folder, "xnli", language, "neutral\nentailment\n")
    put(labels, "xnli", "ar", "neutral\n")
    put(predictions, "xnli", "fr", "entailment\n")
    with pytest.raises(Problem, match=r"labels/xnli/test-fr\.tsv: missing"):
        score_folders(XTREME, predictions, labels, partial=True)
    put(labels, "xnli", "fr", "neutral\n")
    found = score_folders(XTREME, predictions, labels, partial=True)
    assert found.to_json() == {"groups": {}, "tasks": {"xnli": {"accuracy": {"de": 100.0, "en": 100.0, "fr": 0.0}}}}
    assert any("12 of 15 languages are missing (ar bg el" in note for note in found.notes)


def test_benchmarks_are_found_by_name() -> None:
    assert get_benchmark("xtreme-r") is XTREME_R


def test_what_json_allows_and_no_table_holds_is_refused(tmp_path: Path) -> None:
    predictions, labels = folders(tmp_path)
    put(labels, "xquad", "en", answers(("q", ["😀"])))
    put(predictions, "xquad", "en", '{"q": "\\ud83d\\ude00"}')
    assert score_folders(small("xquad"), predictions, labels).tasks["xquad"].score == 100
    put(predictions, "xquad", "en", '{"q": "\\ud83d"}')
    with pytest.raises(Problem, match=r"holds '.ud83d', one half of a character"):
        score_folders(small("xquad"), predictions, labels)
    put(predictions, "xquad", "en", "9" * 5000)
    with pytest.raises(Problem, match=r"holds a value that can not be read .*5000 digits"):
        score_folders(small("xquad"), predictions, labels)
