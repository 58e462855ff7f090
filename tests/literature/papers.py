"""Papers made for the tests: PDF files of two columns with ligatures, words cut at line ends, tables and running heads.

In: a folder. Out: files whose text was written for them; their numbers are invented or those of the catalogue's claims.
"""

from __future__ import annotations

from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONT, SIZE, LEADING = "Vera", 9, 11
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 235, 50, 310, 700, 80

FIRST = """We study English intermediate tasks before zero-shot transfer. All experiments start from XLM-R
Large. There are nine target tasks from XTREME, which covers up to 40 languages per task. BUCC and
Tatoeba have no training data of their own.

Our nine intermediate tasks differ in size. ANLI+ comprises 1,104,934 training examples, MNLI has
392,702 and the training set of SQuAD v2.0 contains 130,319 questions. Training has three phases.

Intermediate training on SQuAD improves the average over the target tasks by 8.2 points. MNLI yields
7.5 points on average, and HellaSwag a gain of 7.0 points. Multi-task training on all nine tasks is
best with 8.7 points. By choosing the best intermediate task for each target we raise the XTREME
average by 5.4 points.

Sentence retrieval on BUCC and Tatoeba improves dramatically with almost every intermediate task.
TyDiQA shows consistent gains from many intermediate tasks. However, XNLI does not benefit from
intermediate training. Continued multilingual masked language modelling does not consistently
outperform English intermediate training, and machine-translated data is not consistently better
than English intermediate tasks.

A classification of difficult cases is left for the future. The effect of the ordering was not of a
sufficient size."""

SECOND = """We repeat earlier work with another code base and five seeds. Intermediate training on SQuAD raises
the average over the target tasks by only 5.1 points, and MNLI improves the average by 7.5 points.
We find that XNLI does not gain from intermediate training. The training set of MNLI contains
392,702 examples, in agreement with its data card.

Efficient filters of difficult first examples were not sufficient to find a difference on PAWS-X."""

TABLE = [
    ("Task", "XNLI", "PAWS-X", "TyDiQA"),
    ("SQuAD", "-1.4", "+0.7", "+5.6"),
    ("HellaSwag", "-0.3", "+0.8", "+1.9"),
]


def paper(
    path: Path, title: str, stamp: str, text: str, author: str = "", columns: int = 2, table: bool = True
) -> Path:
    """A paper of as many pages as its text needs, with a running head, page numbers and a table on the last page."""
    pdfmetrics.registerFont(TTFont(FONT, "Vera.ttf"))
    canvas = Canvas(str(path), pagesize=(595, 842))
    canvas.setAuthor(author)
    canvas.setTitle("untitled")
    lines = [line for part in text.split("\n\n") for line in [*broken(part, WIDTH if columns == 2 else 495), ""]]
    high = (TOP - BOTTOM) // LEADING
    number = 0
    while lines:
        number += 1
        canvas.setFont(FONT, 8)
        canvas.drawString(LEFT, 800, f"Running head of the paper, page {number}")
        canvas.drawString(290, 40, str(number))
        if number == 1:
            canvas.setFont(FONT, 16)
            canvas.drawString(LEFT, 760, title)
            canvas.setFont(FONT, 7)
            canvas.drawString(LEFT, 740, stamp)
        canvas.setFont(FONT, SIZE)
        for left in (LEFT, RIGHT)[:columns]:
            half = min(high, -(-len(lines) // 2)) if columns == 2 and left == LEFT else high
            for row, line in enumerate(lines[:half]):
                canvas.drawString(left, TOP - row * LEADING, line)
            lines = lines[half:]
        if not lines and table:
            for row, cells in enumerate(TABLE):
                for column, cell in enumerate(cells):
                    canvas.drawString(LEFT + 100 * column, 160 - row * LEADING, cell)
        canvas.showPage()
    canvas.save()
    return path


def broken(text: str, width: float) -> list[str]:
    """Lines as narrow as ``width``: words are cut with a hyphen where they do not fit, fi and fl are one letter."""
    lines, line = [], ""
    for word in text.split():
        word = word.replace("fi", "ﬁ").replace("fl", "ﬂ")
        longer = f"{line} {word}" if line else word
        if stringWidth(longer, FONT, SIZE) <= width:
            line = longer
            continue
        cut = next(
            (n for n in range(len(word) - 3, 2, -1) if stringWidth(f"{line} {word[:n]}-", FONT, SIZE) <= width), 0
        )
        if cut and word.isalpha() and word.islower():
            lines.append(f"{line} {word[:cut]}-")
            line = word[cut:]
        else:
            lines.append(line)
            line = word
    return [*lines, line]


def folder(path: Path) -> Path:
    """A folder with two papers that have nothing in common, an earlier version of the first, and a bibliography."""
    path.mkdir(parents=True, exist_ok=True)
    paper(path / "first.pdf", "English tasks before the transfer", "arXiv:2105.00001v2 [cs.CL] 3 May 2021", FIRST)
    earlier = FIRST.replace("8.2 points", "8.4 points").replace("nine target tasks", "eight target tasks")
    paper(path / "first-v1.pdf", "English tasks before the transfer", "arXiv:2105.00001v1 [cs.CL] 1 May 2021", earlier)
    paper(path / "second.pdf", "The same, once more", "arXiv:2203.00002v1 [cs.CL] 1 Mar 2022", SECOND)
    (path / "library.bib").write_text(
        "@article{first, title={English tasks before the transfer}, author={Example, Ada and Sample, Bo}, year=2021, "
        "eprint={2105.00001}, archivePrefix={arXiv}}\n"
        "@article{second, title={The same, once more}, author={Otherwise, Jun}, year=2022, eprint={2203.00002}, "
        "archivePrefix={arXiv}}\n",
        encoding="utf-8",
    )
    return path
