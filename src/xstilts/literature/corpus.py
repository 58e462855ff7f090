"""A corpus: a folder of documents, one sealed file each.

In: documents and a folder. Out: the same documents, whole or not at all. A document's file is written aside, synced and
renamed, so a kill at any moment leaves a document that is there or one that is not; what is damaged is named and left
out. The folder's names are checksums, never names of users' files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from zlib import crc32

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.sealed import read_sealed, replace, sealed, sync
from xstilts.literature.document import Document, as_table, from_table

FORM = 1


@dataclass(frozen=True)
class Corpus:
    """The documents in ``folder``, which need not exist."""

    folder: Path

    def add(self, document: Document) -> bool:
        """Keep ``document``; False where its very bytes are there already."""
        path = self._path(document.key)
        if self._read(path) is not None:
            return False
        replace(path, sealed({"form": FORM, **as_table(document)}))
        return True

    def read(self) -> tuple[list[Document], list[Path]]:
        """All whole documents, by title and version; and the files that are not as they were written."""
        read = [(path, self._read(path)) for path in self._files()]
        found = [one for _, one in read if one is not None]
        found.sort(key=lambda one: (one.about.title.lower(), one.about.version or 0, one.sha256))
        return found, [path for path, one in read if one is None]

    def documents(self) -> list[Document]:
        """All whole documents, by title and version."""
        return self.read()[0]

    def find(self, name: str) -> list[Document]:
        """The documents that ``name`` means: the start of a key or checksum (4 digits or more), an identifier with or
        without version, the whole title, or a source. Raises ``Problem`` where there is none."""
        known = self.documents()
        wanted = name.strip().lower()
        found = [one for one in known if wanted in _names(one) or (len(wanted) > 3 and one.sha256.startswith(wanted))]
        if not found:
            near = nearest(wanted, [each for one in known for each in _names(one)])
            raise Problem(f"no document '{name}' in '{self.folder}'{near or ': see xstilts literature list'}")
        return found

    def remove(self, document: Document) -> None:
        """Forget ``document``."""
        self._path(document.key).unlink(missing_ok=True)
        sync(self.folder / "documents")

    def _path(self, key: str) -> Path:
        return self.folder / "documents" / f"{key}.json"

    def _files(self) -> Iterator[Path]:
        return iter(sorted(path for path in self.folder.glob("documents/*.json") if not path.name.startswith(".")))

    def _read(self, path: Path) -> Document | None:
        table = read_sealed(path)
        if table is None or table.pop("form", None) != FORM:
            return None
        try:
            found = from_table(table)
        except (KeyError, TypeError):
            return None
        return found if found.key == path.stem else None


def works(documents: Sequence[Document]) -> list[list[Document]]:
    """The documents grouped by publication: versions, copies and bare records of one stand together, in the order of
    ``documents``. Two are the same publication if they share an identifier or a title, or nearly all of their words."""
    groups = list(range(len(documents)))
    copies = _copies(documents)
    for i, j in combinations(range(len(documents)), 2):
        if groups[i] != groups[j] and (_same(documents[i], documents[j]) or (i, j) in copies):
            old, new = max(groups[i], groups[j]), min(groups[i], groups[j])
            groups = [new if group == old else group for group in groups]
    return [[documents[i] for i in range(len(groups)) if groups[i] == group] for group in dict.fromkeys(groups)]


def _same(one: Document, other: Document) -> bool:
    """Whether two documents say that they are the same publication, whichever version of it."""
    a, b = one.about, other.about
    if one.sha256 == other.sha256 or (a.arxiv and a.arxiv == b.arxiv) or (a.doi and a.doi == b.doi):
        return True
    return bool(_bare(a.title)) and _bare(a.title) == _bare(b.title)


# Of the shorter text's runs of eight words, so many must also stand in the longer one for a copy. Of a large corpus
# only so many runs are looked at, the same in every document.
COPY, RUN, ENOUGH, LOOKED_AT = 0.6, 8, 10, 500_000


def _copies(documents: Sequence[Document]) -> set[tuple[int, int]]:
    """The pairs of documents of which one holds most of the other."""
    words = [re.findall(r"\w+", " ".join(document.pages).lower()) for document in documents]
    part = 1 + sum(map(len, words)) // LOOKED_AT
    owners: dict[int, list[int]] = {}
    sizes = [0] * len(documents)
    for number, text in enumerate(words):
        for run in {crc32(" ".join(text[i : i + RUN]).encode()) for i in range(max(0, len(text) - RUN + 1))}:
            if run % part == 0:
                owners.setdefault(run, []).append(number)
                sizes[number] += 1
    shared = Counter(pair for several in owners.values() if len(several) > 1 for pair in combinations(several, 2))
    least = {(i, j): min(sizes[i], sizes[j]) for i, j in shared}
    return {pair for pair, count in shared.items() if least[pair] >= ENOUGH and count >= COPY * least[pair]}


def _bare(title: str) -> str:
    return re.sub(r"\W+", "", title.lower())


def _names(document: Document) -> set[str]:
    about = document.about
    found = {
        about.identifier,
        about.identifier.partition(":")[2],
        about.arxiv,
        about.doi,
        about.title,
        document.source,
        document.key,
    }
    return {one.lower() for one in found if one}
