"""What a study both trains on and scores: found with counts and examples, told with the plan, left out where asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from xstilts.cli import app
from xstilts.cli.opened import Opened, opened
from xstilts.jobs.overlap import asked_of, overlaps
from xstilts.jobs.sources import open_source
from xstilts.report.markdown import table
from xstilts.report.overlap import excluded_section, overlap_section
from xstilts.study.job import Train
from xstilts.study.manifest import plan_from_json
from xstilts.study.overlap import Meeting, numbers_in, ranges

RIVER = "The river rises in the hills north of the town and reaches the sea at the old harbour."
FLUSS = "Der Fluss entspringt in den Hügeln nördlich der Stadt und erreicht am alten Hafen das Meer."
TOWER = "The tower was built of red stone by masons who came from the other side of the mountains."
TURM = "Der Turm wurde von Maurern, die von der anderen Seite der Berge kamen, aus rotem Stein gebaut."
BRIDGE = "A bridge of seven arches crosses the valley where the railway once turned to the west."

STUDY = """
question = "Does what is scored also train?"
targets = ["pages"]
seeds = [0]

[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 48, vocabulary = 200 }
vocabulary = { text = ["notes"], characters = 10000 }

[arms.baseline]
[arms.questions]
intermediate = ["questions"]

[tasks.notes]
type = "mlm"
languages = ["en", "de"]
splits.train.path = "notes.{language}.jsonl"

[tasks.questions]
type = "span_extraction"
languages = ["en"]
splits.train.path = "questions.jsonl"
splits.train.made_from = { "encyclopedia" = "same" }

[tasks.pages]
type = "span_extraction"
languages = ["en", "de"]
splits.train.path = "train.jsonl"
[tasks.pages.splits.test]
path = "pages.{language}.jsonl"
parallel = "id"
made_from = { "encyclopedia" = "same" }
"""


def question(name: str, context: str) -> dict[str, object]:
    word = context.split()[1]
    return {
        "id": name,
        "question": "Which?",
        "context": context,
        "answer_texts": [word],
        "answer_starts": [context.index(word)],
    }


def write(path: Path, *rows: dict[str, object]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.setenv("XSTILTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("XSTILTS_DATA", raising=False)
    write(tmp_path / "notes.en.jsonl", {"text": "One more line that nobody asks about at all."}, {"text": BRIDGE})
    write(tmp_path / "notes.de.jsonl", {"text": "Nein."}, {"text": "So?"}, {"text": TURM.upper()})
    near = RIVER.replace("hills", "fields")
    write(tmp_path / "questions.jsonl", question("a", "Nothing of all this is ever scored."), question("b", near))
    write(tmp_path / "train.jsonl", question("c", "Another paragraph that only trains, which is as it should be."))
    write(
        tmp_path / "pages.en.jsonl", question("r", RIVER), question("t", TOWER), question("x", "A page apart from all.")
    )
    write(
        tmp_path / "pages.de.jsonl",
        question("t", TURM),
        question("r", FLUSS),
        question("y", "Nur hier zu lesen: nichts."),
    )

    def written(more: str = "") -> str:
        path = tmp_path / "mine.toml"
        path.write_text(more + STUDY, encoding="utf-8")
        return str(path)

    return written


def planned(study: str, tmp_path: Path) -> Opened:
    return opened(study, None, tmp_path / "store", None)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_plan_says_what_is_trained_on_and_scored(study: Callable[..., str], tmp_path: Path) -> None:
    plan = planned(study(), tmp_path).plan
    notes, questions = plan.overlaps
    assert (notes.trained, notes.phases, notes.scored, notes.split) == ("notes", ("vocabulary",), "pages", "test")
    assert (notes.equal, notes.near, notes.elsewhere, notes.rows) == (1, None, 1, 6)
    assert (notes.trained_met, notes.trained_rows, notes.languages) == (1, 5, ("en", "de"))
    equal, elsewhere = notes.meetings
    assert (equal.language, equal.row, equal.trained_language, equal.trained_row) == ("de", 0, "de", 2)
    assert elsewhere == Meeting("en", 1, TOWER[:77] + "...", "de", 2, TURM.upper()[:77] + "...", 1.0, "de")
    assert (questions.met, questions.kin) == (0, "same") and questions.warns
    assert plan_from_json(json.loads(json.dumps(plan.to_json()))).overlaps == plan.overlaps
    shown = table(overlap_section(plan.overlaps))
    assert "| notes (vocabulary) | pages (test) | 1 | ? | 1 | 6 | 1 |" in shown
    assert "related: questions (train) holds texts of encyclopedia; pages (test) holds texts of encyclopedia." in shown
    assert "met in de" in shown and 'exclude_overlap = "equal"' in shown


def test_near_duplicates_are_found_on_request_and_remembered(study: Callable[..., str], tmp_path: Path) -> None:
    found = planned(study(), tmp_path)
    source, asked = open_source(found.places, online=False), asked_of(found.plan)
    _, questions = overlaps(source, asked, near=True)
    assert (questions.equal, questions.near, questions.elsewhere) == (0, 1, 1)
    assert questions.phases == ("intermediate",) and 0.7 <= questions.meetings[0].similarity < 1
    assert planned(study(), tmp_path).plan.overlaps[1].near == 1  # what was found once is shown from then on
    write(tmp_path / "questions.jsonl", question("a", "Nothing of all this is ever scored."), question("b", BRIDGE))
    assert planned(study(), tmp_path).plan.overlaps[1].near is None  # other rows: not compared yet


def test_only_what_trains_behind_a_score_counts(study: Callable[..., str], tmp_path: Path) -> None:
    asked = asked_of(planned(study(), tmp_path).plan)
    assert {rows.language for rows in asked.behind} == {"en", "de"}
    for trained in asked.behind.values():
        assert {rows.task: sorted(phases) for rows, phases in trained.items()} == {
            "notes": ["vocabulary"],
            "questions": ["intermediate"],
            "pages": ["target"],
        }


def test_scored_rows_that_are_not_scored_for_a_cap_do_not_count(study: Callable[..., str], tmp_path: Path) -> None:
    for parallel in ("id", "row"):
        file = Path(study("evaluation_examples = 1\n"))
        file.write_text(file.read_text(encoding="utf-8").replace('parallel = "id"', f'parallel = "{parallel}"'))
        notes = planned(str(file), tmp_path).plan.overlaps[0]
        found = {"id": (1, 0, 2), "row": (1, 1, 2)}  # by their places, the first rows translate each other
        assert (notes.equal, notes.elsewhere, notes.rows) == found[parallel]


@pytest.mark.parametrize(("how", "left_out"), [("equal", {"notes": "2"}), ("near", {"notes": "2", "questions": "1"})])
def test_rows_that_are_scored_can_be_left_out(
    study: Callable[..., str], tmp_path: Path, how: str, left_out: dict[str, str]
) -> None:
    before = planned(study(), tmp_path).plan
    found = planned(study(f'exclude_overlap = "{how}"\n'), tmp_path)
    plan = found.plan
    told = [note for note in plan.notes if "left out" in note]
    assert "notes (train, de): 1 of 3 rows are left out, because they are scored, too" in "\n".join(told)
    assert len(told) == len(left_out)
    used = {rows for trained in asked_of(plan).behind.values() for rows in trained}
    assert {rows.task: rows.without for rows in used if rows.without} == left_out
    source = open_source(found.places, online=False)
    for rows in used:
        read = source.read(rows)
        assert read.num_rows == rows.rows
        for column in ("text", "context"):
            if column in read.column_names:
                assert TURM.upper() not in read[column].to_pylist()
    assert not any(one.equal for one in plan.overlaps)
    trainings = [{key for key, job in one.jobs.items() if isinstance(job, Train)} for one in (before, plan)]
    assert not trainings[0] & trainings[1]
    assert sum(one.near or 0 for one in plan.overlaps) == 0
    shown = table(excluded_section(plan))
    assert "| notes (train) | de | 1 | 3 |" in shown
    assert ("| questions (train) | en | 1 | 2 |" in shown) == (how == "near")


def test_a_study_without_overlap_keeps_its_keys(study: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "notes.de.jsonl", {"text": "Nichts davon wird jemals gefragt, kein Wort."})
    before = planned(study(), tmp_path).plan
    assert planned(study('exclude_overlap = "equal"\n'), tmp_path).plan.jobs == before.jobs


def test_a_study_whose_every_training_row_is_scored_is_refused(study: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", question("c", RIVER))
    text = call("plan", study('exclude_overlap = "equal"\n'), "--store", str(tmp_path / "store"))
    assert text.exit_code == 2 and "every row that 'pages' would train on is scored, too" in text.stderr


def test_the_command_shows_pairs_and_ends_in_1(study: Callable[..., str], tmp_path: Path) -> None:
    place = ("--store", str(tmp_path / "store"))
    found = call("data", "check", "--overlap", study(), *place)
    assert found.exit_code == 1 and "questions (intermediate)" in found.stdout and "alike" in found.stdout
    exact = call("data", "check", "--overlap", "notes", "pages", "--exact", "--study", study(), "--json", *place)
    assert exact.exit_code == 1
    counts = {(one["trained"], one["scored"]): (one["equal"], one["elsewhere"]) for one in json.loads(exact.stdout)}
    assert counts == {("notes", "pages"): (1, 1)}
    plan = call("plan", study(), *place)
    assert plan.exit_code == 0 and "Trained on and scored" in plan.stdout


def test_requests_that_name_nothing_to_compare_are_refused(study: Callable[..., str], tmp_path: Path) -> None:
    for arguments, message in (
        (["--overlap"], "needs a study, or tasks"),
        (["--overlap", "demo", "xnli"], "'demo' is a study"),
        (["--overlap", "xnli"], "nothing that is scored is here"),
        (["--overlap", "notes", "--study", study()], "nothing that is scored is here"),
    ):
        found = call("data", "check", *arguments, "--store", str(tmp_path / "store"))
        assert found.exit_code == 2 and message in found.stderr


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([3], "3"), ([3, 4], "3-4"), ([0, 1, 2, 7, 9, 10], "0-2,7,9-10")]
)
def test_numbers_of_rows_as_a_text(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text and numbers_in(text) == numbers
