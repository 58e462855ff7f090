"""The store's files: whole or not there, sealed with a checksum of their own.

In: values and paths. Out: what ``catalogue.sealed`` gives, under the name by which this room knows it; the literature
keeps its documents the same way.
"""

from xstilts.catalogue.sealed import (
    SEAL,
    dumps,
    is_sealed,
    plain,
    read_json,
    read_sealed,
    replace,
    seal_of,
    sealed,
    sha256,
    sync,
    write,
)

__all__ = [
    "SEAL",
    "dumps",
    "is_sealed",
    "plain",
    "read_json",
    "read_sealed",
    "replace",
    "seal_of",
    "sealed",
    "sha256",
    "sync",
    "write",
]
