"""A task from a study file: what it defaults to, and that all its mistakes are told at once."""

import tomllib

import pytest

from xstilts.catalogue import Files, Problem, Task, TaskType, task_from_table

GOOD = """
type = "classification"
labels = ["no", "yes"]
languages = ["en", "sw"]
columns = { text_a = "question", label = "gold" }
[splits.train]
repository = "./mine"
languages = ["en"]
[splits.test]
repository = "me/mine"
configs = ["{language}"]
names = { sw = "swahili" }
where = [["kept", "==", 1]]
join = ["en", "key"]
official = { sw = 5 }
"""


def read(text: str) -> Task:
    return task_from_table("mine", tomllib.loads(text), "studies/mine.toml")


def test_what_is_left_out_has_a_default() -> None:
    task = read(GOOD)
    assert (task.type, task.metric, task.title, task.lineage) == (TaskType.CLASSIFICATION, "accuracy", "mine", "mine")
    assert task.splits["train"] == Files("./mine", ("{language}",), "train", languages=("en",))
    test = task.splits["test"]
    assert test.configs_of("sw") == ("swahili",)
    assert test.where == (("kept", "==", 1),)
    assert test.join == ("en", "key")


def test_rare_tags_and_questions_without_answer() -> None:
    tags = """
    type = "token_classification"
    languages = ["en"]
    labels = ["N", "S[dcl]\\\\NP", "other"]
    other = "other"
    [splits.train]
    repository = "ccgbank"
    configs = ["default"]
    """
    assert read(tags).other == "other"
    asked = 'type = "span_extraction"\nno_answer = VALUE\nlanguages = ["en"]\n[splits.train]\nrepository = "mine"'
    assert read(asked.replace("VALUE", "true")).no_answer
    with pytest.raises(Problem, match="no_answer: must be true or false"):
        read(asked.replace("VALUE", "1"))
    with pytest.raises(Problem, match="other: 'rare' is none of the labels"):
        read(tags.replace('other = "other"', 'other = "rare"'))


def test_a_ranking_needs_candidates_and_only_a_ranking_has_them() -> None:
    ranking = """
    type = "ranking"
    languages = ["en"]
    [splits.train]
    path = "questions.json"
    reading = "sentences"
    [splits.test]
    path = "test.csv"
    [splits.candidates]
    path = "candidates.csv"
    """
    task = read(ranking)
    assert (task.metric, task.splits["train"].reading) == ("mean_average_precision", "sentences")
    with pytest.raises(Problem, match=r"splits\.candidates: missing; name what the queries are looked for in"):
        read(ranking.replace("candidates]", "validation]"))
    with pytest.raises(Problem, match=r"reading: 'sentence' is none of those .*did you mean 'sentences'"):
        read(ranking.replace('"sentences"', '"sentence"'))
    with pytest.raises(Problem, match=r"'candidates' is none of train, validation, test"):
        read(GOOD + '[splits.candidates]\nrepository = "mine"\n')
    with pytest.raises(Problem, match=r"reading: 'sentences' is none of those of a classification task"):
        read(GOOD + 'reading = "sentences"\n')


def test_every_mistake_is_told_at_once() -> None:
    text = """
    type = "classification"
    lables = ["a", "b"]
    labels = ["a"]
    metric = "chunk_f1"
    languages = ["en", "swe", "xx"]
    columns = { text_a = "a", txt_b = "b" }
    evaluation_split = 3
    [splits.train]
    repository = "me/mine"
    confgs = ["x"]
    [splits.dev]
    repository = "me/mine"
    where = [["a", "=", 3]]
    [splits.test]
    configs = ["{lang}"]
    """
    with pytest.raises(Problem) as raised:
        read(text)
    told = raised.value.problems
    assert all(line.startswith("studies/mine.toml, tasks.mine: ") for line in told)
    for part in (
        "unknown field 'lables': did you mean 'labels'?",
        "labels: a classification task needs at least two",
        "metric: 'chunk_f1' does not fit",
        "languages: unknown language 'xx'",
        "columns: 'txt_b' is no role",
        "evaluation_split: must be a text",
        "splits.train.unknown field 'confgs': did you mean 'configs'?",
        "splits: 'dev' is none of",
        "splits.dev.where: '=' is none of",
        "splits.test.repository: missing",
        "splits.test.configs: '{lang}'",
    ):
        assert sum(part in line for line in told) == 1, part
    assert len(told) == 11


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "type: missing"),
        ("", "splits: at least one"),
        ('type = "clasification"', "did you mean 'classification'"),
        ('type = "mlm"\nmetric = "acuracy"', "did you mean 'accuracy'"),
        ('type = "mlm"\nlanguages = ["en"]\nlabels = ["a", "b"]\n[splits]\ntrain = 3', "splits.train: must be a table"),
        ('type = "mlm"\nlanguages = "en"', "languages: must be a list of texts"),
        ('type = "mlm"\n[splits.train]\nrepository = "a"\njoin = ["b"]', "splits.train.join: must be"),
        ('type = "mlm"\n[splits.train]\nrepository = "a"\notherwise = {}', "splits.train.otherwise: split: missing"),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, part: str) -> None:
    with pytest.raises(Problem) as raised:
        read(text)
    assert any(part in line for line in raised.value.problems), raised.value.problems


def test_a_further_metric_must_fit() -> None:
    table = tomllib.loads(GOOD) | {"metric": "kappa"}
    assert task_from_table("mine", table, "x", {"kappa": (TaskType.CLASSIFICATION,)}).metric == "kappa"
    with pytest.raises(Problem, match="does not fit"):
        task_from_table("mine", table, "x", {"kappa": (TaskType.MLM,)})
    with pytest.raises(Problem, match="unknown metric 'kappa'"):
        task_from_table("mine", table, "x")
