"""Study files: every mistake is named at once, with its place and the nearest name; levels lie over the file."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.study.forms import forms_in
from xstilts.study.job import Settings
from xstilts.study.settings import merge
from xstilts.study.spec import Overrides, Study, load, read, shipped, study_of

GOOD = """
question = "Does it help?"
targets = ["xnli"]
[backbones.base]
path = "xlm-roberta-base"
[arms.baseline]
[arms.nli]
intermediate = ["nli"]
"""


def problems(text: str, level: str | None = None) -> tuple[str, ...]:
    with pytest.raises(Problem) as caught:
        study_of(tomllib.loads(text), "mine", "mine.toml", level)
    return caught.value.problems


def test_a_small_study_has_the_stated_defaults() -> None:
    study = study_of(tomllib.loads(GOOD), "mine", "mine.toml")
    assert study.baseline == "baseline"
    assert study.seeds == (0, 1, 2)
    assert study.languages == "all"
    assert study.level == "full"
    assert study.backbones["base"].kind == "small"


def test_overrides_are_the_fields_of_settings_and_epochs() -> None:
    assert set(Overrides.model_fields) == {field.name for field in fields(Settings)} | {"epochs"}


def test_every_mistake_is_reported_at_once_with_its_place() -> None:
    found = problems(
        """
        question = ""
        targts = ["xnli"]
        targets = ["xnli"]
        seeds = [0, 0]
        [backbones.base]
        path = "x"
        [backbones.both]
        path = "x"
        architecture = {layers = 2, hidden = 65, heads = 2, feedforward = 8, vocabulary = 100}
        [arms.baseline]
        [arms.nli]
        intermediate = ["nli"]
        smapling = "capped"
        [arms.qa]
        intermediate = ["qa"]
        sampling = "caped"
        epochs = 1
        updates = 3
        [settings.target]
        learning_rate = -1
        """
    )
    text = "\n".join(found)
    assert "mine.toml, targts: unknown field: did you mean 'targets'?" in found
    assert "mine.toml, [arms.nli] smapling: unknown field: did you mean 'sampling'?" in found
    assert "mine.toml, [arms.qa] sampling: unknown value 'caped': did you mean 'capped'?" in found
    assert "[backbones.both]" in text.replace("[backbones] both", "[backbones.both]")
    assert "multiple of 'heads'" in text
    assert "[settings.target] learning_rate" in text
    assert "question" in text
    assert all(line.startswith("mine.toml") for line in found)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('[arms.longer]\nmatched = "nil"', "did you mean 'nli'?"),
        ('[arms.longer]\nmatched = "baseline"', "not an arm with an intermediate phase"),
        ("[arms.again]", "one baseline is enough"),
        ("[arms.odd]\nepochs = 2", "only of use with 'intermediate'"),
        ('[arms.odd]\nintermediate = ["nli"]\nstart = "x"', "exclude each other"),
        ('[arms.odd]\nintermediate = ["nli", "nli"]', "names a task twice"),
        ('[arms.odd]\nintermediate = ["nli"]\nsampling = "given"', "needs 'weights'"),
        ('[arms.odd]\nstart = {bse = "x"}', "unknown backbone 'bse': did you mean 'base'?"),
        ("[settings.tasks.xnil]\nepochs = 1", "did you mean 'xnli'?"),
        ("[evaluation_examples]\nxnil = 5", "did you mean 'xnli'?"),
        ("[settings.target]\nepochs = 1\nupdates = 2", "exclude each other"),
        ("[levels.quik]\nseeds = [0]", "did you mean 'quick'?"),
        ("[levels.quick]\nseed = [0]", "did you mean 'seeds'?"),
        ('[backbones.new]\npath = "x"\nvocabulary = {size = 500}', "needs 'size' and 'text'"),
        (
            "[backbones.new]\narchitecture = {layers=1, hidden=8, heads=1, feedforward=8, vocabulary=100}",
            "needs text for its tokenizer",
        ),
    ],
)
def test_a_mistake_is_explained(more: str, expected: str) -> None:
    found = problems(GOOD + more)
    assert any(expected in line for line in found), found


def test_a_mistake_in_the_file_is_not_repeated_for_each_level() -> None:
    found = problems(GOOD + "[levels.quick]\nseeds = [0]\n[settings.target]\nepoch = 3\n")
    assert found == ("mine.toml, [settings.target] epoch: unknown field: did you mean 'epochs'?",)


def test_own_tasks_are_checked() -> None:
    found = problems(GOOD + '[tasks.mine]\ntype = "clasification"\n')
    assert any("mine" in line and "classification" in line for line in found), found


def test_a_level_lies_over_the_file_and_replaces_updates_by_epochs() -> None:
    text = GOOD + (
        "[settings.target]\nupdates = 500\nbatch = 16\n[settings.intermediate]\nepochs = 3\n"
        "[levels.quick]\nseeds = [7]\narms.nli.examples = 50\nsettings.target.epochs = 1\n"
        "settings.intermediate.updates = 9"
    )
    study = study_of(tomllib.loads(text), "mine", "mine.toml", "quick")
    assert study.seeds == (7,)
    assert study.arms["nli"].examples == 50
    assert study.arms["nli"].intermediate == ("nli",)
    assert study.settings.of_phase()["target"] == {"epochs": 1, "batch": 16}
    assert study.settings.of_phase()["intermediate"] == {"updates": 9}
    assert study_of(tomllib.loads(text), "mine", "mine.toml").settings.of_phase()["target"]["updates"] == 500


def test_an_unknown_level_names_those_there_are() -> None:
    found = problems(GOOD + "[levels.quick]\nseeds = [0]", level="small")
    assert "it has quick, full" in found[0]


def test_the_default_level_of_the_file_is_used() -> None:
    text = 'default_level = "quick"\n' + GOOD + "[levels.quick]\nseeds = [0]"
    assert study_of(tomllib.loads(text), "mine", "mine.toml").level == "quick"
    assert study_of(tomllib.loads(text), "mine", "mine.toml", "full").seeds == (0, 1, 2)


def test_merge_replaces_lists_and_joins_tables() -> None:
    assert merge({"a": {"b": [1], "c": 2}, "d": 3}, {"a": {"b": [4]}, "d": {"e": 5}}) == {
        "a": {"b": [4], "c": 2},
        "d": {"e": 5},
    }


def test_a_study_is_found_by_path_or_shipped_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(str(path)).name == "mine"
    assert load("demo", "quick").name == "demo"
    with pytest.raises(Problem, match="did you mean 'demo'"):
        load("dmo")
    with pytest.raises(Problem, match="no study file"):
        load(str(tmp_path / "other.toml"))
    path.write_text("question = ", encoding="utf-8")
    with pytest.raises(Problem, match="not a TOML file"):
        load(str(path))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_study_loads_at_every_level(name: str) -> None:
    for variant, level in forms_in(read(name)[0]):
        assert load(name, level, variant).question


VARIED = """
question = "Does it help?"
default_variant = "human"
arms.baseline = {}

[variants.human]
targets = ["xnli"]
languages = ["en", "sw"]
backbones.base.path = "xlm-roberta-base"
levels.small.seeds = [1]

[variants.constructed]
targets = ["world/nli"]
backbones.tiny.architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 500 }
backbones.tiny.vocabulary.text = ["world/text"]

[levels.small]
train_examples = 10
[levels.full]
seeds = [0, 1, 2, 3]
"""


def varied(level: str | None = None, variant: str | None = None, text: str = VARIED) -> Study:
    return study_of(tomllib.loads(text), "mine", "mine.toml", level, variant)


def test_a_variant_lies_over_the_file_and_a_level_over_both() -> None:
    human = varied("small")
    assert (human.name, human.targets, human.seeds, human.train_examples) == ("mine+human", ("xnli",), (1,), 10)
    assert varied("full").seeds == (0, 1, 2, 3)
    made = varied("small", "constructed")
    assert (made.name, made.level, made.targets, made.seeds) == (
        "mine+constructed", "small", ("world/nli",), (0, 1, 2),
    )  # fmt: skip


def test_mistakes_in_any_variant_are_told_once_with_their_place() -> None:
    with pytest.raises(Problem, match=r"no variant 'humna': did you mean 'human'"):
        varied(variant="humna")
    with pytest.raises(Problem, match=r"no variant 'human': it has no \[variants.human\]"):
        study_of(tomllib.loads(GOOD), "mine", "mine.toml", None, "human")
    with pytest.raises(Problem) as caught:
        varied(text=VARIED + "trian_examples = 3\n[variants.constructed.levels.ci]\nseed = 1\n")
    assert len(caught.value.problems) == 2
    assert "[levels.full]" in caught.value.problems[0] and "trian_examples" in caught.value.problems[0]
    assert "[variants.constructed]" in caught.value.problems[1] and "seed" in caught.value.problems[1]


def test_what_counts_as_evidence_is_checked_and_changes_no_job() -> None:
    more = 'analyses = ["gains"]\n' + GOOD + '[evidence]\ngain = 1.5\n[groups]\nfew = ["sw"]\n'
    study = study_of(tomllib.loads(more), "mine", "mine.toml")
    assert study.analyses == ("gains",) and study.evidence.gain == 1.5 and study.groups == {"few": ("sw",)}
    (wrong,) = problems(GOOD + "[evidence]\ngian = 1.5\n")
    assert "[evidence] gian" in wrong and "did you mean 'gain'?" in wrong
    (wrong,) = problems('analyses = ["gains", "gains"]\n' + GOOD)
    assert "named twice" in wrong


LIKE = """
question = "Does it help?"
targets = ["xnli"]
[backbones.wide]
architecture = { layers = 2, hidden = 64, heads = 4, feedforward = 128, vocabulary = 400 }
pretraining = [{ tasks = ["text"], updates = 5 }]
[backbones.narrow]
like = "wide"
architecture = { hidden = 32 }
[arms.baseline]
"""


def test_a_backbone_like_another_lies_over_its_table() -> None:
    found = study_of(tomllib.loads(LIKE), "s", "s.toml")
    wide, narrow = (found.backbones[name].architecture for name in ("wide", "narrow"))
    assert wide is not None and narrow is not None
    assert (narrow.hidden, narrow.layers, wide.hidden) == (32, 2, 64)
    assert found.backbones["narrow"].pretraining == found.backbones["wide"].pretraining
    with pytest.raises(Problem, match=r"like: 'wid' is no backbone with a table of its own: did you mean 'wide'"):
        study_of(tomllib.loads(LIKE.replace('like = "wide"', 'like = "wid"')), "s", "s.toml")
    with pytest.raises(Problem, match=r"like: '\['wide'\]' is no backbone with a table of its own"):
        study_of(tomllib.loads(LIKE.replace('like = "wide"', 'like = ["wide"]')), "s", "s.toml")


def test_a_file_that_is_too_deep_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("x = " + "[" * 100_000)
    with pytest.raises(Problem, match=r"s.toml: not a TOML file"):
        load(str(tmp_path / "s.toml"))


def test_unknown_names_are_told_first_and_with_the_mistakes_of_form(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    text = GOOD.replace('["nli"]', '["mnli"]').replace(
        '["xnli"]', '["udpoz", "own"]\nlanguages = ["xx", "de"]\nsedes = [1]'
    )
    file.write_text(text + "[train_examples]\nudpos = 5\n[tasks.own]\n", encoding="utf-8")
    with pytest.raises(Problem) as caught:
        load(str(file))
    first, second, *rest = caught.value.problems
    assert first.endswith("bad.toml, targets: unknown task 'udpoz': did you mean 'udpos'? see: xstilts tasks")
    assert "languages: unknown language 'xx'" in second
    assert any("sedes: unknown field: did you mean 'seeds'?" in line for line in rest)
    assert not any("did you mean 'udpoz'" in line or "'own'" in line.partition("unknown")[2] for line in rest)


def test_names_near_none_and_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match=r"unknown study 'sw2'\. see: xstilts studies"):
        load("sw2")
    Path("sw2.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(Problem, match=r"unknown study 'sw2': did you mean '\./sw2\.toml'\?"):
        load("sw2")
