"""Rows from the hub: tables only, nothing executed, the revision always a commit.

In: a task's repository and configuration. Out: the same as from a data folder, with the same checksums, and the files
kept in the hub client's cache (``HF_HOME``). The client is imported when it is first needed; it obeys ``HF_ENDPOINT``,
``HF_TOKEN`` and ``HF_HUB_OFFLINE``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import Files, Task
from xstilts.data.footers import AT_ONCE, read_footer
from xstilts.data.found import Found, is_on_hub, lock_name, within
from xstilts.data.listing import Listing, Stored, keep_listing, kept_listing, listing_of
from xstilts.data.load import Loaded
from xstilts.data.lock import COMMIT
from xstilts.data.refusal import Withheld, no_connection, refusal
from xstilts.data.source import Contents, Located, check_asked, read_located

CONVERTED = "refs/convert/parquet"  # the hub's own conversion of sets in other formats


class Hub:
    """Data sets of the hub.

    ``cache`` is the folder for downloads, None for the client's own; ``kept`` the folder for listings, so that a commit
    is listed once (None: each time). ``revisions`` are locked commits by data set; a set that is neither locked nor
    pinned by its task is read at its newest commit. ``taken`` holds the commits of the sets whose rows were asked for,
    as a lock file would. With ``fetch`` False ``rows_of`` goes by what the hub says wherever it says enough, and
    downloads nothing then. Without ``ask`` only what was fetched before is there. ``down`` is set once nobody answers.
    ``refused`` holds the reason, by repository, where the hub gave nothing. A set that is not there, or is not given to
    whoever asks, is passed over where its task names another, and ``passed_over`` says so; where it does not,
    ``languages`` knows none.
    """

    def __init__(
        self,
        cache: Path | None = None,
        endpoint: str | None = None,
        revisions: Mapping[str, str] | None = None,
        kept: Path | None = None,
        fetch: bool = True,
        ask: bool = True,
        contents: Contents | None = None,
    ) -> None:
        self.cache = cache
        self.endpoint = endpoint
        self.kept = kept
        self.fetch = fetch
        self.ask = ask
        self.revisions: Mapping[str, str] = revisions or {}
        self.taken: dict[str, str] = {}
        self.refused: dict[str, Problem] = {}
        self.notes: dict[str, None] = {}
        self._given: set[str] = set()
        self._lost: dict[str, Problem] = {}
        self._passed: dict[tuple[str, str, str, str], dict[str, None]] = {}
        self._listings: dict[tuple[str, str], Listing | None] = {}
        self._closed: dict[str, Problem] = {}
        self._footers: dict[tuple[str, str, str], pq.FileMetaData | Problem] = {}
        self.down: Exception | None = None if ask else Problem("the hub was not asked: see xstilts data fetch")
        self.contents = contents or Contents()

    def languages(self, task: Task, split: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        wanted = (code for code in task.languages_of(split) if among is None or code in among)
        return tuple(code for code in wanted if self.has(task, split, code))

    def rows_of(self, task: Task, split: str, language: str) -> tuple[int, str]:
        check_asked(task, split, language)
        if not self.fetch and (found := self.find(task, split, language)) and (said := self._said(task, split, found)):
            self._take(found)
            return said
        return self.contents.rows_of(task, split, language, self.located(task, split, language))

    def read(self, task: Task, split: str, language: str) -> pa.Table:
        return self.load(task, split, language).rows

    def load(self, task: Task, split: str, language: str) -> Loaded:
        """The rows, and how many were left out for which reason."""
        return read_located(task, split, self.located(task, split, language))

    def has(self, task: Task, split: str, language: str) -> bool:
        """Whether the hub has these rows, as far as it can be asked."""
        try:
            found = self.find(task, split, language)
        except Problem:
            return False
        return found is not None and (self.ask or self.here(found))

    def find(self, task: Task, split: str, language: str) -> Found | None:
        """The files that hold these rows, None where the hub has none. Raises ``Problem`` where it can not be asked."""
        places = [files for files in task.candidates(split, language) if is_on_hub(files)]
        withheld: dict[str, Problem] = {}
        try:
            for place, files in enumerate(places):
                try:
                    found = self._find_in(files, language, given=files is not places[-1])
                except Problem as problem:
                    # Other rows than the locked ones are never taken, and where nobody answers none but these.
                    later = isinstance(problem, Withheld) or any(map(self._is_locked, places[place + 1 :]))
                    if self._is_locked(files) or not later:
                        raise
                    withheld[files.repository] = problem
                    continue
                if found is not None:
                    for repository in withheld:
                        codes = self._passed.setdefault((repository, files.repository, task.name, split), {})
                        codes[language] = None
                    return found
            if withheld:
                raise next(iter(withheld.values()))
        except Problem as problem:
            self._lost |= {name: why for name, why in self.refused.items() if why is problem}
            raise
        return None

    def _find_in(self, files: Files, language: str, given: bool) -> Found | None:
        """The files of ``language`` in one repository. Raises ``Withheld`` where there is none; with ``given`` also
        where everyone may list the files, but they are not given to whoever asks here."""
        for asked in self._asked(files):
            listing = self._listing(files.repository, asked)
            if listing and (found := within(files, asked, listing, language)):
                if given and listing.gated and self.ask and not self.here(found):
                    self._check_given(files.repository)
                return found
            if listing and any(name.endswith(".parquet") for name in listing.files):
                break  # its own Parquet files are all there is: the hub converts only what is in other formats
        return None

    def _check_given(self, repository: str) -> None:
        """Ask once whether the files of a gated set are given to whoever asks here; ``Withheld`` where they are not."""
        if repository not in self._given and self.down is None:
            try:
                _client().HfApi(endpoint=self.endpoint).auth_check(repository, repo_type="dataset")
            except Exception as error:  # the client lets through errors of whatever carries its requests
                self.refused[repository] = self._refused(repository, error)
                raise self.refused[repository] from error
            self._given.add(repository)

    def _is_locked(self, files: Files) -> bool:
        return any(lock_name(files.repository, branch) in self.revisions for branch in ("main", CONVERTED))

    def _asked(self, files: Files) -> tuple[str, ...]:
        """The revisions to look into: the pinned one, or the branches of which one is locked, or both."""
        if files.revision:
            return (files.revision,)
        branches = ("main", CONVERTED)
        locked = [branch for branch in branches if lock_name(files.repository, branch) in self.revisions]
        return tuple(locked) or branches

    def here(self, found: Found) -> bool:
        """Whether these files were fetched before."""
        return all(self._cached(found, name) for name in (*found.names, *found.other))

    def newest(self, repository: str, asked: str = "main") -> str:
        """The commit that ``asked`` (a branch) is at now. Raises ``Problem`` where the hub does not say."""
        return self._ask(repository, asked).commit

    def newest_of(self, task: Task, split: str) -> dict[str, str]:
        """The newest commits of the data sets that hold a split, as a lock file says them. Raises ``Problem``."""
        found = [there for code in task.languages_of(split) if (there := self.find(task, split, code))]
        return {there.lock_name: there.listing.commit for there in found if not COMMIT.fullmatch(there.asked)}

    def refusals(self) -> list[str]:
        """Why the hub gave nothing of some data sets; one line for all where nobody answers."""
        if not self.ask or not self._lost:
            return []
        if self.down is None:
            return [str(problem) for problem in self._lost.values()]
        first, *more = self._lost
        return [str(refusal(first, self.down, self._endpoint(), *more))]

    def passed_over(self) -> list[str]:
        """A line for each set that was read because another, which comes first, is not there or not given."""
        return [
            f"{task} ({split}, {' '.join(codes)}) is read from '{taken}', because the first set was not given: "
            f"{self.refused[first]}"
            for (first, taken, task, split), codes in self._passed.items()
            if self.ask
        ]

    def changed(self) -> list[str]:
        """A line for each locked data set of which the hub has a newer version; nothing where it can not be asked."""
        lines = []
        for name in sorted(self.taken) if self.ask else ():
            if (known := self.revisions.get(name)) is None:
                continue
            repository, _, asked = name.partition("@")
            try:
                now = self.newest(repository, asked or "main")
            except Problem:
                continue
            if now != known:
                lines.append(
                    f"the hub has a newer '{name}' ({now[:10]}) than the locked one ({known[:10]}), which is used: "
                    "to take the new one, xstilts data lock TASK"
                )
        return lines

    def footer(self, found: Found, name: str) -> pq.FileMetaData:
        """What the end of a Parquet file says: rows and columns, read without the rest of it. A repository that gave no
        file is not asked for another."""
        repository = found.files.repository
        place = (repository, str(found.files.revision), name)
        if place not in self._footers:
            self._footers[place] = self._closed.get(repository) or self._read_footer(found, name)
        known = self._footers[place]
        if isinstance(known, Problem):
            raise known
        return known

    def read_footers(self, wanted: Iterable[tuple[Found, str]]) -> None:
        """Read the ends of many Parquet files, several at once: ``footer`` then knows them."""

        def known(one: tuple[Found, str]) -> None:
            with suppress(Problem):  # kept, and raised by ``footer``
                self.footer(*one)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(known, wanted))

    def _read_footer(self, found: Found, name: str) -> pq.FileMetaData | Problem:
        repository = found.files.repository
        try:
            if local := self._cached(found, name):
                return pq.read_metadata(local)
            if self.down:
                raise self._refused(repository, self.down)
            return read_footer(repository, str(found.files.revision), name, self.endpoint)
        except pa.ArrowInvalid as error:
            return Problem(f"'{name}' of '{repository}' is no whole Parquet file ({str(error).splitlines()[0]})")
        except Exception as error:  # the client lets through errors of whatever carries its requests
            return self._closed.setdefault(repository, self._refused(repository, error))

    def _said(self, task: Task, split: str, found: Found) -> tuple[int, str] | None:
        """Rows and checksum by what the hub says; None where the files are here, where it does not say enough, or
        where a filter, a join, a reading or lists within them decide which rows there are."""
        stored = [found.listing.files[name] for name in (*found.names, *found.other)]
        files = found.files
        made = bool(files.where or files.join or files.reading or "pairs" in {**task.columns, **files.columns})
        unsure = made or not all(each.sha256 for each in stored)
        if unsure or all(self._cached(found, name) for name in found.names):
            return None
        rows = found.rows
        if rows is None:
            if not all(name.endswith(".parquet") for name in found.names):
                return None
            rows = sum(self.footer(found, name).num_rows for name in found.names)
        digests = [f".{name.rsplit('.', 1)[-1]}{found.listing.files[name].sha256}" for name in found.names]
        return rows, self.contents.checksum(task, split, found.files, digests, ())

    def located(self, task: Task, split: str, language: str) -> Located:
        check_asked(task, split, language)
        found = self.find(task, split, language)
        if found is None:
            repository = task.splits[split].repository
            raise Problem(
                f"no Parquet, JSON or CSV files of '{task.name}' ({split}, {language}) on the hub in '{repository}': "
                "name a data folder that holds them with --data DIR"
            )
        self._take(found)
        return found.files, self._fetched(found, found.names), self._fetched(found, found.other)

    def _take(self, found: Found) -> None:
        if not COMMIT.fullmatch(found.asked):
            self.taken[found.lock_name] = found.listing.commit

    def _listing(self, repository: str, asked: str) -> Listing | None:
        """What ``asked`` holds: a commit, or a branch at its locked or else its newest commit; None where there is no
        such revision."""
        if repository in self.refused:
            raise self.refused[repository]
        if (repository, asked) not in self._listings:
            commit = asked if COMMIT.fullmatch(asked) else self.revisions.get(lock_name(repository, asked))
            try:
                found = (kept_listing(self.kept, repository, commit) if commit else None) or self._ask(
                    repository, asked, commit
                )
            except _NoRevision:
                found = None
            except Problem as problem:
                # Without a connection what was listed last still serves.
                found = kept_listing(self.kept, repository, asked) if self.down else None
                if found is None:
                    self.refused[repository] = problem
                    raise
                if self.ask:
                    self.notes[f"{problem}; '{repository}' is read as it was when last seen ({found.commit[:10]})"] = (
                        None
                    )
            self._listings[repository, asked] = found
        return self._listings[repository, asked]

    def _ask(self, repository: str, asked: str, commit: str | None = None) -> Listing:
        if self.down:
            raise self._refused(repository, self.down)
        client = _client()
        try:
            info = client.HfApi(endpoint=self.endpoint).dataset_info(
                repository, revision=commit or asked, files_metadata=True, timeout=client.constants.HF_HUB_ETAG_TIMEOUT
            )
        except client.errors.RevisionNotFoundError as error:
            if commit and commit != asked:
                raise Problem(
                    f"the hub no longer has the locked revision {commit[:10]} of '{repository}': lock the newest with "
                    "xstilts data lock TASK"
                ) from error
            raise _NoRevision(f"'{repository}' has no revision '{asked}' on the hub") from error
        except Exception as error:  # the client lets through errors of whatever carries its requests
            raise self._refused(repository, error) from error
        files = {
            file.rfilename: Stored(file.size, file.lfs.sha256 if file.lfs else None) for file in info.siblings or ()
        }
        card = info.card_data.to_dict() if info.card_data else {}
        listing = listing_of(str(info.sha), files, card, gated=bool(info.gated))
        if self.kept:
            for key in {listing.commit, commit or asked}:
                keep_listing(self.kept, repository, key, listing)
        return listing

    def _fetched(self, found: Found, names: Sequence[str]) -> tuple[Path, ...]:
        """The files on this disk, downloaded where they are not, and whole."""
        paths = []
        for name in names:
            path = self._download(found, name)
            if self._broken(path, found.listing.files[name]):
                path = self._download(found, name, again=True)
                if reason := self._broken(path, found.listing.files[name]):
                    raise Problem(f"'{name}' of '{found.files.repository}' did not arrive whole ({reason}): try again")
            paths.append(path)
        return tuple(paths)

    def _download(self, found: Found, name: str, again: bool = False) -> Path:
        client, repository = _client(), found.files.repository
        path = self._cached(found, name)
        if path and not again:
            return path
        if self.down:
            raise self._refused(repository, self.down)
        try:
            return Path(
                client.hf_hub_download(
                    repository,
                    name,
                    repo_type="dataset",
                    revision=found.files.revision,
                    cache_dir=self.cache,
                    endpoint=self.endpoint,
                    force_download=again,
                )
            )
        except Exception as error:  # as above
            raise self._refused(repository, error) from error

    def _cached(self, found: Found, name: str) -> Path | None:
        path = _client().try_to_load_from_cache(
            found.files.repository, name, cache_dir=self.cache, revision=found.files.revision, repo_type="dataset"
        )
        return Path(path) if isinstance(path, str) else None

    def _broken(self, path: Path, stored: Stored) -> str:
        """What is wrong with a downloaded file, nothing where it is what the hub says it is."""
        size = path.stat().st_size
        if stored.size is not None and size != stored.size:
            return f"{size} of {stored.size} bytes"
        if stored.sha256 and self.contents.digest(path) != path.suffix + stored.sha256:
            return "its content has another SHA-256"
        return ""

    def _refused(self, repository: str, error: Exception) -> Problem:
        if isinstance(error, Problem):
            return error
        if no_connection(error):
            self.down = error
        return refusal(repository, error, self._endpoint())

    def _endpoint(self) -> str:
        return self.endpoint or str(_client().constants.ENDPOINT)


class _NoRevision(Problem):
    """The repository is there, the branch or commit is not."""


def _client() -> Any:
    import huggingface_hub

    return huggingface_hub
