"""A study's predictions, exported and scored again, have the study's own scores."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.catalogue import Problem, TaskType
from xstilts.catalogue.benchmark import XTREME, XTREME_R
from xstilts.jobs.export import REFERENCES, export
from xstilts.jobs.predict import Models, run_predict
from xstilts.jobs.score import run_score
from xstilts.jobs.sources import AllSources, open_source
from xstilts.jobs.stored import PREDICTIONS, first_rows
from xstilts.metrics import PREDICTIONS as SCHEMAS
from xstilts.metrics.benchmark import score_folders
from xstilts.study.job import Predict, Score
from xstilts.study.manifest import Plan
from xstilts.study.plan import plan
from xstilts.study.protocols import Places
from xstilts.study.spec import load
from xstilts.study.store import Store

STUDY = """
question = "Are exported scores the same?"
targets = ["squad", "xnli", "udpos", "tatoeba", "xquad", "bucc2018"]
languages = "every"
seeds = [0, 1]
evaluation_examples = { xnli = 30 }

[backbones.tiny]
architecture = { layers = 2, hidden = 32, heads = 4, feedforward = 64, vocabulary = 400 }
vocabulary = { text = ["world/text"], characters = 10000 }

[arms.baseline]
[arms."nli/1"]
intermediate = ["mnli"]
"""
TAGS = ["NOUN", "VERB", "SCONJ", "X", "PUNCT"]


def data(place: Path) -> Path:
    """A folder with invented rows of four tasks, some in fewer languages than the benchmark has."""
    random = np.random.default_rng(7)

    def put(name: str, rows: list[dict[str, object]]) -> None:
        path = place / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def pairs(count: int) -> list[dict[str, object]]:
        return [{"premise": f"a {k}", "hypothesis": f"b {k}", "label": int(random.integers(3))} for k in range(count)]

    def questions(language: str, count: int) -> list[dict[str, object]]:
        answers = [{"text": [f"« {k} the»"], "answer_start": [2]} for k in range(count)]
        context = [f"a « {k} the» tail" for k in range(count)]
        return [
            {"id": f"{language}{k}", "question": "what?", "context": context[k], "answers": answers[k]}
            for k in range(count)
        ]

    def sentences(count: int) -> list[dict[str, object]]:
        drawn = [random.choice(TAGS, size=random.integers(1, 6)).tolist() for _ in range(count)]
        return [{"tokens": [f"w{k}" for k in range(len(tags))], "pos_tags": tags} for tags in drawn]

    put("multi_nli/default/train", pairs(20))
    put("squad/plain_text/train", questions("train", 20))
    put("squad/plain_text/validation", questions("validation", 3))
    put("xtreme/udpos.English/train", sentences(20))
    for code, name in (("en", "English"), ("de", "German")):
        put(f"xnli/{code}/test", pairs(40))
        put(f"xtreme/udpos.{name}/test", sentences(25))
    for code in ("en", "ar", "vi"):
        put(f"xquad/xquad.{code}/validation", questions(code, 12))
    for code in ("deu", "ara", "ces"):  # Czech is in no official list
        rows = [{"source_sentence": f"{code} {k}", "target_sentence": f" {(k * 7) % 30} x"} for k in range(30)]
        put(f"xtreme/tatoeba.{code}/validation", rows)
    for split in ("validation", "test"):
        sides = [("" if k % 4 == 1 else f"de {k}", "" if k % 4 == 3 else f"en {k}") for k in range(20)]
        names = [(f"de-{k:09}", f"en-{k:09}") for k in range(20)]
        rows = [
            {"source": one, "target": other, "source_id": left, "target_id": right}
            for (one, other), (left, right) in zip(sides, names, strict=True)
        ]
        put(f"bucc2018/de/{split}", rows)
    return place


def guess(task: Predict, gold: pa.Table, random: np.random.Generator) -> pa.Table:
    """Predictions that are right about half of the time."""

    def half(right: list[int], many: int) -> list[int]:
        return [int(one if random.random() < 0.5 else random.integers(many)) for one in right]

    schema = SCHEMAS[TaskType(task.type)]
    if task.type == TaskType.MINING:
        named = [(row["source_id"] or "-", row["target_id"] or "-") for row in gold.to_pylist()]
        found = pa.table({name: [pair[k] for pair in named] for k, name in enumerate(schema.names)}, schema=schema)
        right = np.array([pair[0] != "-" != pair[1] for pair in named])
        return found.append_column("score", pa.array(1 + right * 0.1 + 0.2 * random.random(len(named)), pa.float32()))
    if task.type == TaskType.RETRIEVAL:
        return pa.table({"neighbour": half(list(range(gold.num_rows)), gold.num_rows)}, schema=schema)
    if task.type == TaskType.TOKEN_CLASSIFICATION:
        tags = [half(sentence, len(task.labels)) for sentence in gold["tags"].to_pylist()]
        return pa.table({"tags": tags}, schema=schema)
    if task.type == TaskType.SPAN_EXTRACTION:
        texts = [str(random.choice([f"« {k} the»", f"{k}", "", "tail \n end"])) for k in range(gold.num_rows)]
        return pa.table({"id": gold["id"], "text": texts}, schema=schema)
    return pa.table({"prediction": half(gold["label"].to_pylist(), len(task.labels))}, schema=schema)


def finish(found: Plan, store: Store, source: AllSources, leave: int = 0) -> None:
    """Invented predictions for every cell but the last ``leave``, and their real scores."""
    random = np.random.default_rng(3)
    for cell in found.cells[: len(found.cells) - leave]:
        score = found.jobs[cell.score]
        assert isinstance(score, Score)
        for key in (*score.inputs, cell.score):
            store.submit(found.jobs[key], Places())
        for key in score.inputs:
            predict = found.jobs[key]
            assert isinstance(predict, Predict)
            if not store.has(key):
                gold = first_rows(source.read(predict.data), predict.examples)
                with store.writing(key) as (folder, _):
                    pq.write_table(guess(predict, gold, random), folder / PREDICTIONS)
        if not store.has(cell.score):
            run_score(score, cell.score, store, source)


@pytest.fixture
def planned(tmp_path: Path) -> tuple[Plan, Store, AllSources]:
    (tmp_path / "study.toml").write_text(STUDY)
    study = load(str(tmp_path / "study.toml"), None)
    source = open_source(Places(data=str(data(tmp_path / "data")), world=study.world, tasks=study.tasks))
    return plan(study, source), Store(tmp_path / "store"), source


def test_exported_predictions_have_the_scores_of_the_study(
    planned: tuple[Plan, Store, AllSources], tmp_path: Path
) -> None:
    found, store, source = planned
    finish(found, store, source)
    done = export(found, store, source, XTREME, tmp_path / "out")
    assert {str(system.relative_to(tmp_path / "out")) for system in done.systems} == {
        f"predictions/tiny/{arm}/seed{seed}" for seed in (0, 1) for arm in ("baseline", "nli%2F1")
    }
    compared = set()
    for cell in found.cells:
        if cell.target == "squad" or cell.language == "ces":
            continue
        system = tmp_path / "out" / "predictions" / cell.backbone / cell.arm.replace("/", "%2F") / f"seed{cell.seed}"
        scores = score_folders(XTREME, system, tmp_path / "out" / REFERENCES, "strict", partial=True)
        key = scores.tasks[cell.target].task.main[-1]
        assert scores.tasks[cell.target].scores[key][cell.language] == store.record(cell.score)["score"], cell
        assert not scores.groups and not scores.tasks[cell.target].averages
        compared.add((cell.target, cell.language))
    expected = {"xnli": "en de", "udpos": "en de", "tatoeba": "de ar", "xquad": "en ar vi", "bucc2018": "de"}
    assert compared == {(task, code) for task, codes in expected.items() for code in codes.split()}
    assert "xnli: only the first examples of the set in 2 languages, such as de 30 of 40" in done.notes
    assert any("tatoeba: 34 of 36 languages are missing" in note for note in done.notes)
    assert any(note.startswith("not in this study: pawsx, panx, mlqa, tydiqa") for note in done.notes)
    with pytest.raises(Problem, match="missing: xnli is scored in 15 languages"):
        score_folders(XTREME, done.systems[0], tmp_path / "out" / REFERENCES)


def test_an_exported_system_is_an_arm_of_another_study_with_the_same_scores(
    planned: tuple[Plan, Store, AllSources], tmp_path: Path
) -> None:
    found, store, source = planned
    finish(found, store, source)
    export(found, store, source, XTREME, tmp_path / "out")
    text = STUDY.replace('"squad", ', "").replace(', "bucc2018"', "").replace('"every"', '"all"')
    text = text.replace('"nli/1"', "theirs").replace(
        'intermediate = ["mnli"]', 'predictions = "out/predictions/{backbone}/nli%2F1/seed{seed}"'
    )
    (tmp_path / "other.toml").write_text(text)
    study = load(str(tmp_path / "other.toml"), None)
    places = Places(data=str(tmp_path / "data"), world=study.world, base=str(tmp_path))
    again = plan(study, open_source(places))
    places = replace(places, predictions=again.predictions)
    source, theirs = open_source(places), [cell for cell in again.cells if cell.arm == "theirs"]
    models = Models(store, source, places, tmp_path / "cache")
    for cell in theirs:
        score = again.jobs[cell.score]
        assert isinstance(score, Score)
        predict = again.jobs[score.prediction]
        assert isinstance(predict, Predict) and not predict.computed and predict.inputs == ()
        for key in (score.prediction, cell.score):
            store.submit(again.jobs[key], places)
        run_predict(predict, score.prediction, store, source, models, tmp_path / "cache")
        run_score(score, cell.score, store, source)
    at = {(cell.arm, cell.target, cell.language, cell.seed): store.record(cell.score)["score"] for cell in found.cells}
    assert {(cell.target, cell.language) for cell in theirs} == {
        *(("xnli", code) for code in ("en", "de")),
        *(("udpos", code) for code in ("en", "de")),
        *(("tatoeba", code) for code in ("de", "ar")),
        *(("xquad", code) for code in ("en", "ar", "vi")),
    }
    for cell in theirs:
        place = ("nli/1", cell.target, cell.language, cell.seed)
        assert store.record(cell.score)["score"] == at[place], place
        assert (cell.updates, cell.trainings, cell.model, cell.seen) == (0, (), None, "unknown")
    with pytest.raises(Problem, match="has changed since the study was planned"):
        path = next(iter(again.predictions.values()))
        Path(path).write_text("other")
        given = next(job for job in again.jobs.values() if isinstance(job, Predict) and job.given)
        digest = next(name for name, file in again.predictions.items() if file == path)
        run_predict(replace(given, given=digest), "0" * 32, store, source, models, tmp_path / "cache")


def test_every_mistake_of_a_folder_of_predictions_is_told_when_planning(
    planned: tuple[Plan, Store, AllSources], tmp_path: Path
) -> None:
    found, store, source = planned
    finish(found, store, source)
    export(found, store, source, XTREME, tmp_path / "out")
    system = tmp_path / "out" / "predictions" / "tiny" / "baseline" / "seed0"
    (system / "xnli" / "test-de.tsv").write_text("neutral\n" * 39)
    (system / "udpos" / "test-de.tsv").rename(system / "udpos" / "test-dee.tsv")
    (system / "tatoeba").rename(system / "tatoba")
    answers = json.loads((system / "xquad" / "test-ar.json").read_text())
    (system / "xquad" / "test-ar.json").write_text(json.dumps({**dict(list(answers.items())[:-2]), "ar99": "x"}))
    text = (
        STUDY.replace('"squad", ', "")
        .replace(', "bucc2018"', "")
        .replace('"every"', '"all"')
        .replace("seeds = [0, 1]", "seeds = [0]")
    )
    text = text.replace('"nli/1"', "theirs").replace('intermediate = ["mnli"]', 'predictions = "FOLDER"')
    base = Places(data=str(tmp_path / "data"), base=str(tmp_path))

    def told(folder: str) -> list[str]:
        (tmp_path / "other.toml").write_text(text.replace("FOLDER", folder))
        with pytest.raises(Problem) as caught:
            plan(load(str(tmp_path / "other.toml"), None), open_source(base))
        lines = [line.partition("[arms.theirs] predictions: ")[2] for line in caught.value.problems]
        return [line.replace(str(system), "") for line in lines]

    assert told("out/predictions/{backbone}/baseline/seed{seed}") == [
        "/xnli/test-de.tsv: 39 lines for 40 rows, of which the first 30 are scored: "
        "give one prediction for each row, in the order of the rows",
        "/udpos/test-de.tsv is not there, but 'udpos' is scored in 'de' (test): "
        "add this file: did you mean 'test-dee.tsv'?",
        "no folder /tatoeba: add the predictions of 'tatoeba': did you mean 'tatoba'?",
        "/xquad/test-ar.json: ids 'ar10', 'ar11': not answered; answer each question, with an empty text for no answer",
    ]
    (nothing,) = told("outt")
    assert nothing.endswith("outt: 'predictions' starts at the study file's folder, or give the whole path")


def test_predictions_of_another_question_are_not_exported(tmp_path: Path) -> None:
    few = STUDY.replace('"squad", "xnli", "udpos", ', "").replace("evaluation_examples = { xnli = 30 }\n", "")
    (tmp_path / "study.toml").write_text('retrieval = "mteb"\n' + few)
    study = load(str(tmp_path / "study.toml"), None)
    source = open_source(Places(data=str(data(tmp_path / "data")), world=study.world, tasks=study.tasks))
    found, store = plan(study, source), Store(tmp_path / "store")
    finish(found, store, source)
    notes = export(found, store, source, XTREME, tmp_path / "out").notes
    for name in ("tatoeba", "bucc2018"):
        assert f"{name} is left out: the study's protocol lets other sentences ask" in notes
    assert not list((tmp_path / "out").rglob("tatoeba"))


def test_an_export_is_whole_or_not_there(planned: tuple[Plan, Store, AllSources], tmp_path: Path) -> None:
    found, store, source = planned
    with pytest.raises(Problem, match="no finished score of XTREME"):
        export(found, store, source, XTREME, tmp_path / "out")
    finish(found, store, source, leave=5)
    (tmp_path / "there").mkdir()
    with pytest.raises(Problem, match="is there already"):
        export(found, store, source, XTREME, tmp_path / "there")
    done = export(found, store, source, XTREME_R, tmp_path / "out")
    assert any("not finished yet" in note for note in done.notes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out", "store", "study.toml", "there"]


def test_the_commands_export_and_score_without_torch(planned: tuple[Plan, Store, AllSources], tmp_path: Path) -> None:
    found, store, source = planned
    finish(found, store, source)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = (
            "import sys\nfrom xstilts.cli import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
            "assert not {'torch', 'transformers'} & set(sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done

    place = tmp_path / "out"
    arguments = ["--data", str(tmp_path / "data"), "--store", str(store.root)]
    done = call("export", str(tmp_path / "study.toml"), str(place), "--benchmark", "xtreme", *arguments)
    systems = done.stdout.split()
    assert len(systems) == 4 and "xstilts score --benchmark xtreme --partial" in done.stderr
    folders = ["--predictions", systems[0], "--references", str(place / REFERENCES)]
    said = json.loads(call("score", *folders, "--partial", "--json").stdout)
    assert said["groups"] == {} and set(said["tasks"]["xnli"]) == {"accuracy"}
    assert "2 of 15" in call("score", *folders, "--partial").stdout
