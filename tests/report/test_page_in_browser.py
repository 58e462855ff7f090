"""The page as a reader sees it, in a real headless Chromium: nothing overflows, nothing complains, tables sort.

Skipped where there is no Chromium or no playwright (the extra ``browser``); ``make browser`` runs it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from filled import HOSTILE, PLAIN, filled, hostile
from xstilts.cli.report import note_of
from xstilts.report import html

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: the page was not looked at")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: the page was not looked at"),
    pytest.mark.filterwarnings("ignore"),
]
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync", "extensions", "default-apps")
OUTSIDE = """() => [...document.querySelectorAll('body *')]
    .filter(one => !one.closest('.scroll, pre') && one.getClientRects().length
        && one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.tagName + ': ' + one.textContent.slice(0, 40))"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for name in ("plain", "hostile"):
        folder = tmp_path_factory.mktemp(name)
        plan, store = filled(folder, PLAIN if name == "plain" else hostile(folder), reason=HOSTILE)
        found[name] = folder / "report.html"
        found[name].write_text(html.page(note_of(plan, store)), encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]
        found = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        found.close()


class Look:
    """A page that is open, and everything that it complained about or asked for."""

    def __init__(self, browser: Any, file: Path, width: int = 1400, scheme: str = "light") -> None:
        self.page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda asked: self._asked(asked.url))
        self.page.goto(file.as_uri())
        self.complaints = [line for line in self.complaints if line != file.as_uri()]

    def _asked(self, url: str) -> None:
        if not url.startswith("blob:"):
            self.complaints.append(url)

    def column(self, table: str, place: int) -> list[str]:
        return self.page.eval_on_selector_all(
            f"{table} tbody tr:not([hidden])", f"rows => rows.map(row => row.cells[{place}].textContent.trim())"
        )


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("width", [380, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_complains_loads_or_leaves_the_page(
    browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    look = Look(browser, pages[name], width, scheme)
    look.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert look.page.evaluate("document.documentElement.scrollWidth") <= width
    assert look.page.evaluate(OUTSIDE) == []
    assert look.complaints == []
    drawings = look.page.locator(".drawing svg")
    assert drawings.count() >= 4
    for number in range(drawings.count()):
        box = drawings.nth(number).bounding_box()
        assert box["width"] > 300 and box["height"] > 80


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_background(browser: Any, pages: dict[str, Path], scheme: str) -> None:
    look = Look(browser, pages["plain"], scheme=scheme)
    shown = {
        part: look.page.eval_on_selector(
            part, "one => { const s = getComputedStyle(one); return s.fill === 'rgb(0, 0, 0)' ? s.color : s.fill }"
        )
        for part in ("h1", ".notes", ".drawing svg text")
    }
    paper = look.page.eval_on_selector("body", "one => getComputedStyle(one).backgroundColor")
    for part, ink in shown.items():
        assert contrast(ink, paper) > 4.5, (part, ink, paper)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2 of two colours ``rgb(r, g, b)``."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_tables_sort_by_mouse_and_keyboard_and_say_so(browser: Any, pages: dict[str, Path]) -> None:
    look = Look(browser, pages["plain"])
    table, head = "#results table >> nth=0", "#results table >> nth=0 >> thead th >> nth=1"
    first = "#results section.table table"
    look.page.locator(head).locator("[role=button]").click()
    assert look.page.locator(head).get_attribute("aria-sort") == "ascending"
    assert [cell.split(" ")[0] for cell in look.column(first, 1)][:2] == ["-1.0", "+3.7"]
    look.page.locator(head).locator("[role=button]").press("Enter")
    assert look.page.locator(head).get_attribute("aria-sort") == "descending"
    assert [cell.split(" ")[0] for cell in look.column(first, 1)][:2] == ["+3.7", "-1.0"]
    # Floor and baseline stay on top.
    assert "floor" in look.page.locator(table).locator("thead").inner_text()
    others = look.page.locator(table).locator("thead th").nth(0).get_attribute("aria-sort")
    assert others == "none" and look.complaints == []


def test_the_table_of_all_scores_filters(browser: Any, pages: dict[str, Path]) -> None:
    look = Look(browser, pages["plain"])
    look.page.evaluate("document.querySelectorAll('#scores details').forEach(one => one.open = true)")
    look.page.fill("#scores input[type=search]", "nli qab world/pos")
    assert look.page.locator("#scores output").inner_text() == "3 of 99"
    assert set(look.column("#scores table", 2)) == {"qab"}
    look.page.fill("#scores input[type=search]", "")
    assert len(look.column("#scores table", 2)) == 99


def test_figures_and_tables_can_be_saved(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    look = Look(browser, pages["hostile"])
    for kind, start in (("svg", "<?xml"), ("csv", "\ufefftarget,arm,gain,low,high,seeds")):
        with look.page.expect_download() as waiting:
            look.page.locator(f"#figure-gains-by-target button.{kind}").click()
        waiting.value.save_as(tmp_path / f"saved.{kind}")
        assert waiting.value.suggested_filename == f"gains-by-target.{kind}"
        assert (tmp_path / f"saved.{kind}").read_text(encoding="utf-8").startswith(start)
    assert HOSTILE.replace('"', '""') in (tmp_path / "saved.csv").read_text(encoding="utf-8")
    assert look.complaints == []


def test_it_prints(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    look = Look(browser, pages["plain"], scheme="dark")
    look.page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    look.page.emulate_media(media="print")
    assert look.page.eval_on_selector("body", "one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    assert not look.page.locator(".tools").first.is_visible() and not look.page.locator("nav").is_visible()
