"""`xstilts literature search | screen | review` as users call them, against services on loopback."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from paper_services import Fault, Paper, PaperServer, running
from xstilts.cli import app

GOOD = Paper(
    "Intermediate tasks for zero-shot transfer",
    "An intermediate task helps zero-shot transfer by 2.1 points.",
    ("Ana López", "Bo Chen"),
    2020,
    arxiv="2005.00001v2",
    doi="10.18653/v1/2020.aacl-main.99",
    acl="2020.aacl-main.99",
)
OLD = Paper(
    "Old intermediate tasks and transfer",
    "Transfer, long ago, by an intermediate task.",
    ("C. D",),
    1999,
    arxiv="9901.00001",
)
GERMAN = Paper(
    "Transfer und intermediate", "Ein Text.", ("E. F",), 2021, doi="10.1000/de", language="de", services=("openalex",)
)
BARE = Paper("About intermediate transfer", "", ("G. H",), 2022, doi="10.1000/bare", services=("openalex", "crossref"))


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with running([GOOD, OLD, GERMAN, BARE]) as found:
        yield found


@pytest.fixture
def here(server: PaperServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "services.toml").write_text(server.settings(), encoding="utf-8")
    monkeypatch.setenv("XSTILTS_LITERATURE_SERVICES", str(tmp_path / "services.toml"))
    monkeypatch.setenv("XSTILTS_LITERATURE", str(tmp_path / "corpus"))
    for name in ("OPENALEX_API_KEY", "SEMANTIC_SCHOLAR_API_KEY", "XSTILTS_CONTACT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def called(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["literature", *map(str, arguments)])


def test_a_search_is_asked_once_and_replayed_exactly(server: PaperServer, here: Path) -> None:
    first = called("search", "intermediate transfer", "--json")
    assert first.exit_code == 0
    found = json.loads(first.stdout)
    assert [(one["service"], one["records"], one["failure"]) for one in found["services"]] == [
        ("arxiv", 2, ""),
        ("openalex", 4, ""),
        ("semantic-scholar", 2, ""),
        ("crossref", 2, ""),
        ("acl", 1, ""),
    ]
    assert "doi:10.18653/v1/2020.aacl-main.99" in [paper["record"] for paper in found["papers"]]
    assert len(found["papers"]) == 4 and found["duplicates"] == {"identifier": 7, "title": 0}
    asked = len(server.asked)
    for mode in ([], ["--replay"]):
        again = called("search", "intermediate transfer", "--json", *mode)
        assert (again.stdout, again.exit_code) == (first.stdout, 0)
        assert "nobody was asked" in again.stderr
    assert len(server.asked) == asked
    server.papers = [GOOD]
    assert called("search", "intermediate transfer", "--json").stdout == first.stdout
    anew = json.loads(called("search", "intermediate transfer", "--again", "--json").stdout)
    assert len(anew["papers"]) == 1 and len(server.asked) == 2 * asked


def test_what_failed_is_named_and_asked_again_next_time(server: PaperServer, here: Path) -> None:
    gone = b'{"status": "ok", "message": {"items": [], "total-results": 0}}'  # it would read as an answer
    server.faults["crossref"] = [Fault(404, gone)]
    server.faults["arxiv"] = [Fault(200, b"<html><title>Maintenance</title></html>")]
    first = called("search", "transfer", "--services", "arxiv,crossref,acl")
    assert first.exit_code == 1
    assert "Crossref: answered 404" in first.stdout
    assert "arXiv: the answer is an HTML page (Maintenance)" in first.stdout
    replayed = called("search", "transfer", "--services", "arxiv,crossref,acl", "--replay")
    assert (replayed.exit_code, replayed.stdout) == (1, first.stdout)
    asked = len(server.asked)
    assert called("search", "transfer", "--services", "arxiv,crossref,acl").exit_code == 0
    assert {one.service for one in server.asked[asked:]} == {"arxiv", "crossref"}


def test_a_damaged_recording_is_named_and_asked_again(server: PaperServer, here: Path) -> None:
    called("search", "transfer", "--services", "arxiv")
    (path,) = (here / "corpus" / "answers" / "arxiv").glob("*.answer")
    path.write_bytes(path.read_bytes().replace(b"zero-shot", b"one--shot"))
    refused = called("search", "transfer", "--services", "arxiv", "--replay")
    assert refused.exit_code == 1 and "not as it was written" in " ".join(refused.stdout.split())
    again = called("search", "transfer", "--services", "arxiv")
    assert again.exit_code == 0 and "is asked again" in again.stderr and "zero-shot" in again.stdout


def test_screening_counts_decides_and_adds(here: Path) -> None:
    called("search", "intermediate transfer")
    called("search", '"zero-shot"', "--services", "arxiv,acl")
    (here / "rules.toml").write_text('since = 2015\nlanguages = ["en"]\nmust = [["task*"]]\n', encoding="utf-8")
    sheet = here / "sheet.csv"
    done = called("screen", "--rules", here / "rules.toml", "--sheet", sheet, "--add", "--json")
    assert done.exit_code == 0, done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert counts["found"] == {"arxiv": 3, "openalex": 4, "semantic-scholar": 2, "crossref": 2, "acl": 2}
    assert (counts["by_identifier"] + counts["by_title"], counts["screened"], counts["included"]) == (9, 4, 1)
    assert counts["excluded"] == {"before 2015": 1, "language is not en": 1}
    assert counts["not_judged"] == {"no abstract, none of 'task*' in the title": 1}
    assert "1 abstracts added" in done.stderr
    listed = json.loads(called("list", "--json").stdout)["documents"]
    assert [one["about"]["title"] for one in listed] == [GOOD.title]
    assert "0 abstracts added" in called("screen", "--rules", here / "rules.toml", "--add").stderr

    rows = list(csv.DictReader(sheet.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 4
    for row in rows:
        if row["title"] == BARE.title:
            row["decision"], row["reason"] = "exclude", "about retrieval"
    with sheet.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    decided = called("screen", "--rules", here / "rules.toml", "--decisions", sheet, "--markdown")
    assert "|  | about retrieval (a person) | 1 |" in decided.stdout and "| included |  | 1 |" in decided.stdout
    assert decided.stdout.startswith("# Screening\n\n## Searches\n\n| query | services |")
    assert '| "zero-shot" | arxiv, acl |' in decided.stdout and "## PRISMA counts" in decided.stdout
    assert called("screen", "--sheet", sheet).exit_code == 2  # nobody's decisions are written over


def test_searches_are_listed_and_chosen_by_name(here: Path) -> None:
    assert "no search" in called("search").stdout
    assert called("screen").exit_code == 2
    called("search", "intermediate transfer", "--services", "acl", "--since", "2010")
    (name,) = [one["name"] for one in json.loads(called("search", "--json").stdout)]
    assert name.startswith("intermediate-transfer-") and name in called("search").stdout
    assert json.loads(called("screen", name, "--json").stdout)["counts"]["found"] == {"acl": 1}
    assert "did you mean" in called("screen", name[:-1]).stderr
    path = here / "corpus" / "searches" / f"{name}.json"
    path.write_text(path.read_text().replace("2010", "2011"), encoding="utf-8")
    assert "not as it was written" in called("search").stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["search", "x", "--services", "arxv"], "did you mean 'arxiv'"),
        (["search", "x", "--limit", "0"], "--limit is 0"),
        (["search", '""'], "no word"),
        (["search", "x", "--replay", "--again"], "name one of them"),
        (["search", "x", "--corpus", "/proc/none"], "name a folder with --corpus"),
        (["search", "x", "--corpus", "services.toml/below"], "name a folder with --corpus"),
        (["screen", "--rules", "none.toml"], "can not be read"),
        (["review", "nothing.pdf"], "no document 'nothing.pdf'"),
        (["review", "--checklist", "none.toml"], "can not be read"),
    ],
)
def test_wrong_requests_end_in_a_line(
    server: PaperServer, here: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], why: str
) -> None:
    monkeypatch.chdir(here)
    done = called(*arguments)
    assert done.exit_code == 2 and why in done.stderr and "Traceback" not in done.output
    assert server.asked == []


def test_a_replay_needs_no_network_at_all_in_a_process_of_its_own(here: Path) -> None:
    called("search", "intermediate transfer", "--json")
    (here / "services.toml").write_text('[arxiv]\nurl = "http://127.0.0.1:9/nobody"\n', encoding="utf-8")
    command = [sys.executable, "-m", "xstilts", "literature", "search", "intermediate transfer", "--replay"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ, cwd=here)
    # Another address is another request: what was recorded of the old one is not passed off as its answer.
    assert done.returncode == 1 and "not recorded" in done.stdout and "ACL Anthology" in done.stdout


def test_review_of_pages_and_documents_with_people(here: Path) -> None:
    page = here / "report.md"
    page.write_text(
        "# Report\n\nScores are means over five seeds.\n\n| arm | 95 % |\n| --- | --- |\n| x | +1.0 .. +2.0 |\n",
        encoding="utf-8",
    )
    text = here / "paper.txt"
    text.write_text("A Paper\n\nWe report a single run.\n\nLimitations\n\nOne encoder.\n", encoding="utf-8")
    called("add", text)
    sheet = here / "scores.csv"
    done = called("review", page, "A Paper", "--sheet", sheet)
    assert done.exit_code == 0, done.stderr
    assert "line 3" in done.stdout and "page 1" in done.stdout and "automated checklist" in done.stdout
    rows = list(csv.DictReader(sheet.read_text(encoding="utf-8").splitlines()))
    documents = list(dict.fromkeys(row["document"] for row in rows))
    assert len(rows) == 2 * 21 and documents[0] == str(page)
    lines = ["reviewer,item,score,document"]
    for person, seeds in (("Ana", "yes"), ("Bo", "no")):
        lines += [
            f"{person},seeds,{seeds},{page}",
            f"{person},spread,yes,{page}",
            f"{person},licences,not found,{page}",
        ]
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = json.loads(called("review", page, "A Paper", "--scores", sheet, "--json").stdout)
    seeds = found[str(page)]["items"]["seeds"]
    assert seeds["people"] == {"Ana": "yes", "Bo": "no"} and seeds["rules"]["words"]["score"] == "yes"
    (quotation,) = seeds["rules"]["words"]["quotations"]
    assert (
        page.read_text()[quotation["start"] : quotation["end"]]
        == quotation["text"]
        == "Scores are means over five seeds."
    )
    assert (
        found[str(page)]["alpha"]["people"]["raters"] == 2 and found[documents[1]]["alpha"]["people"]["alpha"] is None
    )
    assert found[documents[1]]["items"]["seeds"]["rules"]["words"]["score"] == "no"
    assert found[documents[1]]["items"]["limitations"]["rules"]["structure"]["score"] == "yes"
    shown = called("review", page, "--scores", sheet, "--markdown").stdout
    assert "1 yes, 1 no" in shown and "## Checklist:" in shown and "Krippendorff's alpha of people (2 raters" in shown


def test_review_names_what_it_can_not_read(here: Path) -> None:
    (here / "empty.md").write_text(" \n", encoding="utf-8")
    (here / "good.md").write_text("# A\n\nFive seeds.\n", encoding="utf-8")
    (here / "binary.txt").write_bytes(bytes(range(32)) * 50)
    done = called("review", here / "empty.md", here / "good.md", here / "binary.txt")
    assert done.exit_code == 1 and done.stderr.count("left out") == 2 and "good.md" in done.stdout
    items = called("review")
    assert items.exit_code == 0 and "self-pairs" in items.stdout
    assert len(json.loads(called("review", "--json").stdout)) == 21


def test_a_failed_service_stands_below_the_counts(server: PaperServer, here: Path) -> None:
    server.faults["openalex"] = [Fault(429, b'{"message": "Too many", "code": "429"}', (("Retry-After", "900"),))]
    called("search", "intermediate transfer", "--services", "openalex,acl")
    page = called("screen", "--markdown").stdout
    assert "OpenAlex failed: answered 429 (Too many); asks to come back in 900 seconds" in page
    assert "OPENALEX_API_KEY is not set" in page and "| found |  | 1 |" in page


def test_a_search_that_is_killed_leaves_whole_answers_and_goes_on(server: PaperServer, here: Path) -> None:
    server.faults["crossref"] = [Fault(pieces=(b'{"status": ',) * 50, pause=0.2)]
    command = [sys.executable, "-m", "xstilts", "literature", "search", "intermediate transfer"]
    with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=here) as running:
        until = time.monotonic() + 60
        while not server.of("crossref") and time.monotonic() < until:
            time.sleep(0.05)
        running.kill()
    answers = here / "corpus" / "answers"
    kept = sorted(path.parent.name for path in answers.rglob("*") if path.is_file())
    assert kept == ["arxiv", "openalex", "semantic-scholar"]
    asked = len(server.asked)
    assert called("search", "intermediate transfer").exit_code == 0
    assert {one.service for one in server.asked[asked:]} == {"crossref", "acl"}
