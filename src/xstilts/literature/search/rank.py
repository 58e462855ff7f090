"""Which records are about the query: BM25 over titles and abstracts.

In: records, a query. Out: the same records, best first. The weights are bm25s' own (Lucene's form, k1 = 1.5, b = 0.75);
ties go by year, newest first, then by name, so an order is always the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.literature.search.records import Record, plain_words


def scores(records: Sequence[Record], query: str) -> list[float]:
    """How well each record fits; 0 where it shares no word with the query."""
    texts = [plain_words(f"{record.title} {record.abstract}") for record in records]
    wanted = plain_words(query)
    known = {word for text in texts for word in text}
    if not any(word in known for word in wanted):
        return [0.0] * len(records)
    import bm25s

    index = bm25s.BM25()
    index.index(texts, show_progress=False)
    return [float(score) for score in index.get_scores([word for word in wanted if word in known])]


def ranked(records: Sequence[Record], query: str) -> list[Record]:
    """Best first."""
    pairs = zip(scores(records, query), records, strict=True)
    return [record for _, record in sorted(pairs, key=lambda pair: (-pair[0], -(pair[1].year or 0), pair[1].name))]
