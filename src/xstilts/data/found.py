"""Which files of a data set of the hub hold some rows.

In: how a task names its files, what the hub lists. Out: ``Found``; whether a set is on a hub at all; what the lock file
calls it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xstilts.catalogue.task import Files
from xstilts.data.listing import Listing
from xstilts.data.source import OWN


@dataclass(frozen=True)
class Found:
    """Files on the hub that hold some rows: ``files`` with the commit as revision, their names in the repository.
    ``asked`` is the branch or commit that was asked for, ``rows`` what the card states."""

    files: Files
    asked: str
    listing: Listing
    names: tuple[str, ...]
    other: tuple[str, ...]
    rows: int | None

    @property
    def lock_name(self) -> str:
        """What the lock file calls the branch that was asked for."""
        return lock_name(self.files.repository, self.asked)


def lock_name(repository: str, asked: str) -> str:
    """What the lock file calls the branch ``asked``."""
    return repository if asked == "main" else f"{repository}@{asked}"


def is_on_hub(files: Files) -> bool:
    """Whether these files name a data set of a hub: an organisation and a name, no file or folder of one's own."""
    return "/" in files.repository and not files.path and not files.repository.startswith(OWN)


def within(files: Files, asked: str, listing: Listing, language: str) -> Found | None:
    """The files of ``language`` in ``listing``; None where some are missing."""
    parts = {config: listing.split_files(config, files.split) for config in files.configs_of(language)}
    other = listing.split_files(files.join[0], files.split) if files.join else []
    names = tuple(name for part in parts.values() for name in part)
    if not names or (files.join and not other):
        return None
    said = [listing.rows.get(config, {}).get(files.split) for config, part in parts.items() if part]
    rows = sum(count for count in said if count is not None) if None not in said else None
    return Found(replace(files, revision=listing.commit), asked, listing, names, tuple(other), rows)
