"""What intermediate training gains, for languages and seeds beyond those that were run."""

from __future__ import annotations

from xstilts.analysis import gains
from xstilts.analysis.material import Analysis, Material
from xstilts.analysis.section import Section


def run(material: Material) -> list[Section]:
    """The primary interval of each arm's mean gain."""
    frame = material.frame
    rows = []
    for backbone in frame["backbone"].unique(maintain_order=True):
        for arm in frame["arm"].unique(maintain_order=True):
            found = gains.over_families(frame, arm, backbone)
            if found is None:
                continue
            known = found.low is not None and found.degrees is not None and found.degrees >= 1
            between = f"{found.low:+.2f} .. {found.high:+.2f}" if known else "undecided"
            rows.append((str(backbone), str(arm), f"{found.mean:+.2f}", between, found.over))
    notes = ("For new languages and new seeds: no self-pairs, no targets near the floor, families weigh alike.",)
    if not rows:
        notes = ("Nothing can be said: no arm has a gain in a zero-shot language of a learned target.",)
    return [Section("Gain of each arm (points)", ("backbone", "arm", "gain", "95 %", "over"), tuple(rows), 2, notes)]


ANALYSIS = Analysis("gains", "what each arm gains in languages without labels, and how sure that is", run)
