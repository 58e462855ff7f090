"""What a service of papers is: the first request for a query, and what an answer to it says.

In: a query. Out: requests without keys or addresses of persons, pages of records. Everything here is a value; who asks
is in ``asking.py``. So an answer that was recorded is read by the very code that reads a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from xstilts.literature.search.records import Record, plain_words


class Unreadable(Exception):
    """An answer that says nothing: no JSON, no feed, an error page. The text says what it is instead."""


class Throttled(Unreadable):
    """An answer that says to come back later, in words."""


@dataclass(frozen=True)
class Query:
    """What is looked for: ``text`` with words and "phrases in quotes", at most ``limit`` records of each service, none
    older than ``since`` (a year)."""

    text: str
    limit: int = 50
    since: int | None = None

    @property
    def terms(self) -> tuple[str, ...]:
        """Words and phrases, in order, without the quotes."""
        found = re.findall(r'"([^"]*)"|([^\s"]+)', self.text)
        return tuple(term for phrase, word in found if (term := " ".join((phrase or word).split())))

    @property
    def plain(self) -> str:
        """The words alone, without hyphens and signs, for services without a language of queries."""
        return " ".join(plain_words(self.text))


@dataclass(frozen=True)
class Request:
    """One GET: an address and its parameters, in order."""

    url: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Page:
    """What one answer says. ``total``: how many records the service has for the query, None where it does not say.
    ``skipped``: what is wrong with records that can not be used, one line each. ``rest``: the request for more."""

    records: tuple[Record, ...]
    total: int | None = None
    rest: Request | None = None
    skipped: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Settings:
    """A row of ``services.toml``."""

    name: str
    title: str
    url: str
    interval: float
    page: int
    most: int
    answer_mib: float
    seconds: float
    documented: str
    key_variable: str = ""
    key_parameter: str = ""
    key_header: str = ""
    contact_parameter: str = ""


class Service(Protocol):
    """One service, in one file."""

    name: str

    def first(self, query: Query, settings: Settings) -> Request:
        """The request for the first page."""
        ...

    def read(self, answer: bytes, query: Query, settings: Settings, asked: Request) -> Page:
        """What ``answer`` to ``asked`` says. Raises ``Unreadable``."""
        ...
