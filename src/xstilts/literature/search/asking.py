"""Ask a service once, politely: the only file of the room that reaches a network.

In: a request, what is known of its service, a folder of recordings. Out: the page that the answer says. Requests keep
the service's interval, also between runs; "too many" (429) and errors of the server (5xx) are tried again after the
time that the service names, or after growing pauses; silence ends with a time limit, a flood with a size limit; another
host than the asked one is never followed. Every answer is recorded, also one that can not be used. Keys never reach a
recording, a message or an error.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, Protocol
from urllib.parse import urljoin, urlsplit

from xstilts import __version__
from xstilts.catalogue.errors import Problem
from xstilts.literature.search import recordings
from xstilts.literature.search.protocol import Page, Query, Request, Service, Settings, Throttled, Unreadable
from xstilts.literature.search.records import text_of
from xstilts.literature.search.settings import CONTACT

if TYPE_CHECKING:
    import httpx2

Mode = Literal["kept", "replay", "again"]
TRIES = 4  # of a server that is there and says "later"
SILENT_TRIES = 2  # of one that is not there, or says nothing
PAUSE, LONGEST_PAUSE = 5.0, 120.0  # seconds
SILENCE = 30.0  # seconds without a byte
REDIRECTS = 3
KEPT_OF_ERRORS = 65_536  # bytes


class Clock(Protocol):
    """Time, as far as asking needs it."""

    def now(self) -> float:
        """Seconds of the epoch."""
        ...

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The machine's."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Failure(Exception):
    """A service gave no page. The text says why; it holds no key."""


class _Later(Exception):
    """No answer yet: worth another try, ``tries`` in all, after ``after`` seconds where the service says so."""

    def __init__(self, why: str, tries: int, after: float | None = None, status: int | None = None) -> None:
        super().__init__(why)
        self.tries, self.after, self.status, self.answer = tries, after, status, b""


class _Refused(Exception):
    """An answer that will not become better."""

    def __init__(self, why: str, status: int | None = None, answer: bytes = b"") -> None:
        super().__init__(why)
        self.status, self.answer = status, answer


@dataclass
class Asker:
    """Asks and records. ``mode``: *kept* asks only for what is not recorded, *replay* nobody, *again* everybody."""

    folder: Path
    mode: Mode = "kept"
    environment: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=RealClock)
    asked: int = 0  # requests that were sent
    notes: list[str] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)  # of a service: when its oldest answer came, as ISO 8601
    _last: dict[str, float] = field(default_factory=dict)

    def page(self, service: Service, query: Query, settings: Settings, request: Request) -> Page:
        """The page that ``request`` gives. Raises ``Failure``."""
        known = self._recorded(service.name, request)
        if known and (not known.failure or self.mode == "replay"):
            self._dated(service.name, known.asked)
            if known.status != 200:
                raise Failure(known.failure)
            try:
                return service.read(known.answer, query, settings, request)
            except Unreadable as error:
                if self.mode == "replay":
                    raise Failure(known.failure or str(error)) from None
        if self.mode == "replay":
            raise Failure("not recorded")
        return self._ask(service, query, settings, request)

    def _recorded(self, name: str, request: Request) -> recordings.Recording | None:
        if self.mode == "again":
            return None
        try:
            return recordings.read(self.folder, name, request)
        except recordings.Damaged as error:
            if self.mode == "replay":
                raise Failure(str(error)) from None
            self.notes.append(f"{error}; {name} is asked again")
            return None

    def _ask(self, service: Service, query: Query, settings: Settings, request: Request) -> Page:
        import tenacity

        retrying = tenacity.Retrying(
            sleep=self.clock.sleep,
            retry=tenacity.retry_if_exception_type(_Later),
            stop=lambda state: state.attempt_number >= _later(state).tries,
            wait=lambda state: _pause(_later(state), state.attempt_number),
            reraise=True,
        )
        try:
            page, kind, answer = retrying(self._once, service, query, settings, request)
        except (_Later, _Refused) as error:
            tried = f" ({error.tries} tries)" if isinstance(error, _Later) and error.tries > 1 else ""
            self._fail(service.name, settings, request, f"{error}{tried}", error.status, error.answer)
        self._record(service.name, settings, request, 200, kind, "", answer)
        return page

    def _once(self, service: Service, query: Query, settings: Settings, request: Request) -> tuple[Page, str, bytes]:
        self._keep_pace(settings)
        kind, answer = self._get(settings, request)
        try:
            return service.read(answer, query, settings, request), kind, answer
        except Throttled as error:
            raise _Later(str(error), TRIES, status=200) from None
        except Unreadable as error:
            raise _Refused(str(error), 200, answer) from None

    def _keep_pace(self, settings: Settings) -> None:
        last = self._last.get(settings.name, recordings.last_asked(self.folder, settings.name))
        wait = settings.interval - (self.clock.now() - last)
        if wait > 0:
            self.clock.sleep(min(wait, settings.interval))
        self._last[settings.name] = self.clock.now()

    def _get(self, settings: Settings, request: Request) -> tuple[str, bytes]:
        """Content type and body of the answer."""
        import httpx2

        limit = httpx2.Timeout(min(SILENCE, settings.seconds), connect=min(10.0, settings.seconds))
        address, private = request.url, self._private(settings)
        parameters = httpx2.QueryParams((*request.parameters, *private)) if request.parameters or private else None
        until = self.clock.now() + settings.seconds
        try:
            with httpx2.Client(timeout=limit, headers=self._headers(settings)) as client:
                for _ in range(REDIRECTS + 1):
                    self.asked += 1
                    with client.stream("GET", address, params=parameters) as response:
                        if response.is_redirect:
                            address, parameters = _followed(address, response.headers.get("location", "")), None
                            continue
                        body = self._body(response, settings, until)
                        return _checked(response, body)
        except httpx2.TimeoutException:
            raise _Later("no answer in time", SILENT_TRIES) from None
        except (httpx2.ConnectError, httpx2.ProxyError) as error:
            why = text_of(str(error), 120)
            raise _Later(f"no connection to '{urlsplit(request.url).hostname}' ({why})", SILENT_TRIES) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise _Later(f"the connection broke ({type(error).__name__})", SILENT_TRIES) from None
        raise _Refused(f"more than {REDIRECTS} redirections")

    def _body(self, response: httpx2.Response, settings: Settings, until: float) -> bytes:
        most = int(settings.answer_mib * 2**20) if response.status_code == 200 else KEPT_OF_ERRORS
        parts, size = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > most:
                if response.status_code != 200:
                    break
                raise _Refused(f"the answer is larger than {settings.answer_mib:g} MiB", 200)
            if self.clock.now() > until:
                raise _Later(f"the answer was not whole after {settings.seconds:g} seconds", SILENT_TRIES)
        return b"".join(parts)[:most]

    def _headers(self, settings: Settings) -> dict[str, str]:
        contact = self.environment.get(CONTACT, "")
        said = {"User-Agent": f"xstilts/{__version__}" + (f" (mailto:{contact})" if contact else "")}
        if settings.key_header and (key := self._key(settings)):
            said[settings.key_header] = key
        return said

    def _private(self, settings: Settings) -> list[tuple[str, str]]:
        """Parameters that are sent and never recorded."""
        given = [(settings.key_parameter, self._key(settings))]
        given += [(settings.contact_parameter, self.environment.get(CONTACT, ""))]
        return [(name, value) for name, value in given if name and value]

    def _key(self, settings: Settings) -> str:
        key = self.environment.get(settings.key_variable, "").strip() if settings.key_variable else ""
        if key and not (key.isascii() and key.isprintable()):
            raise Problem(f"{settings.key_variable} holds letters that no key has")
        return key

    def _fail(
        self, name: str, settings: Settings, request: Request, why: str, status: int | None, answer: bytes
    ) -> NoReturn:
        if settings.key_variable and (status in (401, 403) or (status == 429 and not self._key(settings))):
            given = "was refused" if self._key(settings) else "is not set"
            why += f": the key in {settings.key_variable} {given}"
        why = self._without_secrets(settings, why.encode()).decode()
        if not self._answered_before(name, request):
            self._record(name, settings, request, status, "", why, answer)
        raise Failure(why) from None

    def _answered_before(self, name: str, request: Request) -> bool:
        """Whether a good answer is recorded, which a failure must not replace."""
        try:
            known = recordings.read(self.folder, name, request)
        except recordings.Damaged:
            return False
        return known is not None and not known.failure

    def _record(
        self, name: str, settings: Settings, request: Request, status: int | None, kind: str, why: str, answer: bytes
    ) -> None:
        when = datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="seconds")
        answer = self._without_secrets(settings, answer)
        recordings.write(self.folder, recordings.Recording(name, request, when, status, kind, why, answer))
        self._dated(name, when)

    def _dated(self, name: str, when: str) -> None:
        self.dates[name] = min(when, self.dates.get(name, when))

    def _without_secrets(self, settings: Settings, text: bytes) -> bytes:
        for secret in (self._key(settings), self.environment.get(CONTACT, "")):
            if secret:
                text = text.replace(secret.encode(), b"***")
        return text


def _later(state: object) -> _Later:
    error = state.outcome.exception()  # type: ignore[attr-defined]
    assert isinstance(error, _Later)
    return error


def _pause(error: _Later, attempt: int) -> float:
    return error.after if error.after is not None else PAUSE * 2 ** (attempt - 1)


def _followed(address: str, location: str) -> str:
    """Where a redirection leads, if it stays with the host that was asked."""
    target = urljoin(address, location)
    old, new = urlsplit(address), urlsplit(target)
    if not location or new.hostname != old.hostname or (old.scheme == "https" and new.scheme != "https"):
        raise _Refused(f"redirects to '{new.scheme}://{text_of(new.hostname or '')}', which is not followed")
    return target


def _checked(response: httpx2.Response, body: bytes) -> tuple[str, bytes]:
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()[:100]
    status = response.status_code
    if status == 200:
        return kind, body
    why = f"answered {status}{_said(body)}"
    if status in (408, 429) or status >= 500:
        after = _retry_after(response.headers.get("retry-after", ""))
        if after is not None and after > LONGEST_PAUSE:
            raise _Refused(f"{why}; asks to come back in {after:.0f} seconds", status, body)
        error = _Later(why, TRIES, after, status)
        error.answer = body
        raise error
    raise _Refused(why, status, body)


def _retry_after(value: str) -> float | None:
    """Seconds to wait, from a number or a date."""
    try:
        return max(0.0, float(int(value)))
    except ValueError:
        pass
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _said(body: bytes) -> str:
    """The beginning of what an error says, on one line; of JSON its message."""
    text = body[:KEPT_OF_ERRORS].decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        told = json.loads(text)
        told = told.get("message") or told.get("error") if isinstance(told, dict) else None
        text = told if isinstance(told, str) else text
    text = text_of(text[:2000], 120)
    return f" ({text})" if text else ""
