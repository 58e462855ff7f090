"""Claims beside one another: by this study, by the published numbers, and what the circulating reports say of them.

In: judgements of ``analysis``. Out: a ``Section``, and how many claims came out how.
"""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.analysis.claims import Judgement
from xstilts.analysis.section import Section
from xstilts.catalogue.published import documents
from xstilts.report.claims import interval_of, value_of


def beside(judged: Sequence[Judgement], published: Sequence[Judgement], title: str) -> Section:
    """One line a claim that the study measures."""
    known = {one.claim.id: one for one in published}
    rows = []
    for one in judged:
        other = known.get(one.claim.id)
        reports = [
            f"{said.name}{' ✓' if said.tick else ' –' if said.tick is not None else ''}"
            f"{f' {said.number:.2f}' if said.number is not None else ''}"
            for said in one.claim.reports
        ]
        rows.append(
            (
                one.claim.id,
                one.claim.text,
                one.word,
                one.stated,
                "; ".join(reports),
                *_effect(one),
                "" if one.confidence is None or one.word == "undecided" else f"{one.confidence:.2f}",
                _effect(other)[0] if other is not None and other.claim.bears else "",
            )
        )
    return Section(
        title,
        ("claim", "what is said", "in scope", "as stated", "reports", "effect", "95 %", "confidence", "published"),
        tuple(rows),
        5,
        (
            "in scope: for this study's encoder and data; as stated: about its own, undecided where they differ.",
            "effect: the quantity that decides, in points, or the quantities in the order of the rules below. "
            "published: the same of the published table (Phang et al. 2020), one run each; empty where it cannot tell.",
            "reports: the circulating reports that say it, ✓ where they mark it as verified, – where not, and "
            "their own number between 0 and 1.",
        ),
    )


def counts(judged: Sequence[Judgement]) -> str:
    """``20 claims: 2 supported, 1 refuted, 17 undecided``."""
    told = [f"{sum(one.word == word for one in judged)} {word}" for word in ("supported", "refuted", "undecided")]
    return f"{len(judged)} claim{'' if len(judged) == 1 else 's'}: {', '.join(told)}"


def reports() -> str:
    """What the circulating reports say of themselves."""
    found = documents()
    read, extracted, ticked = (
        sum(getattr(one, name) for one in found) for name in ("papers_retrieved", "claims_extracted", "claims_verified")
    )
    return (
        f"The {len(found)} circulating reports say that they read {read} papers, extracted {extracted} claims and "
        f"verified {ticked}."
    )


def _effect(one: Judgement) -> tuple[str, str]:
    """What the rules of a claim measured, and their intervals where they have one."""
    measured = [outcome for outcome in one.outcomes if outcome.measured]
    ends = (interval_of(outcome.measured) for outcome in measured)
    return "; ".join(value_of(outcome.rule, outcome.measured) for outcome in measured), "; ".join(filter(None, ends))
