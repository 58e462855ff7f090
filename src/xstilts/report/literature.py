"""What documents say, beside the reports' ticks, the published numbers and the verdicts: the join, claim by claim.

In: claims, verifications of ``literature``, judgements of ``analysis``. Out: ``Section`` values, a Markdown page, JSON.
 A quotation always comes with its document, page and characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xstilts.analysis.claims import Judgement
from xstilts.analysis.section import Section
from xstilts.catalogue.claim import Claim
from xstilts.literature.verify import Evidence, Verification
from xstilts.report.claims import published_value
from xstilts.report.markdown import table


@dataclass(frozen=True)
class Row:
    """A claim with all that is known of it. ``said`` is None for open questions, which state nothing; ``judged`` is the
    verdict of a study, by backbone, where one is given."""

    claim: Claim
    said: Verification | None
    published: Judgement | None
    judged: Mapping[str, Judgement]


def labels(said: Sequence[tuple[Claim, Verification]]) -> Section:
    """A line a claim: what the documents say, and where."""
    lines = []
    for claim, one in said:
        first = one.evidence[0] if one.evidence else None
        where = f"{first.finding.document.name}, p. {first.finding.place.page}" if first else ""
        lines.append((claim.id, one.label, ", ".join(one.reasons), where, f"{one.confidence:.2f}"))
    return Section(
        "What the documents of the corpus say",
        ("claim", "literature", "differs in", "where", "sure"),
        tuple(lines),
        4,
        (
            "sure: how often such a label was right on planted claims (docs/results/verifier.md). With quotations: "
            "xstilts literature report",
        ),
    )


def page(rows: Sequence[Row], documents: int, works: int) -> str:
    """The join as a Markdown page."""
    backbones = list(dict.fromkeys(name for row in rows for name in row.judged))
    heading = (
        "# What others say, held against what was measured\n\n"
        f"{documents} documents of {works} publications. Quotations are theirs, letter by letter; everything else is "
        "this program's."
    )
    return "\n\n".join([heading, table(_joined(rows, backbones)), *_quotations(rows)]) + "\n"


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The join as JSON holds it."""
    return [
        {
            "id": row.claim.id,
            "text": row.claim.text,
            "kind": row.claim.kind,
            "reports": [asdict(report) for report in row.claim.reports],
            "literature": None if row.said is None else verification(row.said),
            "published": published_value(row.published) if row.published else None,
            "published_verdict": row.published.stated if row.published else None,
            "verdicts": {
                name: {"as_stated": one.stated, "in_scope": one.word, "confidence": one.confidence}
                for name, one in row.judged.items()
            },
        }
        for row in rows
    ]


def verification(said: Verification) -> dict[str, Any]:
    """A label with its quotations as JSON holds it."""
    return {
        "label": said.label,
        "confidence": said.confidence,
        "differs_in": list(said.reasons),
        "quotations": [_quotation(one) for one in said.evidence],
        "against": [_quotation(one) for one in said.against],
    }


def _quotation(one: Evidence) -> dict[str, Any]:
    document = one.finding.document
    return {
        "document": document.name,
        "key": document.key,
        "title": document.about.title,
        "place": asdict(one.finding.place),
        "text": one.finding.text,
        "says": one.agreement.label,
    }


def _joined(rows: Sequence[Row], backbones: Sequence[str]) -> Section:
    columns = ["claim", "text", "reports", "literature", "published", "by the published table"]
    for name in backbones:
        columns += [f"as stated, {name}", f"in scope, {name}"]
    lines = []
    for row in rows:
        said = "asks, states nothing" if row.said is None else f"{row.said.label} {row.said.confidence:.2f}"
        if row.said is not None and row.said.against:
            said += ", disputed"
        line = [row.claim.id, row.claim.text, _ticks(row.claim), said]
        known = row.published if row.claim.kind != "question" else None
        line += [published_value(known), known.stated] if known else ["", ""]
        for name in backbones:
            judged = row.judged.get(name)
            line += [judged.stated, judged.word] if judged else ["", ""]
        lines.append(tuple(line))
    notes = [
        "reports: how many of the reports that say it have ticked it, and the numbers from 0 to 1 that they give it.",
        "literature: what the documents of the corpus say, and how often such a label was right on planted claims.",
        "disputed: another publication contradicts it.",
        "published: the quantity that decides the claim, in points, from the published table; what sources state.",
    ]
    if backbones:
        notes.append("as stated, in scope: the verdicts of the study that was given (docs/claims.md).")
    return Section("Claim by claim", tuple(columns), tuple(lines), len(columns), tuple(notes))


def _ticks(claim: Claim) -> str:
    ticked = [report for report in claim.reports if report.tick is not None]
    numbers = sorted(report.number for report in claim.reports if report.number is not None)
    parts = [f"{sum(bool(report.tick) for report in ticked)} of {len(ticked)} ticked"] if ticked else []
    if numbers:
        parts.append(f"{numbers[0]:.2f}" + (f" to {numbers[-1]:.2f}" if numbers[0] < numbers[-1] else ""))
    return ", ".join(parts)


def _quotations(rows: Sequence[Row]) -> list[str]:
    parts = []
    for row in rows:
        if row.said is None or not (row.said.evidence or row.said.against):
            continue
        lines = [f"### {row.claim.id}: {row.said.label}", f"*{row.claim.text}*"]
        if row.said.label == "overstated":
            lines.append(f"More than the document says: {', '.join(row.said.reasons)}.")
        elif row.said.reasons:
            lines.append(f"Differs in: {', '.join(row.said.reasons)}.")
        lines += [_cited(one) for one in row.said.evidence]
        if row.said.against:
            lines += ["Against it:", *(_cited(one) for one in row.said.against)]
        parts.append("\n\n".join(lines))
    return ["## Quotations", *parts] if parts else []


def _cited(one: Evidence) -> str:
    document, place = one.finding.document, one.finding.place
    text = " ".join(one.finding.text.split())
    for sign in "\\`*_<>[]|#":
        text = text.replace(sign, "\\" + sign)
    second = " It reports what others found." if one.finding.cited else ""
    return f"> {text}\n>\n> {document.name}, {place} ({document.key}).{second}"
