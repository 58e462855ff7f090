"""Reliability diagrams of every target with probabilities.

In: the diagrams of ``analysis.calibration``. Out: figures, one a backbone and target: the labelled language beside the
others, every arm a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xstilts.analysis.calibration.diagram import Diagram, diagrams
from xstilts.analysis.gains import BASELINE
from xstilts.analysis.material import Material
from xstilts.report.figures.draw import INK, label, looks, sheet
from xstilts.report.note import Figure

FEWEST = 20  # examples of a bin that is drawn
ARMS = 8  # lines of a panel


def reliability_figures(material: Material) -> Iterator[Figure]:
    """One figure a backbone and target."""
    found = list(diagrams(material))
    several = len({one.backbone for one in found}) > 1
    for backbone, target in dict.fromkeys((one.backbone, one.target) for one in found):
        own = [one for one in found if (one.backbone, one.target) == (backbone, target)]
        title = f"Reliability: {target}" + (f", {backbone}" if several else "")
        yield _figure(own, title)


def _figure(found: Sequence[Diagram], title: str) -> Figure:
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    arms = sorted(dict.fromkeys(one.arm for one in found), key=lambda arm: arm != BASELINE)
    drawn = arms[:ARMS]
    style = looks(arms)
    sides = [side for side in ("labelled", "zero-shot") if any(one.side == side for one in found)]
    with sheet(name, 4.0, max(1, len(sides)), sharey=True) as made:
        for side, panel in zip(sides, made.panels, strict=False):
            panel.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
            for one in found:
                if one.side == side and one.arm in drawn:
                    look = style[one.arm]
                    kept = one.bins.size >= FEWEST
                    panel.plot(
                        one.bins.confidence[kept],
                        one.bins.correct[kept],
                        color=look.colour,
                        marker=look.marker,
                        linestyle=look.line,
                        label=label(one.arm),
                    )
            panel.set_title("labelled language" if side == "labelled" else "languages without labels")
            panel.set_xlabel("confidence")
            panel.set_xlim(0, 1)
            panel.set_ylim(0, 1)
        made.panels[0].set_ylabel("share of right answers")
        made.legend()
    rows = tuple(
        (one.target, one.arm, one.side, confidence, correct, int(size))
        for one in found
        for size, confidence, correct in zip(*(part.tolist() for part in one.bins), strict=True)
    )
    left_out = f" Drawn: the first {ARMS} of {len(arms)} arms." if len(arms) > ARMS else ""
    return Figure(
        name,
        title,
        ("target", "arm", "side", "confidence", "right", "examples"),
        rows,
        made.svg,
        (
            "Below the dotted line a model is too sure. Raw probabilities, ten bins of equal width, languages and "
            f"seeds together; bins with fewer than {FEWEST} examples are in the numbers only.{left_out}",
        ),
    )
