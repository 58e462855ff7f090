"""Retrieval protocols in a study: presets, what is changed in them, where a threshold comes from, whose keys move."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from toy_world import LANGUAGES, TASKS, ToySource, find, identify

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.protocol import PROTOCOLS
from xstilts.catalogue.task import UNTRAINED, TaskType
from xstilts.study.job import Predict, Score
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.searching import Retrieval, searching
from xstilts.study.spec import study_of

TOML = """
question = "Which sentences find one another?"
targets = ["pairs", "mine"]
seeds = [0]
{more}
[backbones.tiny]
architecture = {{layers = {layers}, hidden = 64, heads = 2, feedforward = 128, vocabulary = 500}}
vocabulary = {{ text = ["text"] }}
[arms.baseline]
"""


def planned(more: str = "", layers: int = 24, source: ToySource | None = None) -> Plan:
    study = study_of(tomllib.loads(TOML.format(more=more, layers=layers)), "toy", "toy.toml")
    return plan(study, source or ToySource(), find, identify)


def problems(more: str = "", layers: int = 24, source: ToySource | None = None) -> tuple[str, ...]:
    with pytest.raises(Problem) as caught:
        planned(more, layers, source)
    return caught.value.problems


def of(found: Plan, target: str) -> tuple[str, Predict, Score]:
    """Protocol, prediction and score of one cell."""
    cell = next(cell for cell in found.cells if cell.target == target)
    score = found.jobs[cell.score]
    assert isinstance(score, Score) and score.metric == cell.metric
    predict = found.jobs[score.prediction]
    assert isinstance(predict, Predict)
    return cell.protocol, predict, score


def test_every_preset_knows_every_type_that_nothing_is_trained_on() -> None:
    for name, protocols in PROTOCOLS.items():
        assert set(protocols) == UNTRAINED
        assert {protocol.name for protocol in protocols.values()} == {name}


@pytest.mark.parametrize(
    ("preset", "pairs", "mine"),
    [
        (
            "xtreme",
            "xtreme: layer 14, mean, cosine, target asks",
            "xtreme: layer 20, mean, ratio of 4, both ask, threshold from validation",
        ),
        (
            "jiant",
            "jiant: layer 14, mean, cosine, target asks",
            "jiant: layer 14, mean, ratio of 4, both ask, threshold from validation",
        ),
        (
            "mteb",
            "mteb: last layer, mean, cosine, source asks",
            "mteb: last layer, mean, cosine, paired sources ask, no threshold",
        ),
    ],
)
def test_presets_say_what_they_are(preset: str, pairs: str, mine: str) -> None:
    found = planned(f'retrieval = "{preset}"')
    assert (of(found, "pairs")[0], of(found, "mine")[0]) == (pairs, mine)
    metrics = {of(found, target)[2].metric for target in ("pairs", "mine")}
    assert metrics == ({"retrieval_f1"} if preset == "mteb" else {"retrieval_accuracy", "mining_f1"})


def test_the_default_is_xtremes_and_moves_no_key() -> None:
    assert list(planned().jobs) == list(planned('retrieval = "xtreme"').jobs)
    _, predict, score = of(planned(), "pairs")
    assert predict == Predict("pairs", "retrieval", predict.data, start=predict.start, layer=14, max_length=128)
    assert score == Score(score.prediction, "pairs", "retrieval", "retrieval_accuracy", predict.data)


def test_a_protocol_can_be_changed_and_says_so() -> None:
    table = "[retrieval]\nprotocol = 'mteb'\npooling = 'first'\nmargin = 'csls'\nneighbours = 10\nthreshold = 0.5"
    found = planned(f"retrieval_layer = 9\n{table}")
    protocol, predict, score = of(found, "mine")
    assert protocol == "mteb, changed: layer 9, first, csls of 10, paired sources ask, threshold 0.5"
    assert (predict.layer, predict.search.pooling, predict.search.neighbours) == (9, "first", 10)
    assert (score.threshold, score.tuned_on) == (0.5, None)
    protocol, _, score = of(found, "pairs")
    assert protocol == "mteb, changed: layer 9, first, csls of 10, source asks" and score.threshold is None


def test_neighbours_that_nobody_looks_at_make_no_other_key() -> None:
    assert of(planned("retrieval = { neighbours = 9 }"), "pairs")[1] == of(planned(), "pairs")[1]
    assert of(planned("retrieval = { neighbours = 9 }"), "mine")[1].search.neighbours == 9


def test_a_threshold_is_chosen_on_the_validation_set_of_the_same_language_and_model() -> None:
    found = planned('evaluation_examples = 20\nsplits = ["validation", "test"]')
    for cell in found.cells:
        score = found.jobs[cell.score]
        assert isinstance(score, Score)
        if cell.target == "mine":
            assert score.tuned_on is not None and score.tuned_on.examples == 20
            assert (score.tuned_on.data.split, score.tuned_on.data.language) == ("validation", cell.language)
            there, here = (found.jobs[key] for key in (score.tuned_on.prediction, score.prediction))
            assert isinstance(there, Predict) and isinstance(here, Predict)
            assert (there.start, there.layer, there.search) == (here.start, here.layer, here.search)
            assert set(score.inputs) == {score.prediction, score.tuned_on.prediction}
            assert (there == here) == (cell.split == "validation")
    without = ToySource(("mine", "validation", "de"))
    (line,) = problems(source=without)
    assert "no validation set in 'de'" in line and "threshold = 1.06" in line
    assert planned("retrieval = { threshold = 'none' }", source=without)


def test_what_can_not_be_followed_is_told() -> None:
    lines = problems('retrieval = "jiant"', layers=12)
    assert len(lines) == 2
    assert all("backbone 'tiny': the encoder has 12 layers and no layer 14" in line for line in lines)
    assert planned('retrieval = "jiant"\nretrieval_layer = 12', layers=12)
    for more, said in [
        ('retrieval = "mtbe"', "toy.toml, [retrieval] protocol: unknown value 'mtbe': did you mean 'mteb'?"),
        ('retrieval = { margin = "csl" }', "unknown value 'csl': did you mean 'csls'?"),
        ("retrieval = { neighbors = 3 }", "[retrieval] neighbors: unknown field: did you mean 'neighbours'?"),
        ("retrieval = { threshold = 'validaton' }", "did you mean 'validation'? validation or none, or a number"),
        ("retrieval = { layer = 3 }", "say retrieval_layer, in the study or in [backbones.NAME]"),
        ("retrieval = { margin = 'cosine', neighbours = 3 }", "only of use with margin 'csls' or 'ratio'"),
        ("retrieval = { neighbours = 0 }", "[retrieval] neighbours: must be above 0"),
    ]:
        (line,) = problems(more)
        assert said in line, line


@pytest.mark.parametrize(("layers", "layer"), [(12, 8), (16, 12), (24, 20)], ids=["mBERT", "XLM-100", "XLM-R large"])
def test_mining_reads_the_layers_of_the_official_script(layers: int, layer: int) -> None:
    assert searching(Retrieval(), TASKS["mine"], "", layers, None).layer == layer


def test_an_encoder_of_unknown_depth_gives_its_last_layer() -> None:
    found = searching(Retrieval(), TASKS["pairs"], "some/model", None, None)
    assert found.layer is None and found.name.startswith("xtreme: last layer")


def test_mining_can_not_be_trained_on() -> None:
    assert TASKS["mine"].type is TaskType.MINING and len(LANGUAGES) == 3
    (line,) = problems("[arms.more]\nintermediate = ['mine']")
    assert "'mine' is a mining task: nothing can be trained on it" in line


def test_an_encoder_cut_to_its_first_layers_is_one_of_so_many(tmp_path: Path) -> None:
    """A body of twelve layers of which four are kept and trained, and an encoder made with four: the same rule."""
    (tmp_path / "body").mkdir()
    (tmp_path / "body" / "config.json").write_text('{"num_hidden_layers": 12, "hidden_size": 384}')
    cut = f'path = "{tmp_path / "body"}"\nlayers = 4\nsize = "tiny"\npretraining = [{{ tasks = ["text"] }}]\n'
    text = TOML.replace(
        TOML[TOML.index("architecture") : TOML.index("[arms.baseline]")], cut.replace("{", "{{").replace("}", "}}")
    )

    def protocol(more: str = "") -> str:
        study = study_of(tomllib.loads(text.format(more=more, layers=0)), "toy", "toy.toml")
        return of(plan(study, ToySource(), find, identify), "pairs")[0]

    assert protocol() == of(planned(layers=4), "pairs")[0] == "xtreme: layer 2, mean, cosine, target asks"
    assert protocol("retrieval_layer = 4") == "xtreme, changed: layer 4, mean, cosine, target asks"
    with pytest.raises(Problem, match="the encoder has 4 layers and no layer 5"):
        protocol("retrieval_layer = 5")
