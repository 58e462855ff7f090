"""What the documents of a corpus say to the claims of a study.

In: the documents, the claims that the study measures. Out: how much was read and found, as a sentence, and a table with
the sentence that says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from xstilts.analysis.claims import Judgement
from xstilts.analysis.section import Section, counted
from xstilts.literature.corpus import works
from xstilts.literature.document import Document
from xstilts.literature.verify import Library, verify

NOTHING = "No documents were read for this study."


def read(documents: Sequence[Document], judged: Sequence[Judgement]) -> tuple[str, Section]:
    """The sentence, and a line a claim; without documents that there are none."""
    columns = ("claim", "documents", "sentence", "where", "confidence")
    if not documents:
        return NOTHING, Section("What documents say", columns, (), 4)
    library = Library.of(documents)
    said = {one.claim.id: verify(one.claim.text, library) for one in judged if one.claim.kind != "question"}
    rows = []
    for name, found in said.items():
        best = next(iter((*found.evidence, *found.against)), None)
        text = " ".join(best.finding.text.split()) if best else ""
        where = f"{best.finding.document.name}, {best.finding.place}" if best else ""
        rows.append((name, found.label, text, where, f"{found.confidence:.2f}"))
    labels = Counter(one.label for one in said.values())
    told = ", ".join(f"{count} {label}" for label, count in labels.most_common()) or "none"
    sentence = (
        f"{counted(len(documents), 'document')} of {counted(len(works(documents)), 'publication')} read, "
        f"{counted(sum(map(len, library.works)), 'statement')} extracted; of the claims below {told}."
    )
    notes = ("The sentence that decides, of the best publication; all of them: xstilts literature report STUDY.",)
    return sentence, Section("What documents say", columns, tuple(rows), 4, notes)
