"""One PDF file as JSON on standard output: a program of its own, started by ``read/pdf.py``.

In: the path as argument. Out: ``{"pages": [...], "named": {...}, "largest": title}`` or ``{"refused": reason}``. pdfium
gives runs of text with their places; this puts them in the order in which people read: column by column, tables row by
row, without the heads and numbers that return on every page.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.literature.read.shape import join, letters

MAX_PAGES, MAX_ON_PAGE, MAX_LETTERS, MEMORY = 2000, 100_000, 20_000_000, 2 * 2**30


@dataclass(frozen=True)
class Run:
    """A piece of a line: its left, lower, right and upper edge in points from the page's lower left corner."""

    left: float
    low: float
    right: float
    high: float
    text: str

    @property
    def height(self) -> float:
        return self.high - self.low


class TooMuch(Exception):
    """A page that nobody reads."""


def main(path: str) -> None:
    """Print the answer."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import pypdfium2

    try:
        answer = _answer(pypdfium2.PdfDocument(path))
    except pypdfium2.PdfiumError as error:
        said = str(error)
        answer = {
            "refused": "encrypted: needs its password" if "assword" in said else "broken: no PDF can be read from it"
        }
    except TooMuch as reason:
        answer = {"refused": str(reason)}
    except MemoryError:
        answer = {"refused": "needs more than 2 GiB to read"}
    print(json.dumps(answer))


def _answer(file: Any) -> dict[str, Any]:
    if len(file) > MAX_PAGES:
        return {"refused": f"{len(file):,} pages: more than {MAX_PAGES:,}"}
    pages: list[list[Run]] = []
    total = 0
    for number in range(len(file)):
        pages.append(list(_runs(file, number)))
        total += sum(len(run.text) for run in pages[-1])
        if total > MAX_LETTERS:
            return {"refused": f"more than {MAX_LETTERS:,} characters"}
    named = {name: letters(value) for name, value in file.get_metadata_dict(skip_empty=True).items()}
    largest = _largest(pages[0]) if pages else ""
    pages = [_unnumbered(page) for page in pages]
    heads = _heads(pages)
    return {
        "pages": [_text([run for run in page if _key(run) not in heads]) for page in pages],
        "named": named,
        "largest": largest,
    }


def _runs(file: Any, number: int) -> Iterator[Run]:
    """The pieces of text of a page; none where the page is damaged. Raises ``TooMuch``."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        words = file[number].get_textpage()
        count = words.count_chars()
    except pypdfium2.PdfiumError:
        return
    if count > MAX_ON_PAGE:
        raise TooMuch(f"{count:,} characters on page {number + 1}: more than {MAX_ON_PAGE:,}")
    signs = [(chr(raw.FPDFText_GetUnicode(words.raw, i)), _box(words, i)) for i in range(count)]
    for piece in _pieces(signs):
        text = letters("".join(sign for sign, _ in piece)).replace("\ufffe", "\x02").strip(" ")
        text = re.sub(r"(^|[\s(])- (?=\d)", r"\1-", text)  # a minus set as a sign of its own
        boxes = [box for sign, box in piece if not sign.isspace() and box is not None]
        if text.strip(" \x02") and boxes:
            yield Run(
                min(box[0] for box in boxes),
                min(box[1] for box in boxes),
                max(box[2] for box in boxes),
                max(box[3] for box in boxes),
                text,
            )


_Box = tuple[float, float, float, float]


def _box(words: Any, place: int) -> _Box | None:
    """The edges of a letter: left, low, right, high; None of what pdfium put in itself."""
    import pypdfium2

    try:
        left, low, right, high = words.get_charbox(place)
    except pypdfium2.PdfiumError:
        return None
    return (left, low, right, high) if high > low or right > left else None


def _pieces(signs: Sequence[tuple[str, _Box | None]]) -> Iterator[list[tuple[str, _Box | None]]]:
    """Letters that follow one another on a line: a jump or another line begins a new piece."""
    piece: list[tuple[str, _Box | None]] = []
    last: _Box | None = None
    heights = sorted(box[3] - box[1] for sign, box in signs if box is not None and sign.isalnum())
    height = heights[len(heights) // 2] if heights else 0.0
    for sign, box in signs:
        if sign in "\r\n\0":
            yield piece
            piece, last = [], None
            continue
        if box is not None and not sign.isspace():
            if last is not None:
                away = box[0] - last[2] > 1.5 * height or box[0] < last[0] - height
                if away or box[1] > last[3] or box[3] < last[1]:
                    yield piece
                    piece = []
            last = box
        piece.append((sign, box))
    yield piece


def _key(run: Run) -> tuple[str, int]:
    return re.sub(r"\d+", "#", run.text), round(run.low / 4)


def _unnumbered(page: Sequence[Run]) -> list[Run]:
    """A page without the number that stands alone above or below everything else."""
    edges = (max(page, key=lambda run: run.low), min(page, key=lambda run: run.low)) if page else ()
    return [run for run in page if run not in edges or not re.fullmatch(r"\W*(?:\d+|[ivxlc]+)\W*", run.text)]


def _heads(pages: Sequence[Sequence[Run]]) -> set[tuple[str, int]]:
    """What stands at the same height on several pages, in the outer tenth: heads, feet, numbers."""
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        if page:
            low, high = min(run.low for run in page), max(run.high for run in page)
            edge = (high - low) / 10
            seen.update({_key(run) for run in page if run.low > high - edge or run.high < low + edge})
    return {key for key, count in seen.items() if count >= max(2, len(pages) // 3)}


def _largest(page: Sequence[Run]) -> str:
    """The lines in the largest letters of the first page's upper half: most often the title."""
    lines = [run for line in _lines(page) for run in line if len(run.text) > 3 and run.right - run.left > run.height]
    if not lines:
        return ""
    middle = (max(run.high for run in lines) + min(run.low for run in lines)) / 2
    upper = [run for run in lines if run.low > middle] or lines
    most = max(run.height for run in upper)
    return join(run.text for run in upper if run.height > 0.85 * most)[:300] if most > 1.15 * _height(lines) else ""


def _height(runs: Iterable[Run]) -> float:
    return statistics.median(run.height for run in runs)


def _lines(page: Sequence[Run]) -> list[list[Run]]:
    """Runs as lines from top to bottom, the runs of a line from left to right; those that touch are put together."""
    lines: list[list[Run]] = []
    for run in sorted(page, key=lambda one: -(one.low + one.high)):
        middle = (run.low + run.high) / 2
        line = next((line for line in lines[-6:] if line[0].low <= middle <= line[0].high), None)
        lines.append([run]) if line is None else line.append(run)
    usual = _height(page) if page else 0.0
    return [_touching(sorted(line, key=lambda one: one.left), usual) for line in lines]


def _touching(line: Sequence[Run], usual: float) -> list[Run]:
    """The runs of a line, those of running text together: the space between words is narrow, that behind a point may
    be wide where lines are set to both margins."""
    found: list[Run] = []
    for run in line:
        ended = found and re.search(r"[a-z)][.,;:!?]$", found[-1].text) and re.match(r"[A-Za-z(]", run.text)
        if found and run.left - found[-1].right < (2.0 if ended else 0.9) * max(run.height, found[-1].height, usual):
            last = found.pop()
            space = "" if run.left - last.right < 0.08 * last.height else " "
            run = Run(
                last.left, min(last.low, run.low), run.right, max(last.high, run.high), last.text + space + run.text
            )
        found.append(run)
    return found


def _text(page: Sequence[Run]) -> str:
    """A page's text in reading order."""
    if not page:
        return ""
    lines = _lines(page)
    gutter = _gutter(lines)
    if gutter is None:
        return _paragraphs(lines)
    parts: list[str] = []
    band: list[list[Run]] = []
    for line in [*lines, None]:
        if line is None or any(run.left < gutter < run.right for run in line) or _is_row(line, page):
            left = [[run for run in one if run.left < gutter] for one in band]
            right = [[run for run in one if run.left >= gutter] for one in band]
            parts += [_paragraphs([one for one in half if one]) for half in (left, right)]
            band = []
            if line is not None:
                parts.append(_paragraphs([line]))
        else:
            band.append(line)
    return _flow([part for part in parts if part])


def _is_row(line: Sequence[Run], page: Sequence[Run]) -> bool:
    """Whether a line is a row of a table over both columns: three cells or more, all of them narrow."""
    width = max(run.right for run in page) - min(run.left for run in page)
    return len(line) > 2 and all(run.right - run.left < 0.25 * width for run in line)


def _gutter(lines: Sequence[Sequence[Run]]) -> float | None:
    """The empty strip between two columns of running text: its middle, or None where the page has one column."""
    runs = [run for line in lines for run in line]
    start, end = min(run.left for run in runs), max(run.right for run in runs)
    wide = [run for run in runs if run.right - run.left > 0.25 * (end - start)]
    found: list[tuple[int, int, float]] = []
    for step in range(35, 66):
        x = start + (end - start) * step / 100
        crossing = sum(run.left < x < run.right for run in wide)
        sides = (sum(run.right <= x for run in wide), sum(run.left >= x for run in wide))
        if min(sides) >= 2 and crossing <= 0.4 * sum(sides):
            found.append((crossing, abs(step - 50), x))
    return min(found)[2] if found else None


def _paragraphs(lines: Sequence[Sequence[Run]]) -> str:
    """Lines as paragraphs: a larger gap or other letters begin a new one. Cells of a row stand between tabs."""
    if not lines:
        return ""
    gaps = [a[0].low - b[0].low for a, b in itertools.pairwise(lines) if a[0].low > b[0].low]
    usual = statistics.median(gaps) if gaps else 0.0
    parts: list[list[str]] = [[]]
    for number, line in enumerate(lines):
        before = lines[number - 1][0] if number else None
        gap = before.low - line[0].low if before else 0.0
        other = before is not None and not 0.75 < line[0].height / max(before.height, 0.1) < 1.33
        if before and (gap > 1.4 * usual or gap < 0 or (other and gap > 1.15 * usual)):
            parts.append([])
        parts[-1].append("\t".join(run.text for run in line))
    return "\n\n".join(filter(None, (join(part) for part in parts)))


def _flow(parts: Sequence[str]) -> str:
    """Columns and bands one after the other; a sentence that a column's end cut goes on in the next."""
    found = ""
    for part in parts:
        open_end = found and "\t" not in found.rsplit("\n", 1)[-1] and not re.search(r"[.!?:)\]]$", found)
        if found and open_end and re.match(r"[a-z\d]", part):
            head, tail = found.rpartition("\n\n")[::2]
            first, _, rest = part.partition("\n\n")
            found = (f"{head}\n\n" if head else "") + join([tail, first]) + (f"\n\n{rest}" if rest else "")
        else:
            found = f"{found}\n\n{part}" if found else part
    return found


if __name__ == "__main__":
    main(sys.argv[1])
