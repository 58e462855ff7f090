"""How figures look: one size, one palette, SVG that is text.

In: axes to draw on. Out: a whole SVG file. Colours are Okabe and Ito's, which colour-blind people tell apart; every
series has a marker and a line style of its own besides, so that figures can be read in grey. Words are never read as
formulas, and stay text, in the reader's own font.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from itertools import cycle
from typing import TYPE_CHECKING, Any

from xstilts.report.clean import fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

# The page turns these two, and only these, for a dark background (page.css).
INK, PALE = "#1b1f24", "#c9cdd2"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7a7a")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":", (0, (5, 1)))
WIDTH = 7.2  # inches
LONGEST = 26  # characters of a name; the whole name is in the numbers beside the figure


@dataclass(frozen=True)
class Look:
    """The colour, marker and line of one series."""

    colour: str
    marker: str
    line: Any


def looks(names: Sequence[str]) -> Mapping[str, Look]:
    """A look for each of ``names``; no two alike among the first 56."""
    found = zip(dict.fromkeys(names), cycle(COLOURS), cycle(MARKERS), cycle(LINES), strict=False)
    return {name: Look(colour, marker, line) for name, colour, marker, line in found}


def label(text: str, longest: int = LONGEST) -> str:
    """A name as it fits beside an axis, with nothing in it that breaks an XML file."""
    shown = fit(" ".join(str(text).split()))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


@dataclass
class Sheet:
    """A drawing with its ``panels``; ``svg`` is its file once it is done."""

    drawing: Drawing
    panels: list[Axes]
    svg: str = ""

    def legend(self, columns: int = 4) -> None:
        """One legend below all panels, each name once."""
        found: dict[str, Any] = {}
        for panel in self.panels:
            for handle, name in zip(*panel.get_legend_handles_labels(), strict=True):
                found.setdefault(name, handle)
        if found:
            longest = max(map(len, found))
            columns = max(1, min(columns, 90 // (longest + 6)))
            self.drawing.legend(
                list(found.values()), list(found), loc="outside lower center", ncols=columns, frameon=False, fontsize=8
            )


@contextmanager
def sheet(
    name: str, height: float, across: int = 1, down: int = 1, *, sharey: bool = False, width: float = WIDTH
) -> Iterator[Sheet]:
    """A drawing of ``across`` times ``down`` panels, ``height`` inches high; its SVG is ready when the block ends."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Drawing

    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": "sans-serif",
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": PALE,
        "grid.linewidth": 0.6,
        "xtick.color": INK,
        "ytick.color": INK,
        "lines.linewidth": 1.5,
        "lines.markersize": 5,
    }
    with rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph ")  # the page is set in the reader's own fonts
        warnings.filterwarnings("ignore", message="constrained_layout not applied")  # names too long for the panel
        drawing = Drawing(figsize=(width, height), layout="constrained")
        panels = drawing.subplots(down, across, squeeze=False, sharey=sharey).ravel().tolist()
        made = Sheet(drawing, panels)
        yield made
        text = StringIO()
        drawing.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        made.svg = text.getvalue()


def logarithmic(panel: Axes) -> None:
    """The x axis in powers of ten, with plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 3.0), numticks=12))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    panel.xaxis.set_minor_formatter(NullFormatter())


def short(value: float) -> str:
    """``12``, ``3k``, ``1.2M``."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"


def zero(panel: Axes, *, across: bool = True) -> None:
    """The line of no gain."""
    (panel.axhline if across else panel.axvline)(0, color=INK, linewidth=0.8)
