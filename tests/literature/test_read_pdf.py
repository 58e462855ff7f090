"""PDF files made for the tests: columns, ligatures, cut words and tables; and files that break or never end."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

sys.path.insert(0, str(Path(__file__).parent))
from papers import FIRST, paper

from xstilts.literature.read import Refused, pdf, read
from xstilts.literature.sentences import sentences


def words(text: str) -> list[str]:
    return text.split()


def test_two_columns_are_read_one_after_the_other_with_whole_words(tmp_path: Path) -> None:
    (document,) = read(paper(tmp_path / "a.pdf", "English tasks", "arXiv:2105.00001v2 [cs.CL] 3 May 2021", FIRST))
    text = "\n\n".join(document.pages)
    for part in FIRST.split("\n\n"):
        assert " ".join(words(part)) in text
    assert "classification of difficult" in text and "sufficient" in text  # ligatures are letters
    assert "SQuAD\t-1.4\t+0.7\t+5.6" in text  # a row of the table stays one
    about = document.about
    assert (about.title, about.identifier, about.year) == ("English tasks", "arXiv:2105.00001v2", 2021)


LATEX = r"""\documentclass[twocolumn]{article}
\title{Preparing encoders}\author{Ada Example}
\begin{document}\maketitle
\begin{abstract}The efficiency of multi-task training is insufficient for cross-lingual transfer.\end{abstract}
\section{Results}
Masked language modelling alongside does not consistently outperform English intermediate training, in official and
difficult settings alike. QQP lowers named entity recognition by 6.9\,F1 points, which is more than any other task.
The MNLI training set contains 392{,}702 examples; see the table\footnote{A footnote.} for all.
\begin{table*}[b]\begin{tabular}{lrr}Task&XNLI&TyDiQA\\SQuAD&$-1.4$&$+5.6$\end{tabular}\end{table*}
\newpage In the second column SQuAD raises TyDiQA by 5.6 points, and nothing else is said in it about any task.
\end{document}"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_a_paper_as_latex_sets_it(tmp_path: Path) -> None:
    (tmp_path / "two.tex").write_text(LATEX, encoding="utf-8")
    subprocess.run(["pdflatex", "-interaction=batchmode", "two.tex"], cwd=tmp_path, capture_output=True, check=True)
    (document,) = read(tmp_path / "two.pdf")
    assert document.about.title == "Preparing encoders"
    found = [sentence for sentence, _ in sentences(document)]
    for wanted in (
        "The efficiency of multi-task training is insufficient for cross-lingual transfer.",
        "Masked language modelling alongside does not consistently outperform English intermediate training, in "
        "official and difficult settings alike.",
        "QQP lowers named entity recognition by 6.9 F1 points, which is more than any other task.",
        "In the second column SQuAD raises TyDiQA by 5.6 points, and nothing else is said in it about any task.",
    ):
        assert wanted in found, found
    assert "SQuAD\t-1.4\t+5.6" in "\n".join(document.pages)


def test_columns_written_line_by_line_are_still_columns(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "b.pdf"), pagesize=(595, 842))
    left = [f"Line {n} of the left column is as long as any of its" for n in "123456"] + ["lines."]
    right = [f"Row {n} of the right column was written between those" for n in "123456"] + ["rows."]
    for row, pair in enumerate(zip(left, right, strict=True)):
        for x, line in zip((50, 310), pair, strict=True):
            canvas.drawString(x, 700 - 12 * row, line)
    canvas.save()
    (document,) = read(tmp_path / "b.pdf")
    assert " ".join(words(document.pages[0])) == " ".join([*left, *right])


def test_running_heads_and_page_numbers_do_not_cut_sentences(tmp_path: Path) -> None:
    text = " ".join(
        f"Sentence {n} says that nothing of the sort was found in it by anybody who looked." for n in range(120)
    )
    (document,) = read(paper(tmp_path / "c.pdf", "Many pages", "", text, table=False))
    assert len(document.pages) > 1
    assert not any("Running head" in page for page in document.pages)
    found = [sentence for sentence, _ in sentences(document)]
    wanted = [f"Sentence {n} says that nothing of the sort was found in it by anybody who looked." for n in range(120)]
    assert [one for one in found if one.startswith("Sentence")] == wanted
    for sentence, place in sentences(document):
        assert document.quote(place) == sentence


def test_a_file_without_text_is_kept_as_a_record_and_says_so(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "scan.pdf"))
    for _ in range(3):
        canvas.rect(50, 50, 400, 600, fill=1)
        canvas.showPage()
    canvas.save()
    (document,) = read(tmp_path / "scan.pdf")
    assert document.pages == () and "no text layer on 3 pages" in document.notes[0]


def test_truncated_and_encrypted_files_are_refused_with_the_reason(tmp_path: Path) -> None:
    whole = paper(tmp_path / "whole.pdf", "T", "", FIRST).read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[:300])
    with pytest.raises(Refused, match="broken"):
        read(tmp_path / "cut.pdf")
    (tmp_path / "noise.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 40)
    with pytest.raises(Refused, match="broken"):
        read(tmp_path / "noise.pdf")
    canvas = Canvas(str(tmp_path / "locked.pdf"), encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(50, 700, "Nobody reads this.")
    canvas.save()
    with pytest.raises(Refused, match="encrypted"):
        read(tmp_path / "locked.pdf")


def test_a_file_cut_in_its_middle_is_read_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    whole = paper(tmp_path / "whole.pdf", "T", "", FIRST).read_bytes()
    for share in (0.3, 0.6, 0.9, 0.99):
        (tmp_path / "cut.pdf").write_bytes(whole[: int(len(whole) * share)])
        try:
            (document,) = read(tmp_path / "cut.pdf")
        except Refused as reason:
            assert "broken" in str(reason)
        else:
            assert document.kind == "pdf"


def test_too_many_pages_and_too_long_a_reading_end(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "pages.pdf"))
    for _ in range(2001):
        canvas.showPage()
    canvas.save()
    with pytest.raises(Refused, match="2,001 pages"):
        read(tmp_path / "pages.pdf")
    with pytest.raises(Refused, match="not read within"):
        pdf.document(tmp_path / "pages.pdf", "0" * 64, "pages.pdf", seconds=0.01)


def test_a_page_with_more_text_than_anybody_reads_is_refused(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "bomb.pdf"), pageCompression=1)
    text = canvas.beginText(10, 800)
    text.setFont("Helvetica", 1)
    for _ in range(220):
        text.textLine("bomb " * 100)
    canvas.drawText(text)
    canvas.save()
    assert (tmp_path / "bomb.pdf").stat().st_size < 20_000
    with pytest.raises(Refused, match="characters on page 1"):
        read(tmp_path / "bomb.pdf")


def test_the_content_decides_what_a_file_is(tmp_path: Path) -> None:
    paper(tmp_path / "really.pdf", "T", "", FIRST).rename(tmp_path / "really.txt")
    assert read(tmp_path / "really.txt")[0].kind == "pdf"
