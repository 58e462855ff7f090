"""Arms of every kind: what they train, in which order, on which rows; and every mistake in them, with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from toy_world import TASKS, ToySource, find, identify

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task
from xstilts.study.job import Merge, Rows, Train
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.spec import study_of

STUDY = """
question = "Does it help?"
targets = ["xnli", "words", "pairs"]
seeds = [0]
[backbones.base]
path = "models/base"
[arms.baseline]
"""
DOCS = Path(__file__).parents[2] / "docs" / "study-file.md"
TRANSLATED = replace(TASKS["xnli"], name="xnli-de-sw", splits={"train": Files("other", ("{language}",), "train")})
OTHERS = {"xnli-de-sw": replace(TRANSLATED, languages=("de", "sw"))}


def known(name: str, own: Mapping[str, Task]) -> Task:
    return OTHERS[name] if name in OTHERS else find(name, {**OTHERS, **own})


def planned(text: str, source: ToySource | None = None) -> Plan:
    return plan(study_of(tomllib.loads(STUDY + text), "toy", "toy.toml"), source or ToySource(), known, identify)


def problems(text: str) -> list[str]:
    with pytest.raises(Problem) as caught:
        planned(text)
    return [line.removeprefix("toy.toml, ") for line in caught.value.problems]


def trainings(found: Plan, arm: str, target: str, language: str = "en") -> list[Train]:
    """The chain of trainings behind one score."""
    cell = next(one for one in found.cells if (one.arm, one.target, one.language) == (arm, target, language))
    return [job for key in cell.trainings if isinstance(job := found.jobs[key], Train)]


def rows_of(job: Train) -> list[tuple[str, str, str]]:
    return [(rows.task, rows.split, rows.language) for share in job.shares for rows in share.data]


# One task after another.


def test_steps_follow_one_another_and_share_their_beginning() -> None:
    found = planned(
        '[arms.qa]\nintermediate = ["qa"]\n'
        '[arms.long]\nintermediate = ["qa"]\n[[arms.long.then]]\nintermediate = ["nli", "words"]\nepochs = 1\n'
        '[[arms.long.then]]\nintermediate = ["text"]\nupdates = 7\n'
    )
    first, second, third, target = trainings(found, "long", "xnli")
    assert [[share.task for share in job.shares] for job in (first, second, third)] == [
        ["qa"],
        ["nli", "words"],
        ["text"],
    ]
    assert (second.start.job, third.start.job, target.start.job) == tuple(
        next(cell for cell in found.cells if (cell.arm, cell.target) == ("long", "xnli")).trainings[:3]
    )
    assert {job.phase for job in (first, second, third)} == {"intermediate"}
    assert third.settings.updates == 7
    assert trainings(found, "qa", "xnli")[0] == first
    cells = {(cell.arm, cell.target): cell for cell in found.cells}
    assert cells["long", "xnli"].intermediate == ("qa > nli+words > text",)
    assert cells["qa", "xnli"].intermediate == ("qa",)
    assert cells["long", "pairs"].updates == sum(job.settings.updates for job in (first, second, third))
    assert cells["long", "xnli"].intermediate_examples == 3000 + 1000 + 400 + 3 * 5000
    assert cells["long", "xnli"].self_pair and not cells["qa", "xnli"].self_pair


def test_a_checkpoint_may_be_trained_on_and_a_control_matches_all_steps() -> None:
    found = planned(
        '[arms.theirs]\nstart = "models/theirs"\n[[arms.theirs.then]]\nintermediate = ["nli"]\n'
        '[arms.longer]\nmatched = "theirs"\n'
    )
    step, target = trainings(found, "theirs", "words")
    assert (step.start.backbone, target.start.job is not None) == ("models/theirs", True)
    (longer,) = trainings(found, "longer", "words")
    assert longer.settings.updates == step.settings.updates + target.settings.updates


# Mixtures and languages.


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ("capped", 131_072, 1.0)),
        ('sampling = "proportional"', ("proportional", 131_072, 1.0)),
        ('sampling = "temperature"\ntemperature = 4', ("temperature", 131_072, 4.0)),
        ('sampling = "uniform"\ncap = 5', ("uniform", 131_072, 1.0)),
        ("cap = 500", ("capped", 500, 1.0)),
    ],
)
def test_sampling_rules_reach_the_training(said: str, expected: tuple[str, int, float]) -> None:
    job = trainings(planned(f'[arms.both]\nintermediate = ["nli", "qa"]\n{said}\n'), "both", "xnli")[0]
    assert (job.settings.sampling, job.settings.cap, job.settings.temperature) == expected


def test_text_alongside_is_in_all_languages_or_those_named_for_it() -> None:
    base = '[arms.mix]\nintermediate = ["nli", "text"]\n'
    for said, languages in (("", ["en", "de", "sw"]), ('languages = { text = ["sw", "de"] }', ["de", "sw"])):
        job = trainings(planned(base + said + "\n"), "mix", "xnli")[0]
        assert rows_of(job) == [("nli", "train", "en"), *(("text", "train", code) for code in languages)]
        assert job.settings.alpha == 0.3
    plain = trainings(planned('[arms.mix]\nintermediate = ["nli"]\n'), "mix", "xnli")[0]
    assert job.settings.learning_rate == pytest.approx(plain.settings.learning_rate / 2)


def test_languages_by_task_leave_the_other_tasks_in_their_own() -> None:
    text = '[arms.mix]\nintermediate = ["qa", "xnli-de-sw"]\nlanguages = { xnli-de-sw = ["sw"] }\n'
    job = trainings(planned(text), "mix", "words")[0]
    assert rows_of(job) == [("qa", "train", "en"), ("xnli-de-sw", "train", "sw")]


# Variants of the target phase.


def test_translate_train_gives_each_language_a_model_of_its_own() -> None:
    found = planned(
        '[arms.tt.target.translate_train]\ntasks = { xnli = "xnli-de-sw" }\n'
        '[arms.all.target.translate_train]\ntasks = { xnli = "xnli-de-sw" }\ntogether = true\noriginal = true\n'
    )
    (baseline,) = trainings(found, "baseline", "xnli", "sw")
    assert rows_of(baseline) == [("xnli", "train", "en")]
    for code in ("de", "sw"):
        (job,) = trainings(found, "tt", "xnli", code)
        assert rows_of(job) == [("xnli-de-sw", "train", code)]
        assert [share.task for share in job.shares] == ["xnli"]
    assert trainings(found, "tt", "xnli", "en") == [baseline]
    together = [trainings(found, "all", "xnli", code) for code in ("en", "de", "sw")]
    assert together[0] == together[1] == together[2]
    expected = [("xnli", "train", "en"), ("xnli-de-sw", "train", "de"), ("xnli-de-sw", "train", "sw")]
    assert rows_of(together[0][0]) == expected
    seen = {(cell.arm, cell.language): cell.seen for cell in found.cells if cell.target == "xnli"}
    assert seen["tt", "sw"] == seen["all", "de"] == "labels" and seen["baseline", "sw"] == "unknown"
    floors = {cell.floor for cell in found.cells if (cell.target, cell.language) == ("xnli", "sw")}
    assert len(floors) == 1
    # Where nothing differs from the baseline there is no cell, and the plan says so.
    assert {cell.target for cell in found.cells if cell.arm == "tt"} == {"xnli"}
    assert "[arms.tt]: words is left out: it would repeat the baseline" in found.notes


def test_translate_train_where_only_the_labelled_language_is_scored_is_the_baseline() -> None:
    text = STUDY.replace('["xnli", "words", "pairs"]', '["xnli"]\nlanguages = ["en"]')
    text += '[arms.all.target.translate_train]\ntasks = { xnli = "xnli-de-sw" }\ntogether = true\n'
    found = plan(study_of(tomllib.loads(text), "toy", "toy.toml"), ToySource(), known, identify)
    assert {cell.arm for cell in found.cells} == {"baseline"}
    assert "[arms.all]: xnli is left out: it would repeat the baseline" in found.notes


def test_a_cap_counts_the_languages_of_a_translated_set_together() -> None:
    text = '[arms.tt.target.translate_train]\ntasks = { xnli = "xnli-de-sw" }\ntogether = true\n'
    found = plan(
        study_of(tomllib.loads("train_examples = 60\n" + STUDY + text), "toy", "toy.toml"), ToySource(), known, identify
    )
    (job,) = trainings(found, "tt", "xnli")
    assert (job.shares[0].examples, sum(rows.rows for rows in job.shares[0].data)) == (60, 200)
    assert job.settings.updates == trainings(found, "baseline", "xnli")[0].settings.updates


def test_few_shots_follow_the_target_phase_and_keep_its_heads() -> None:
    shots = 'tasks = { xnli = "xnli" }\nexamples = 16\nsplit = "validation"\nlearning_rate = 1e-5\n'
    found = planned(f'[arms.few]\nintermediate = ["qa"]\n[arms.few.target.few_shot]\n{shots}')
    qa, target, few = trainings(found, "few", "xnli", "sw")
    assert (few.heads, target.heads, qa.heads) == ("kept", "new", "new")
    assert (
        few.start.job
        == next(
            cell for cell in found.cells if (cell.arm, cell.target, cell.language) == ("few", "xnli", "sw")
        ).trainings[1]
    )
    assert rows_of(few) == [("xnli", "validation", "sw")]
    assert (few.shares[0].examples, few.settings.updates, few.settings.learning_rate) == (16, 40, 1e-5)
    assert trainings(found, "few", "xnli", "en") == [qa, target]
    assert trainings(found, "few", "words", "sw")[-1].heads == "new"
    assert not any("heads" in repr(job) and "kept" in repr(job) for job in trainings(found, "few", "words", "de"))


def test_both_variants_may_stand_in_one_arm() -> None:
    found = planned(
        '[arms.both.target.translate_train]\ntasks = { xnli = "xnli-de-sw" }\n'
        "[arms.both.target.few_shot]\nexamples = 4\n"
        'tasks = { xnli = "xnli" }\nsplit = "validation"\nlanguages = ["de"]\n'
    )
    assert [rows_of(job) for job in trainings(found, "both", "xnli", "de")] == [
        [("xnli-de-sw", "train", "de")],
        [("xnli", "validation", "de")],
    ]
    assert [rows_of(job) for job in trainings(found, "both", "xnli", "sw")] == [[("xnli-de-sw", "train", "sw")]]


def test_rows_that_are_scored_train_nothing() -> None:
    text = 'splits = ["validation"]\n' + STUDY.replace('["xnli", "words", "pairs"]', '["xnli"]')
    text += '[arms.few.target.few_shot]\nexamples = 4\nsplit = "validation"\n'
    with pytest.raises(Problem, match=r"validation \(de\) is scored on toy/de/validation, on which a phase before it"):
        plan(study_of(tomllib.loads(text), "toy", "toy.toml"), ToySource(), known, identify)


# Mistakes.


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[arms.odd.then]]\nintermediate = ["nli"]', "'then' needs a first step: 'intermediate' or 'start'"),
        ('[arms.odd]\nintermediate = ["qa"]\n[[arms.odd.then]]\nepochs = 1', "intermediate: is missing"),
        ('[arms.odd]\nintermediate = ["qa"]\n[[arms.odd.then]]\nintermediat = ["nli"]', "did you mean 'intermediate'?"),
        ('[arms.odd]\nintermediate = ["qa"]\n[[arms.odd.then]]\nintermediate = ["nil"]', "did you mean 'nli'?"),
        ('[arms.odd]\nintermediate = ["qa"]\nlanguages = { qaa = ["en"] }', "did you mean 'qa'?"),
        ('[arms.odd]\nintermediate = ["qa"]\nlanguages = { qa = ["dee"] }', "has no data in dee"),
        ('[arms.odd]\nintermediate = ["nli", "qa"]\nweights = { nli = 1.0, qa = 2.0 }', 'sampling = "given" only'),
        ('[arms.odd]\nstart = "x"\nintermediate = ["qa"]', "or name what is trained from the checkpoint in 'then'"),
        ('[arms.odd.target.translate_train]\ntasks = { xnil = "xnli-de-sw" }', "did you mean 'xnli'?"),
        ('[arms.odd.target.translate_train]\ntasks = { xnli = "xnli-de-ws" }', "did you mean 'xnli-de-sw'?"),
        ("[arms.odd.target.translate_train]\ntogether = true", "tasks: is missing"),
        ("[arms.odd.target.translate_trian]\ntogether = true", "did you mean 'translate_train'?"),
        ('[arms.odd.target.translate_train]\ntasks = { xnli = "words" }', "it has another type or labels"),
        (
            '[arms.odd.target.translate_train]\ntasks = { xnli = "nli" }\nlanguages = ["sw"]',
            "'nli' (train) has no data in sw",
        ),
        (
            '[arms.odd.target.translate_train]\ntasks = { xnli = "xnli-de-sw" }\nlanguages = ["sv"]',
            "target.translate_train.languages: sv is not scored here",
        ),
        ("[arms.odd.target.few_shot]\nexamples = 4", "split: is missing"),
        ('[arms.odd.target.few_shot]\nexamples = 4\nsplit = "test"', "unknown value 'test'"),
        ('[arms.odd.target.few_shot]\nexamples = 400\nsplit = "validation"\ntasks = { xnli = "xnli" }', "de 50, sw 50"),
        ('[arms.odd.target.few_shot]\nexamples = 4\nsplit = "validation"', "'words' has no split 'validation'"),
        ('[arms.odd]\npredictions = "out/{sed}"', "holds the unknown '{sed}': did you mean 'seed'?"),
        ('[arms.odd]\npredictions = "out/{"', "'predictions': "),
        ('[arms.odd]\npredictions = "out"\ntargets = ["wrods"]', "did you mean 'words'?"),
        ('[arms.odd]\npredictions = "out"\nintermediate = ["qa"]', "exclude each other"),
        ('[arms.odd]\npredictions = "out"\ntarget.epochs = 1', "'target': of no use with 'predictions'"),
        ('[arms.odd]\nintermediate = ["qa"]\ntargets = ["words"]', "'targets' is only of use with 'predictions'"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    found = problems(text)
    assert any(told in line and "arms" in line for line in found), found


def test_all_mistakes_of_an_arm_are_told_together() -> None:
    found = problems(
        '[arms.odd]\npredictions = "out"\nintermediate = ["qa", "qa"]\ntarget.epochs = 1\nweights = { nli = 1.0 }\n'
    )
    assert len(found) >= 4, found
    many = problems(
        '[arms.one]\nintermediate = ["qa"]\n[[arms.one.then]]\nintermediate = ["nil"]\n'
        '[[arms.one.then]]\nintermediate = ["pairs"]\n'
        '[arms.two.target.translate_train]\ntasks = { xnli = "xnli-de-ws" }\n'
    )
    assert many[0].startswith("[arms.one] then, step 1, intermediate: unknown task 'nil'")
    assert many[1].startswith("[arms.one] then, step 2, intermediate: 'pairs' is a retrieval task")
    assert many[2].startswith("[arms.two], target xnli: unknown task 'xnli-de-ws'")


def test_examples_of_the_documentation_are_study_files() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 8
    base = """
    question = "Does it help?"
    targets = ["xnli", "xquad", "pawsx"]
    backbones.base.path = "x"
    backbones.large.path = "y"
    """
    arms: set[str] = set()
    for block in blocks:
        others = "" if "[arms.nli]" in block or "matched" not in block else '[arms.nli]\nintermediate = ["mnli"]\n'
        study = study_of(tomllib.loads(base + block + others), "docs", "docs/study-file.md")
        arms |= set(study.arms)
    assert {"baseline", "nli-mlm", "squad-then-nli", "theirs", "translate-train", "few-shot", "llm"} <= arms


# Weights put together.

LEVERS = """
[arms.nli]
intermediate = ["nli"]
[arms.qa]
intermediate = ["qa"]
"""


def merges(found: Plan, arm: str, target: str = "xnli") -> list[Merge]:
    cell = next(one for one in found.cells if (one.arm, one.target) == (arm, target))
    return [job for key in cell.trainings if isinstance(job := found.jobs[key], Merge)]


def test_runs_of_one_arm_differ_by_their_seed_alone_and_share_the_first() -> None:
    found = planned(LEVERS + '[arms.mean]\nintermediate = ["nli"]\nruns = 3\n')
    (merge,) = merges(found, "mean")
    assert [part.weight for part in merge.parts] == [1 / 3] * 3
    runs = trainings(found, "mean", "xnli")[:-1]
    assert [job.seed for job in runs] == [0, 1_000_000, 2_000_000]
    assert {replace(job, seed=0) for job in runs} == {trainings(found, "nli", "xnli")[0]}
    target = trainings(found, "mean", "xnli")[-1]
    assert found.jobs[str(target.start.job)] == merge and target.seed == 0
    cell = next(one for one in found.cells if (one.arm, one.target) == ("mean", "xnli"))
    assert cell.intermediate == ("nli",) and cell.intermediate_examples == 1000 and cell.self_pair
    assert cell.updates == sum(job.settings.updates for job in (*runs, target))


def test_added_arms_keep_the_backbone_s_share_and_come_after_what_they_add() -> None:
    found = planned("[arms.sum]\nadd = { nli = 0.5, qa = 0.25 }\n" + LEVERS + '[arms.more]\nmatched = "sum"\n')
    (merge,) = merges(found, "sum")
    assert [part.weight for part in merge.parts] == [0.25, 0.5, 0.25]
    assert merge.parts[0].start.backbone == "models/base"
    own = [trainings(found, arm, "xnli")[0] for arm in ("nli", "qa")]
    assert [found.jobs[str(part.start.job)] for part in merge.parts[1:]] == own
    cells = {cell.arm: cell for cell in found.cells if cell.target == "words"}
    assert cells["sum"].intermediate == ("nli & qa",)
    assert cells["sum"].updates == cells["more"].updates
    order = list(found.jobs)
    assert all(order.index(needed) < order.index(key) for key, job in found.jobs.items() for needed in job.inputs)
    retrieval = next(cell for cell in found.cells if (cell.arm, cell.target) == ("sum", "pairs"))
    assert found.jobs[str(retrieval.model)] == merge


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[arms.odd]\nadd = { nil = 0.5 }", "[arms.odd] add: 'nil' is not an arm with trainings of its own: did you"),
        ("[arms.odd]\nadd = { odd = 0.5 }", "add: 'odd' is not an arm with trainings of its own"),
        ("[arms.odd]\nadd = { baseline = 0.5 }", "add: 'baseline' is not an arm with trainings of its own"),
        ("[arms.odd]\nadd = { nli = 0 }", "must be above 0"),
        ('[arms.odd]\nadd = { nli = 1 }\nintermediate = ["qa"]', "'intermediate' and 'add' exclude each other"),
        ("[arms.odd]\nruns = 2", "'runs' is only of use with steps that are trained"),
        ('[arms.odd]\nintermediate = ["qa"]\nruns = 0', "must be above 0"),
        ('[arms.odd]\nintermediate = ["qa"]\naveraged = 0', "must be above 0"),
        ('[arms.odd]\nintermediate = ["qa"]\nlora = -1', "must be at least 0"),
    ],
)
def test_mistakes_in_levers_are_named(text: str, told: str) -> None:
    assert any(told in line for line in problems(LEVERS + text + "\n"))


def test_more_frozen_layers_than_there_are_and_weights_without_common_ground_are_refused() -> None:
    made = STUDY.replace(
        'path = "models/base"',
        "architecture = { layers = 2, hidden = 8, heads = 1, feedforward = 8, vocabulary = 100 }\n"
        'vocabulary = { text = ["text"] }',
    )
    for text, told in (
        ('[arms.odd]\nintermediate = ["qa"]\nfreeze_layers = 3\n', "freeze_layers 3 is more than the encoder has"),
        ('[arms.odd]\nintermediate = ["qa"]\nruns = 2\n', "no common ground"),
        (LEVERS + "[arms.odd]\nadd = { nli = 1.0 }\n", "no common ground"),
    ):
        with pytest.raises(Problem, match=told):
            plan(study_of(tomllib.loads(made + text), "toy", "toy.toml"), ToySource(), known, identify)


# Translations, taken once or in each language.


def test_translations_are_taken_once_or_in_each_language() -> None:
    found = planned(
        '[arms.once]\nintermediate = ["xnli-de-sw"]\nlanguages = ["de", "sw"]\ntranslations = "once"\nexamples = 40\n'
        '[arms.each]\nintermediate = ["xnli-de-sw"]\nlanguages = ["de", "sw"]\ntranslations = "each"\nexamples = 40\n'
        '[arms.plain]\nintermediate = ["xnli-de-sw"]\nlanguages = ["de", "sw"]\nexamples = 40\n'
        '[arms.alone]\nintermediate = ["xnli-de-sw"]\nlanguages = ["de"]\ntranslations = "once"\nexamples = 40\n'
    )
    shares = {arm: trainings(found, arm, "xnli")[0].shares[0] for arm in ("once", "each", "plain", "alone")}
    assert [share.translations for share in shares.values()] == ["once", "each", "", ""]
    cells = {cell.arm: cell for cell in found.cells if cell.target == "xnli"}
    counts = {arm: cells[arm].intermediate_examples for arm in shares}
    assert counts == {"once": 40, "each": 80, "plain": 40, "alone": 40}
    assert cells["once"].intermediate_languages == "de+sw" and not cells["baseline"].intermediate_languages


def test_rows_that_are_no_translations_of_one_another_are_refused() -> None:
    class Uneven(ToySource):
        def rows(self, task: Task, split: str, language: str) -> Rows:
            found = super().rows(task, split, language)
            return replace(found, rows=found.rows - 1) if language == "sw" else found

    text = '[arms.once]\nintermediate = ["xnli-de-sw"]\nlanguages = ["de", "sw"]\ntranslations = "once"\n'
    with pytest.raises(Problem, match="no translations of one another, they differ in number"):
        planned(text, Uneven())
