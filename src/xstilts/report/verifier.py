"""How well the verifier of claims does on planted claims: the page ``docs/results/verifier.md``.

In: the parts of the trial. Out: Markdown. The same words every time, so that a test can tell whether the page in
the documentation is fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from xstilts.analysis.section import Section
from xstilts.literature.trial import measure
from xstilts.literature.trial.measure import Choice, Figure, Outcome
from xstilts.literature.trial.planted import FALSE, PARTS, RIGHT, TRUE
from xstilts.report.markdown import table

_SAYS = {
    "verbatim": "the sentence itself",
    "reworded": "a true claim in other words",
    "rounded": "true, the number rounded",
    "number": "the number changed",
    "name": "a task, language or encoder swapped",
    "turned": "the direction turned round",
    "unhedged": "what hedges it dropped",
    "absent": "true, but of a sentence in no document",
}


def page() -> str:
    """The whole page: what is written by hand (``trial/reading.md``), then the tables."""
    reading = files("xstilts.literature.trial").joinpath("reading.md").read_text(encoding="utf-8").strip()
    parts = [reading]
    for part in reversed(PARTS):
        found = measure.outcomes(part)
        parts += [table(_overall(part, found)), table(_by_kind(part, found)), table(_by_ground(part, found))]
    return "\n\n".join(parts) + "\n"


def _accepts(one: Outcome) -> bool:
    return one.accepted


def _likened(cut: float) -> Choice:
    return lambda one: one.cosine >= cut


def _verifiers(part: str, found: Sequence[Outcome]) -> list[tuple[str, Choice]]:
    """Ours, and likeness with three cuts: the best of the development part, the best of this very part, and the one
    with our recall."""
    cosines = sorted((one.cosine for one in found if one.case.true), reverse=True)
    recalled = sum(_accepts(one) for one in found if one.case.true)
    return [
        ("this one", _accepts),
        ("likeness, cut from development", _likened(measure.cut(PARTS[0]))),
        (f"likeness, best cut of {part}", _likened(measure.cut(part))),
        ("likeness, at the same recall", _likened(cosines[max(0, recalled - 1)])),
    ]


def _overall(part: str, found: Sequence[Outcome]) -> Section:
    rows = [
        (
            name,
            _shown(measure.precision(found, accepts)),
            _shown(measure.recall(found, accepts)),
            _shown(measure.f1(found, accepts)),
        )
        for name, accepts in _verifiers(part, found)
    ]
    other = [one for one in found if one.case.kind != "verbatim"]
    chosen = _verifiers(part, found)
    rows += [
        (
            f"{name}, without verbatim",
            _shown(measure.precision(other, accepts)),
            _shown(measure.recall(other, accepts)),
            _shown(measure.f1(other, accepts)),
        )
        for name, accepts in (chosen[0], chosen[1])
    ]
    count = len({one.case.item for one in found})
    return Section(
        f"{_title(part)}: is it stated?",
        ("verifier", "precision", "recall", "F1"),
        tuple(rows),
        1,
        (
            f"{len(found)} claims from {count} sentences and patterns, {sum(one.case.true for one in found)} of them "
            "true.",
            "precision: of the claims called stated, the share that is; recall: of the true claims, the share called "
            "stated. In brackets 95% intervals over sentences. without verbatim: the sentences themselves left out.",
        ),
    )


def _by_kind(part: str, found: Sequence[Outcome]) -> Section:
    rows = []
    chosen = _verifiers(part, found)
    for kind in (*TRUE, *FALSE):
        of_kind = [one for one in found if one.case.kind == kind]
        rows.append(
            (
                f"{kind}: {_SAYS[kind]}",
                "stated" if kind in TRUE else " or ".join(RIGHT[kind]),
                str(len(of_kind)),
                *(
                    f"{measure.share(found, kind, accepts).value:.3f}"
                    for _, accepts in (chosen[0], chosen[1], chosen[3])
                ),
                _shown(measure.share(found, kind, lambda one: one.right)),
            )
        )
    rows.append(("all", "", str(len(found)), "", "", "", _shown(measure.right(found))))
    return Section(
        f"{_title(part)}: by what was done to the claim",
        ("claim", "right label", "claims", "called stated", "by likeness", "by likeness, same recall", "label right"),
        tuple(rows),
        2,
        (
            "called stated: wanted is 1 in the first three rows, 0 below. by likeness: with the cut from development.",
            "Another sentence of the documents may truly bear on an absent claim; that counts as a wrong label here.",
        ),
    )


def _by_ground(part: str, found: Sequence[Outcome]) -> Section:
    rows = []
    for ground, some in sorted(measure.by_ground(found).items()):
        right = sum(one.right for one in some)
        rows.append((ground.label, ground.on, str(len(some)), f"{some[0].confidence:.3f}", f"{right / len(some):.3f}"))
    error, brier = measure.calibration(found), measure.brier(found)
    return Section(
        f"{_title(part)}: confidence",
        ("label", "rests on", "claims", "confidence", "right"),
        tuple(rows),
        2,
        (
            f"Mean distance of confidence and share of right labels over these rows: {_shown(error)}; Brier score "
            f"{_shown(brier)}.",
        ),
    )


def _title(part: str) -> str:
    return part.replace("held-out", "held out").capitalize()


def _shown(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
