"""A note as one self-contained HTML page: no network, light and dark, phone and print.

In: a ``Note``. Out: the text of the page. Every string of the note is escaped by the template; drawings are the only
markup that is put in as it is, and are made by ``figures`` alone. A content security policy lets no script run but
the page's own, known by its digest, and lets nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from xstilts.analysis.section import Section
from xstilts.report.note import Figure, Note, Value

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup


def page(note: Note) -> str:
    """The whole file."""
    from markupsafe import Markup

    parts = {name: Markup(_part(f"page.{end}")) for name, end in (("style", "css"), ("script", "js"))}
    return _template().render(note=note, **parts)


@cache
def _part(name: str) -> str:
    return (files("xstilts.report") / "page" / name).read_text(encoding="utf-8").strip()


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"drawing": _drawing, "digest": _digest, "plain": plain, "slug": slug, "sortable": sortable}
    made.tests["figure_"] = lambda item: isinstance(item, Figure)
    return made.from_string(_part("page.html.j2"))


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(str(script).encode()).digest()).decode()


def slug(text: str) -> str:
    """A file's name without its end: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "table"


def sortable(section: Section) -> bool:
    """Whether rows stand for themselves: where some leave their first cell to the row above, they do not."""
    empty = sum(not row[0] for row in section.rows)
    return len(section.rows) > 1 and empty in (0, len(section.rows))


def plain(value: Value) -> str:
    """A number as short as it can be told from its neighbours."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _drawing(figure: Figure) -> Markup:
    """The SVG as part of a page, which says its size; names that nothing refers to are left out, as several drawings
    have the same."""
    from markupsafe import Markup, escape

    start = figure.svg.index("<svg")
    svg = re.sub(r"<metadata>.*?</metadata>", "", figure.svg[start:], flags=re.DOTALL)
    used = set(re.findall(r"#([\w.-]+)", svg))
    svg = re.sub(r' id="([\w.-]+)"', lambda found: found[0] if found[1] in used else "", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{escape(figure.title)}"', 1))
