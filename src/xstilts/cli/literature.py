"""The commands ``literature ...``: documents of one's own, and what they say.

In: files, a corpus. Out: what the corpus holds, what was left out and why. What a file is called never decides where
anything is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.cli.frame import JsonOption, app, command, put, put_json, say

if TYPE_CHECKING:
    from xstilts.literature.document import Document

literature = typer.Typer(help="Documents, what they state, and what that says about claims.", no_args_is_help=True)
app.add_typer(literature, name="literature")

CORPUS = Path("xstilts-literature")
CorpusOption = Annotated[
    Path,
    typer.Option("--corpus", envvar="XSTILTS_LITERATURE", help="The folder that keeps documents.", file_okay=False),
]


@command("add", literature)
def add(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="PDF, HTML, text or BibTeX files, or folders.")
    ],
    corpus: CorpusOption = CORPUS,
    json: JsonOption = False,
) -> None:
    """Add documents. What cannot be read is named and left out; exit code 1 where that happened."""
    from xstilts.literature.corpus import Corpus
    from xstilts.literature.read import Refused, files_of, read

    place = Corpus(corpus)
    added: list[Document] = []
    there: list[Document] = []
    refused: list[tuple[str, str]] = []
    for path in files_of(paths):
        try:
            found = read(path)
        except Refused as reason:
            refused.append((str(path), str(reason)))
            say(f"left out: {path}: {reason}")
            continue
        for document in found:
            (added if place.add(document) else there).append(document)
    if json:
        put_json(
            {
                "added": [_row(one) for one in added],
                "there": [_row(one) for one in there],
                "left_out": [{"path": path, "why": why} for path, why in refused],
            }
        )
    else:
        for one in added:
            put(f"added: {_said(one)}")
            for note in one.notes:
                put(f"    {note}")
        put(f"{len(added)} added, {len(there)} there already, {len(refused)} left out; corpus: {corpus}")
    raise typer.Exit(1 if refused else 0)


@command("list", literature)
def list_(corpus: CorpusOption = CORPUS, json: JsonOption = False) -> None:
    """The documents, those of one publication together."""
    from xstilts.literature.corpus import Corpus, works

    place = Corpus(corpus)
    groups = works(place.documents())
    damaged = place.damaged()
    if json:
        put_json({"documents": [{**_row(one), "work": n} for n, group in enumerate(groups, 1) for one in group]})
    else:
        for group in groups:
            for number, one in enumerate(group):
                put(f"{one.key}  {'= ' if number else ''}{_said(one)}")
                for note in one.notes:
                    put(f"              {note}")
        put(
            f"{sum(map(len, groups))} documents of {len(groups)} publications, {len(damaged)} damaged; corpus: {corpus}"
        )
    for path in damaged:
        say(f"damaged, not used: {path}: remove it and add its document again")
    raise typer.Exit(1 if damaged else 0)


@command("remove", literature)
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Keys, identifiers or titles, as list shows.")],
    corpus: CorpusOption = CORPUS,
) -> None:
    """Forget documents. An identifier with version means that version, one without means all."""
    from xstilts.literature.corpus import Corpus

    place = Corpus(corpus)
    gone = {one.sha256: one for name in names for one in place.find(name)}
    for one in gone.values():
        place.remove(one)
        put(f"removed: {_said(one)}")


def _said(document: Document) -> str:
    about = document.about
    who = about.authors[0] + (" et al." if len(about.authors) > 1 else "") if about.authors else ""
    parts = [about.identifier, who, str(about.year or ""), about.title or document.source]
    size = f"{len(document.pages)} pages, {sum(map(len, document.pages)):,} letters" if document.pages else "no text"
    return ", ".join(filter(None, parts)) + f" ({document.kind}, {size})"


def _row(document: Document) -> dict[str, Any]:
    from xstilts.literature.document import as_table

    table = as_table(document)
    table["pages"] = [len(page) for page in document.pages]
    return {"key": document.key, **table}
