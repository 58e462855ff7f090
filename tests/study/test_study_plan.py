"""The plan: each job once, chains that share their beginnings, cells that say what they come from."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_world import TASKS, ToySource, find, identify
from toy_world import TINY as TINY_ENCODER

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task
from xstilts.study.job import Predict, Score, Train, key_of
from xstilts.study.manifest import Plan, plan_from_json
from xstilts.study.plan import places_of, plan
from xstilts.study.spec import study_of

TINY = f"""
question = "Does it help?"
targets = ["xnli", "words", "pairs"]
seeds = [0, 1]
{TINY_ENCODER}[arms.both]
intermediate = ["nli", "qa"]
"""
READY = (
    TINY[: TINY.index("[backbones.tiny]")]
    + '[backbones.base]\npath = "models/base"\n'
    + TINY[TINY.index("[arms.base") :]
)


def planned(text: str, source: ToySource | None = None) -> Plan:
    return plan(study_of(tomllib.loads(text), "toy", "toy.toml"), source or ToySource(), find, identify)


def problems(text: str, source: ToySource | None = None) -> tuple[str, ...]:
    with pytest.raises(Problem) as caught:
        planned(text, source)
    return caught.value.problems


def trainings(found: Plan, phase: str) -> list[Train]:
    return [job for job in found.jobs.values() if isinstance(job, Train) and job.phase == phase]


def test_each_job_is_there_once_and_after_what_it_needs() -> None:
    found = planned(TINY)
    seen: set[str] = set()
    for key, job in found.jobs.items():
        assert key == key_of(job)
        assert set(job.inputs) <= seen
        seen.add(key)
    # 1 pretraining; 2 arms x 2 seeds; 3 arms x 2 trained targets x 2 seeds
    assert found.counts()["pretraining"] == 1
    assert found.counts()["intermediate"] == 4
    assert found.counts()["target"] == 12
    # 3 languages: 2 targets x 6 + retrieval (1 for the baseline of both seeds + 4) + 3 floors, each with its score
    assert found.counts()["predict"] == found.counts()["score"] == 3 * (2 * 6 + 5 + 3)
    assert len(found.cells) == 3 * 3 * 6


def test_an_intermediate_phase_is_trained_once_for_all_targets() -> None:
    found = planned(TINY)
    shared = found.shared()
    assert shared[0].label == "pretraining tiny"
    assert shared[0].trainings == 12
    assert {item.trainings for item in shared[1:]} == {2}


def test_cells_name_their_chain_baseline_and_floor() -> None:
    found = planned(TINY)
    for cell in found.cells:
        score = found.jobs[cell.score]
        assert isinstance(score, Score)
        prediction = found.jobs[score.prediction]
        assert isinstance(prediction, Predict)
        assert (prediction.task, prediction.data.language) == (cell.target, cell.language)
        assert prediction.model == cell.model
        floor = found.jobs[found.jobs[cell.floor].inputs[0]]
        assert isinstance(floor, Predict)
        assert floor.model is None
        assert floor.start is None
        assert (floor.labelled is None) == (cell.target == "pairs")
        assert cell.updates == sum(found.jobs[key].settings.updates for key in cell.trainings)  # type: ignore[union-attr]
        assert cell.baseline is not None
        if cell.arm == "baseline":
            assert cell.baseline == cell.score
    by_seed = {
        cell.seed: cell.score
        for cell in found.cells
        if (cell.target, cell.language, cell.arm) == ("pairs", "sw", "nli")
    }
    assert len(set(by_seed.values())) == 2


def test_retrieval_without_an_intermediate_phase_is_one_result_for_all_seeds() -> None:
    for text in (TINY, READY):
        cells = [cell for cell in planned(text).cells if (cell.target, cell.arm) == ("pairs", "baseline")]
        assert len(cells) == 6
        assert len({cell.score for cell in cells}) == 3
        assert all(cell.trainings == () for cell in cells)


def test_retrieval_with_a_ready_backbone_starts_from_its_files() -> None:
    found = planned(READY)
    jobs = [job for job in found.jobs.values() if isinstance(job, Predict) and job.start]
    assert {job.start.checksum for job in jobs if job.start} == {"sha256:models/base"}
    assert found.backbones == {"models/base": "models/base"}


def test_self_pairs_and_what_a_language_has_seen_are_marked() -> None:
    found = planned(TINY.replace('tasks = ["text"]', 'tasks = ["text"]\nlanguages = ["en", "de"]'))
    assert {(cell.arm, cell.target) for cell in found.cells if cell.self_pair} == {("nli", "xnli"), ("both", "xnli")}
    seen = {cell.language: cell.seen for cell in found.cells if cell.target == "xnli"}
    assert seen == {"en": "labels+text", "de": "text", "sw": "nothing"}
    ready = {cell.language: cell.seen for cell in planned(READY).cells if cell.target == "words"}
    assert ready == {"en": "labels", "de": "unknown", "sw": "unknown"}


def test_updates_follow_from_rows_epochs_and_batch() -> None:
    settings = "[settings.intermediate]\nepochs = 3\nbatch = 32\n[settings.target]\nepochs = 2\nbatch = 30\n"
    found = planned(TINY + settings)
    by_shares = {len(job.shares): job.settings for job in trainings(found, "intermediate")}
    assert by_shares[1].updates == 94  # ceil(1000 * 3 / 32)
    assert by_shares[1].sampling == "proportional"
    assert by_shares[2].updates == 375  # ceil((1000 + 3000) * 3 / 32)
    assert by_shares[2].sampling == "capped"
    capped = planned(TINY.replace('["nli", "qa"]', '["nli", "qa"]\ncap = 2000') + settings)
    assert {job.settings.updates for job in trainings(capped, "intermediate")} == {94, 282}  # 1000 + 2000
    assert {job.settings.updates for job in trainings(found, "target") if job.shares[0].task == "words"} == {27}


def test_caps_that_cut_nothing_make_no_other_key() -> None:
    assert (
        planned(TINY).jobs.keys() == planned("train_examples = 9000\nevaluation_examples = 9000\n" + TINY).jobs.keys()
    )
    cut = planned("train_examples = 300\nevaluation_examples = {words = 20}\n" + TINY)
    assert {job.shares[0].examples for job in trainings(cut, "target")} == {300}
    examples = {(job.task, job.examples) for job in cut.jobs.values() if isinstance(job, Predict | Score)}
    assert examples == {("xnli", None), ("words", 20), ("pairs", None)}
    assert {cell.intermediate_examples for cell in cut.cells} == {0, 300, 600}


def test_controls_change_what_they_should_and_nothing_else() -> None:
    found = planned(
        TINY + '[arms.shuffled]\nintermediate = ["nli"]\nlabels = "shuffled"\n[arms.longer]\nmatched = "nli"\n'
    )
    shuffled = [job for job in trainings(found, "intermediate") if job.shares[0].shuffled_labels]
    assert len(shuffled) == 2
    updates = {(cell.arm, cell.target): cell.updates for cell in found.cells}
    assert updates["longer", "words"] == updates["nli", "words"]
    assert updates["longer", "words"] > updates["baseline", "words"]
    longer = next(cell for cell in found.cells if (cell.arm, cell.target) == ("longer", "words"))
    assert longer.trainings
    assert len(longer.trainings) == 1


def test_changed_data_changes_the_keys_of_what_uses_it() -> None:
    first, second = planned(TINY), planned(TINY, ToySource(salt="new"))
    assert not first.jobs.keys() & second.jobs.keys()


def test_languages_without_data_are_left_out_or_named() -> None:
    source = ToySource(("words", "test", "sw"))
    found = planned(TINY, source)
    assert {cell.language for cell in found.cells if cell.target == "words"} == {"en", "de"}
    assert any("words" in note and "sw" in note for note in found.notes)
    assert "no data in sw" in problems('languages = ["sw"]\n' + TINY, source)[0]


def test_the_language_with_labels_is_always_scored() -> None:
    found = planned('languages = ["sw"]\n' + TINY)
    assert {cell.language for cell in found.cells if cell.target == "words"} == {"en", "sw"}
    assert {cell.language for cell in found.cells if cell.target == "pairs"} == {"sw"}


def test_splits_can_be_chosen() -> None:
    found = planned('splits = ["validation", "test"]\n' + TINY)
    assert {(cell.target, cell.split) for cell in found.cells} == {
        ("xnli", "validation"),
        ("xnli", "test"),
        ("words", "test"),
        ("pairs", "test"),
    }


def test_every_mistake_is_found_at_once() -> None:
    text = TINY.replace('["xnli", "words", "pairs"]', '["xnil", "words", "text"]').replace(
        '["nli", "qa"]', '["nli", "pairs"]'
    )
    text = 'languages = ["ed"]\n' + text + '[backbones.lost]\npath = "missing/base"\n'
    found = "\n".join(problems(text, ToySource(("nli", "train", "en"))))
    for expected in (
        "toy.toml, targets: unknown task 'xnil': did you mean 'xnli'?",
        "target text: masked language modelling",
        "languages: no target has 'ed'",
        "[arms.nli] intermediate: no data for 'nli'",
        "[arms.both] intermediate: 'pairs' is a retrieval task",
        "[backbones.lost]: no backbone in 'missing/base'",
    ):
        assert expected in found, found


def test_a_length_that_the_architecture_cannot_read_is_refused() -> None:
    assert "positions - 2" in problems(TINY + "[settings.target]\nmax_length = 600\n")[0]


def test_a_length_that_a_ready_encoder_cannot_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert", "max_position_embeddings": 60}')
    text = READY.replace("models/base", str(tmp_path))
    assert "it has places for 60 tokens" in problems(text + "[settings.target]\nmax_length = 61\n")[0]
    assert {job.settings.max_length for job in trainings(planned(text), "target")} == {60}  # what is usual is cut


def test_a_ready_checkpoint_can_stand_in_for_the_intermediate_phase() -> None:
    found = planned(READY + '[arms.theirs]\nstart = "models/theirs"\n')
    starts = {job.start.backbone for job in trainings(found, "target")}
    assert starts == {"models/base", "models/theirs", None}


def test_the_plan_survives_json() -> None:
    found = planned(TINY)
    back = plan_from_json(json.loads(json.dumps(found.to_json())))
    assert back == found
    assert list(back.jobs) == list(found.jobs)


def test_places_map_names_inside_keys_to_where_things_are() -> None:
    study = study_of(tomllib.loads(READY + "[world]\nseed = 3\n"), "toy", "toy.toml")
    places = places_of(study, plan(study, ToySource(), find, identify), "/data")
    assert places.backbones == {"models/base": "models/base"}
    assert places.world == {"seed": 3}
    assert places.data == "/data"


def test_a_task_of_several_sets_trains_on_the_rows_of_all() -> None:
    mixed = replace(TASKS["nli"], name="mixed", parts=("nli", "xnli"), splits={})
    text = TINY.replace('intermediate = ["nli"]', 'intermediate = ["mixed"]\nexamples = 1500')
    study = study_of(tomllib.loads(text), "toy", "toy.toml")

    def known(name: str, own: Mapping[str, Task]) -> Task:
        return mixed if name == "mixed" else find(name, own)

    found = plan(study, ToySource(), known, identify)
    train = next(job for job in trainings(found, "intermediate") if len(job.shares) == 1)
    (share,) = train.shares
    assert (share.task, share.labels, share.examples) == ("mixed", mixed.labels, 1500)
    assert [(rows.task, rows.rows) for rows in share.data] == [("nli", 1000), ("xnli", 1000)]
    with pytest.raises(Problem, match=r"'mixed' is made of several sets: no data for xnli \(there is nli\)"):
        plan(study, ToySource(*(("xnli", "train", code) for code in ("en", "de", "sw"))), known, identify)


def test_where_a_question_may_have_no_answer_predictions_know_a_threshold() -> None:
    asked = replace(TASKS["qa"], no_answer=True)
    study = study_of(tomllib.loads(TINY.replace('"pairs"', '"qa"')), "toy", "toy.toml")
    for task, threshold in ((asked, 0.0), (TASKS["qa"], None)):

        def known(name: str, own: Mapping[str, Task], task: Task = task) -> Task:
            return task if name == "qa" else find(name, own)

        jobs = plan(study, ToySource(), known, identify).jobs.values()
        told = {job.null_threshold for job in jobs if isinstance(job, Predict) and job.model and job.task == "qa"}
        others = {job.null_threshold for job in jobs if isinstance(job, Predict) and job.task != "qa"}
        assert (told, others) == ({threshold}, {None})


def test_the_no_answer_threshold_is_chosen_on_labelled_validation_rows() -> None:
    files = {**TASKS["qa"].splits, "validation": Files("toy", ("{language}",), "validation")}
    asked = replace(TASKS["qa"], no_answer=True, splits=files)
    text = TINY.replace('"xnli", "words", "pairs"', '"qa"')

    def scores(more: str = "", missing: tuple[tuple[str, str, str], ...] = ()) -> dict[tuple[str, str], Any]:
        study = study_of(tomllib.loads(more + text), "toy", "toy.toml")
        found = plan(study, ToySource(*missing), lambda name, own: asked if name == "qa" else find(name, own), identify)
        return {
            (cell.language, cell.protocol): (found.jobs[cell.score], found.jobs[cell.floor])
            for cell in found.cells
            if cell.target == "qa"
        }

    tuned = scores()
    assert {protocol for _, protocol in tuned} == {"no-answer threshold from validation (en)"}
    assert {(score.tuned_on.data.split, score.tuned_on.data.language) for score, _ in tuned.values()} == {
        ("validation", "en")
    }
    assert all(floor.tuned_on is None for _, floor in tuned.values())
    on_itself = scores('splits = ["validation"]\n')
    assert set(on_itself) == {
        ("en", "no-answer threshold best on the scored rows"),
        *((language, "no-answer threshold from validation (en)") for language, _ in tuned if language != "en"),
    }
    fixed = scores("no_answer_threshold = 0\n")
    assert {protocol for _, protocol in fixed} == {"no-answer threshold 0"}
    assert all((score.tuned_on, score.threshold) == (None, None) for score, _ in fixed.values())
    stated = scores("no_answer_threshold = -1.5\n")
    assert {score.threshold for score, _ in stated.values()} == {-1.5}
    assert {score.prediction for score, _ in stated.values()} == {score.prediction for score, _ in tuned.values()}
    without = scores(missing=(("qa", "validation", "en"),))
    assert {protocol for _, protocol in without} == {"no-answer threshold 0: no validation rows to choose it on"}
    with pytest.raises(Problem, match=r"no_answer_threshold.*unknown value 'validaton': did you mean 'validation'\?"):
        scores('no_answer_threshold = "validaton"\n')


def test_no_language_is_trained_and_scored_on_one_file() -> None:
    """XNLI's validation set of a language either trains, through xnli_dev, or is development data."""
    text = """
    question = "Both?"
    targets = ["xnli"]
    languages = ["de", "sw"]
    [backbones.base]
    path = "models/base"
    [arms.baseline]
    [arms.many]
    intermediate = ["xnli_dev"]
    languages = ["sw", "ur"]
    """
    plain = study_of(tomllib.loads(text), "toy", "toy.toml")
    assert plan(plain, ToySource(), identify=identify).cells
    both = study_of(tomllib.loads('splits = ["validation"]\n' + text), "toy", "toy.toml")
    with pytest.raises(Problem) as caught:
        plan(both, ToySource(), identify=identify)
    assert [problem.split(": ", 1)[1] for problem in caught.value.problems] == [
        "validation (sw) is scored on xnli/sw/validation, on which a phase before it trains through 'xnli_dev': "
        "leave out that language there, or score another split"
    ]


def test_sets_that_are_not_as_large_as_the_official_ones_are_told() -> None:
    test = replace(TASKS["xnli"].splits["test"], official={"en": 50, "de": 60, "sw": 70})
    train = replace(TASKS["xnli"].splits["train"], official={"en": 392_702})
    part = replace(TASKS["xnli"], splits={"train": train, "test": test})

    def known(name: str, own: Mapping[str, Task]) -> Task:
        return part if name == "xnli" else find(name, own)

    found = plan(study_of(tomllib.loads(TINY), "toy", "toy.toml"), ToySource(), known, identify)
    assert found.notes == (
        "xnli (train): 1,000 rows here, 392,702 in the official set",
        "xnli (test): 150 rows here, 180 in the official sets of the same 3 languages",
    )


def test_what_only_trains_is_no_target() -> None:
    text = """
    question = "Both?"
    targets = ["nli_mix", "lexicon"]
    [backbones.base]
    path = "models/base"
    [arms.baseline]
    """
    with pytest.raises(Problem) as caught:
        plan(study_of(tomllib.loads(text), "toy", "toy.toml"), ToySource(), identify=identify)
    assert caught.value.problems == (
        "toy.toml, target nli_mix: it can be trained on, but has no score: score one of its parts (mnli, snli_cad)",
        "toy.toml, target lexicon: it can be trained on, but has no score",
    )
