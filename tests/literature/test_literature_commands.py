"""From a folder of papers to a report, one command each, as users call them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parent))
import papers

from xstilts.cli import app


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["literature", *arguments])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with papers and the corpus made of them."""
    root = tmp_path_factory.mktemp("literature")
    papers.folder(root / "papers")
    added = call("add", str(root / "papers"), "--corpus", str(root / "corpus"))
    assert added.exit_code == 0, added.output
    assert "5 added, 0 there already, 0 left out" in added.stdout
    return root


def test_a_folder_of_papers_becomes_a_report(place: Path) -> None:
    found = json.loads(call("report", "--corpus", str(place / "corpus"), "--json").stdout)
    labels = {one["id"]: one["literature"] and one["literature"]["label"] for one in found}
    stated = ["C1", "C3", "C4", "C5", "C6", "C7", "C9", "C12", "C13", "C14", "C16", "C18", "C19"]
    assert {name: labels[name] for name in stated} == dict.fromkeys(stated, "stated")
    assert [labels[name] for name in ("C2", "C8", "C17")] == ["corroborated"] * 3
    assert [labels[name] for name in ("C10", "C11")] == ["overstated"] * 2
    assert (labels["C20"], labels["Q0"]) == ("not found", None)
    (first,) = [one for one in found if one["id"] == "C1"]
    (quoted,) = first["literature"]["quotations"]
    assert quoted["document"] == "arXiv:2105.00001v2"  # the earlier version has another number
    assert quoted["text"] == "Intermediate training on SQuAD improves the average over the target tasks by 8.2 points."
    assert "5.1 points" in first["literature"]["against"][0]["text"]
    assert (first["published"], first["published_verdict"]) == ("+8.27", "undecided")
    assert first["reports"][0] == {"name": "D0", "tick": True, "number": 0.26}


def test_the_report_is_a_page_that_quotes_with_places(place: Path) -> None:
    page = call("report", "--corpus", str(place / "corpus")).stdout
    assert "| C1 | Intermediate training on SQuAD" in page and "5 of 5 ticked, 0.19 to 0.27 | stated 0." in page
    assert "disputed | +8.27 | undecided |" in page
    assert "> Intermediate training on SQuAD improves the average over the target tasks by 8.2 points.\n>\n" in page
    assert "> arXiv:2105.00001v2, p. 1, " in page and "More than the document says: direction." in page


def test_quotations_stand_in_the_corpus_letter_by_letter(place: Path) -> None:
    found = json.loads(call("findings", "--corpus", str(place / "corpus"), "--json").stdout)
    assert len(found) > 20
    for one in found:
        table = json.loads((place / "corpus" / "documents" / f"{one['key']}.json").read_text(encoding="utf-8"))
        at = one["place"]
        assert at["until"] or table["pages"][at["page"] - 1][at["start"] : at["end"]] == one["text"]
    (sizes,) = [one for one in found if one["text"].startswith("ANLI+ comprises") and one["document"].endswith("v2")]
    assert [each["number"]["value"] for each in sizes["states"]] == [1104934, 392702, 130319]


def test_sentences_of_ones_own_are_verified(place: Path) -> None:
    shown = call("verify", "SQuAD raises the average by 9.2 points", "Rain is wet", "--corpus", str(place / "corpus"))
    assert "contradicted (number)" in shown.stdout and "not found" in shown.stdout
    assert "nothing in this sentence can be compared" in shown.stderr


def test_claims_show_what_the_documents_say(place: Path) -> None:
    arguments = ["claims", "--published", "--corpus", str(place / "corpus")]
    text = CliRunner().invoke(app, arguments).stdout
    assert "What the documents of the corpus say" in text and max(map(len, text.splitlines())) <= 100
    found = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert found["literature"]["C10"]["label"] == "overstated"
    none = CliRunner().invoke(app, ["claims", "--published", "--corpus", str(place / "nothing")])
    assert "documents of the corpus" not in none.stdout


def test_adding_again_changes_nothing_and_removing_forgets(place: Path, tmp_path: Path) -> None:
    corpus = str(tmp_path / "corpus")
    call("add", str(place / "papers" / "first.pdf"), str(place / "papers" / "first-v1.pdf"), "--corpus", corpus)
    again = call("add", str(place / "papers" / "first.pdf"), "--corpus", corpus)
    assert "0 added, 1 there already" in again.stdout
    listed = call("list", "--corpus", corpus).stdout
    assert "2 documents of 1 publications" in listed and "  = arXiv:2105.00001v2" in listed
    assert call("remove", "2105.00001v1", "--corpus", corpus).stdout.startswith("removed: arXiv:2105.00001v1")
    unknown = call("remove", "2105.00001v1", "--corpus", corpus)
    assert unknown.exit_code == 2 and "did you mean '2105.00001v2'" in unknown.stderr


def test_what_cannot_be_read_is_named_counted_and_left_out(place: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "cut.pdf").write_bytes((place / "papers" / "first.pdf").read_bytes()[:400])
    (tmp_path / "in" / "deep" / "noise.txt").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "in" / "fine.txt").write_text("A title\n\nMNLI helps XQuAD.", encoding="utf-8")
    shown = call("add", str(tmp_path / "in"), "--corpus", str(tmp_path / "corpus"))
    assert shown.exit_code == 1
    assert "1 added, 0 there already, 2 left out" in shown.stdout
    assert "cut.pdf: broken" in shown.stderr and "noise.txt: binary" in shown.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "in"]  # nothing anywhere else
    empty = call("report", "--corpus", str(tmp_path / "none"))
    assert empty.exit_code == 2 and "xstilts literature add" in empty.stderr


def test_a_damaged_document_is_named_and_not_used(place: Path, tmp_path: Path) -> None:
    call("add", str(place / "papers"), "--corpus", str(tmp_path))
    victim = sorted((tmp_path / "documents").glob("*.json"))[0]
    victim.write_bytes(victim.read_bytes().replace(b"2021", b"2012").replace(b"2022", b"2012"))
    shown = call("list", "--corpus", str(tmp_path))
    assert shown.exit_code == 1 and str(victim) in shown.stderr and "4 documents" in shown.stdout


def test_a_kill_while_adding_leaves_whole_documents(place: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "xstilts",
        "literature",
        "add",
        str(place / "papers"),
        "--corpus",
        str(tmp_path / "c"),
    ]
    for wait in (0.2, 0.5, 0.8):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(wait)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
    assert call("add", str(place / "papers"), "--corpus", str(tmp_path / "c")).exit_code == 0
    listed = call("list", "--corpus", str(tmp_path / "c"))
    assert listed.exit_code == 0 and "5 documents of 2 publications, 0 damaged" in listed.stdout
