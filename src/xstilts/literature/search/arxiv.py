"""arXiv: the export API, which answers with an Atom feed.

In: a query. Out: requests for all papers that have every word and phrase anywhere, best first, and what a feed says.
Formats and limits: https://info.arxiv.org/help/api/user-manual.html. An error comes as a feed with one entry; "too many
requests" may come as a plain line with status 200.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from xstilts.literature.search.answers import count_of, instead_of, is_page, rest_from
from xstilts.literature.search.protocol import Page, Query, Request, Settings, Unreadable
from xstilts.literature.search.records import ABSTRACT, TITLE, Record, identified, line_of, year_of

name = "arxiv"
_ATOM = "{http://www.w3.org/2005/Atom}"
_OWN = "{http://arxiv.org/schemas/atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def first(query: Query, settings: Settings) -> Request:
    """Terms joined by AND, a word with a hyphen as the phrase that it is to an index. Signs of arXiv's own language of
    queries are left out."""
    terms = [" ".join(_words(term)) for term in query.terms]
    wanted = [f'all:"{term}"' if " " in term else f"all:{term}" for term in terms if term]
    if query.since:
        wanted.append(f"submittedDate:[{query.since}01010000 TO 220012312359]")
    return _page(settings, " AND ".join(wanted), 0, min(query.limit, settings.page))


def _words(term: str) -> list[str]:
    return "".join(sign if sign.isalnum() or sign == "." else " " for sign in term).split()


def _page(settings: Settings, wanted: str, start: int, count: int) -> Request:
    parameters = {"search_query": wanted, "start": start, "max_results": count, "sortBy": "relevance"}
    parameters["sortOrder"] = "descending"
    return Request(settings.url, tuple((key, str(value)) for key, value in parameters.items()))


def read(answer: bytes, query: Query, settings: Settings, asked: Request) -> Page:
    """The feed's entries. Raises ``Unreadable``."""
    feed = _feed(answer)
    entries = feed.findall(f"{_ATOM}entry")
    said = dict(asked.parameters)
    start = int(said["start"])
    found: list[Record] = []
    skipped: list[str] = []
    for number, entry in enumerate(entries, 1):
        record = _record(entry)
        if record.title == "Error" and "/api/errors" in _text(entry, f"{_ATOM}id"):
            raise Unreadable(f"the answer is an error ({_text(entry, f'{_ATOM}summary')[:120]})")
        if record.title:
            found.append(record)
        else:
            skipped.append(f"record {number} has no title")
    total = count_of(_number(feed.findtext(f"{_SEARCH}totalResults")))
    rest = rest_from(start, len(entries), int(said["max_results"]), query.limit, settings.most, total)
    more = None
    if rest is not None:
        more = _page(settings, said["search_query"], rest, min(query.limit - rest, settings.page))
    return Page(tuple(found), total, more, tuple(skipped))


def _feed(answer: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if is_page(answer):
        raise instead_of(answer, "XML")
    try:
        feed: Element = fromstring(answer, forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable("the answer is XML with declarations of its own, which are not read") from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise instead_of(answer, "XML") from None
    if feed.tag != f"{_ATOM}feed":
        raise Unreadable(f"the answer is no feed but <{line_of(feed.tag, 60)}>")
    return feed


def _record(entry: Element) -> Record:
    address = _text(entry, f"{_ATOM}id")
    names = (_text(author, f"{_ATOM}name") for author in entry.findall(f"{_ATOM}author"))
    return Record(
        title=_text(entry, f"{_ATOM}title", TITLE),
        authors=tuple(one for one in names if one),
        year=year_of(_text(entry, f"{_ATOM}published")),
        abstract=_text(entry, f"{_ATOM}summary", ABSTRACT),
        venue=_text(entry, f"{_OWN}journal_ref"),
        address=address,
        identifiers=identified(arxiv=address, doi=_text(entry, f"{_OWN}doi")),
    )


def _text(entry: Element, path: str, most: int = 200) -> str:
    """The text under ``path``, markup within it included."""
    found = entry.find(path)
    return "" if found is None else line_of("".join(found.itertext()), most)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isascii() and text.strip().isdigit() and len(text) < 15 else None
