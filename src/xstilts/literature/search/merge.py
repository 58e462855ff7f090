"""One record for one paper: what several services, queries and versions say of it, put together.

In: records. Out: merged records, how many were duplicates and why, and pairs that look alike and were left apart. Two
records are one paper if they share an identifier, or if their titles have the same letters and digits
(``records.title_key``) and nothing speaks against it: an author in common where both name some, years at most two
apart, no two different identifiers of arXiv or of the Anthology. Nearly equal titles are told, not merged: in this
field papers differ by one word ("... for Polish", "... for Danish"), which is less than what a misprint changes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.literature.search.records import KINDS, Record, plain_words, title_key

YEARS_APART = 2  # a preprint and its publication
SHORT = 15  # letters of a title that says little, such as "Introduction"
ALIKE = 90  # of 100, for pairs that are told
_OWN = ("arxiv", "acl")  # a paper has one of each
_TOLD = 50  # pairs
_COMPARED = 3_000  # titles


@dataclass(frozen=True)
class Merged:
    """``by_identifier`` and ``by_title``: duplicates, each counted once. ``alike``: names of two records and how alike
    their titles are, of 100."""

    records: tuple[Record, ...]
    by_identifier: int
    by_title: int
    alike: tuple[tuple[str, str, int], ...]


def merged(records: Sequence[Record]) -> Merged:
    """The papers, in the order in which they were first found."""
    groups: list[list[Record]] = []
    place: dict[tuple[str, str], int] = {}
    for record in records:
        known = sorted({place[found] for found in record.identifiers.items() if found in place})
        target = known[0] if known else len(groups)
        if not known:
            groups.append([])
        for other in reversed(known[1:]):
            groups[target] += groups[other]
            groups[other] = []
        groups[target].append(record)
        for one in groups[target]:
            place.update(dict.fromkeys(one.identifiers.items(), target))
    by_title, titled = _by_title([group for group in groups if group])
    papers = tuple(_one(group) for group in titled)
    return Merged(papers, len(records) - len(papers) - by_title, by_title, _alike(papers))


def _by_title(groups: list[list[Record]]) -> tuple[int, list[list[Record]]]:
    """How many groups went into another, and those that are left."""
    found: dict[str, list[list[Record]]] = {}
    kept: list[list[Record]] = []
    for group in groups:
        keys = {title_key(record.title) for record in group} - {""}
        others = [other for key in sorted(keys) for other in found.get(key, [])]
        same = next((other for other in others if _same(group, other)), None)
        if same is None:
            kept.append(group)
            same = group
        else:
            same += group
        for key in keys:
            if not any(same is other for other in found.setdefault(key, [])):
                found[key].append(same)
    return len(groups) - len(kept), kept


def _same(group: list[Record], other: list[Record]) -> bool:
    """Whether nothing speaks against two groups of one title being one paper."""
    for kind in _OWN:
        one, two = ({r.identifiers[kind] for r in each if kind in r.identifiers} for each in (group, other))
        if one and two and not one & two:
            return False
    people, others = _people(group), _people(other)
    if people and others and not people & others:
        return False
    years, other_years = ({r.year for r in each if r.year} for each in (group, other))
    apart = min((abs(a - b) for a in years for b in other_years), default=0)
    if min(len(title_key(r.title)) for r in (*group, *other)) < SHORT:
        return bool(people & others) and bool(years & other_years)
    return apart <= YEARS_APART


def _people(group: list[Record]) -> set[str]:
    return {word for record in group for name in record.authors for word in plain_words(name) if len(word) > 1}


def _one(group: list[Record]) -> Record:
    """One record of many: what the first has, and from the others what it lacks. The year is that of the publication (a
    DOI or an identifier of the Anthology) where one is stated, else the first; of abstracts the longest."""
    if len(group) == 1:
        return group[0]
    first = group[0]
    identifiers = {}
    for kind in KINDS:
        if known := [record.identifiers[kind] for record in group if kind in record.identifiers]:
            identifiers[kind] = known[0]
    published = [r.year for r in group if r.year and ("doi" in r.identifiers or "acl" in r.identifiers)]
    years = published or [record.year for record in group if record.year]
    return dataclasses.replace(
        first,
        authors=next((record.authors for record in group if record.authors), ()),
        year=min(years, default=None),
        abstract=max((record.abstract for record in group), key=len),
        language=next((record.language for record in group if record.language), ""),
        venue=next((record.venue for record in group if record.venue), ""),
        address=next((record.address for record in group if record.address), ""),
        identifiers=identifiers,
        places=tuple(place for record in group for place in record.places),
    )


def _alike(papers: Sequence[Record]) -> tuple[tuple[str, str, int], ...]:
    """Pairs of nearly equal titles among the first papers, the most alike first."""
    papers = papers[:_COMPARED]
    if len(papers) < 2:
        return ()
    import numpy as np
    from rapidfuzz import fuzz, process

    keys = [title_key(paper.title) for paper in papers]
    likeness = process.cdist(keys, keys, scorer=fuzz.ratio, score_cutoff=ALIKE, dtype=np.uint8)
    rows, columns = np.nonzero(np.triu(likeness, 1))
    pairs = [
        (papers[int(i)].name, papers[int(j)].name, int(likeness[i, j])) for i, j in zip(rows, columns, strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:_TOLD])
