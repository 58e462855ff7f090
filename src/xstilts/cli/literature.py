"""The commands ``literature ...``: documents of one's own, and what they say.

In: files, a corpus. Out: what the corpus holds, what was left out and why. What a file is called never decides where
anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xstilts.catalogue.errors import Problem
from xstilts.cli.frame import (
    STORE,
    JsonOption,
    LevelOption,
    StoreOption,
    TraitsOption,
    VariantOption,
    app,
    command,
    put,
    put_json,
    say,
)

if TYPE_CHECKING:
    from xstilts.literature.document import Document
    from xstilts.literature.statement import Statement
    from xstilts.report.literature import Row

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
            new = place.add(document)
            (added if new else there).append(document)
            if new and not json:
                put(f"added: {_said(document)}")
                for note in document.notes:
                    put(f"    {note}")
    if json:
        put_json(
            {
                "added": [_row(one) for one in added],
                "there": [_row(one) for one in there],
                "left_out": [{"path": path, "why": why} for path, why in refused],
            }
        )
    else:
        put(f"{len(added)} added, {len(there)} there already, {len(refused)} left out; corpus: {corpus}")
    raise typer.Exit(1 if refused else 0)


@command("list", literature)
def list_(corpus: CorpusOption = CORPUS, json: JsonOption = False) -> None:
    """The documents, those of one publication together."""
    from xstilts.literature.corpus import Corpus, works

    place = Corpus(corpus)
    found, damaged = place.read()
    groups = works(found)
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


@command("findings", literature)
def show_findings(corpus: CorpusOption = CORPUS, json: JsonOption = False) -> None:
    """The sentences that state a result, word for word, with their place and what they state."""
    from dataclasses import asdict

    from xstilts.literature.extract import findings

    found = [one for document in opened(corpus) for one in findings(document)]
    if json:
        put_json(
            [
                {
                    "document": one.document.name,
                    "key": one.document.key,
                    "place": asdict(one.place),
                    "text": one.text,
                    "cited": one.cited,
                    "states": [_statement(each) for each in one.statements],
                }
                for one in found
            ]
        )
        return
    for one in found:
        put(f"{one.document.name}, {one.place}: {' '.join(one.text.split())}")
    say(f"{len(found)} findings; what each states: --json")


@command("verify", literature)
def verify_claims(
    claims: Annotated[
        list[str], typer.Argument(metavar="CLAIM...", help="Sentences; the shipped claims: literature report.")
    ],
    corpus: CorpusOption = CORPUS,
    json: JsonOption = False,
) -> None:
    """What the documents say to a sentence of yours, with the quotation that says it."""
    from xstilts.literature.verify import Library, claim_statements, verify
    from xstilts.report.literature import verification

    library = Library.of(opened(corpus))
    found = [verify(claim, library) for claim in claims]
    if json:
        put_json([{"claim": one.claim, **verification(one)} for one in found])
        return
    for one in found:
        differs = f" ({', '.join(one.reasons)})" if one.reasons else ""
        put(f"{one.label}{differs}, {one.confidence:.2f}: {one.claim}")
        for evidence in (*one.evidence, *one.against):
            text, document = " ".join(evidence.finding.text.split()), evidence.finding.document
            put(f"    {evidence.agreement.label}: {document.name}, {evidence.finding.place}: {text}")
        if not claim_statements(one.claim):
            say("    nothing in this sentence can be compared: name a task, an encoder or a number of the field")


@command("report", literature)
def report(
    study: Annotated[str | None, typer.Argument(metavar="[STUDY]", help="A study whose verdicts stand beside.")] = None,
    corpus: CorpusOption = CORPUS,
    level: LevelOption = None,
    variant: VariantOption = None,
    store: StoreOption = STORE,
    traits: TraitsOption = None,
    json: JsonOption = False,
) -> None:
    """Claim by claim: the reports' ticks, what the documents say, the published number, the verdicts. Markdown."""
    from xstilts.literature.corpus import works
    from xstilts.report.literature import as_json, page

    documents = opened(corpus)
    rows = joined(documents, study, level, variant, store, traits)
    if json:
        put_json(as_json(rows))
        return
    put(page(rows, len(documents), len(works(documents))).rstrip())


@command("verifier", literature)
def verifier(
    fit: Annotated[bool, typer.Option("--fit", help="The confidences by the part for them, as CSV.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")] = None,
) -> None:
    """Test the verifier on planted claims whose truth is known, beside one by likeness of words. A Markdown page."""
    from xstilts.literature.trial.measure import fit as fitted
    from xstilts.report.verifier import page

    text = fitted() if fit else page()
    if output is None:
        put(text.rstrip())
    else:
        output.write_text(text, encoding="utf-8")
        say(f"written: {output}")


def opened(corpus: Path) -> list[Document]:
    """The whole documents of a corpus. Damaged ones are named; a corpus without any is a mistake."""
    from xstilts.literature.corpus import Corpus

    place = Corpus(corpus)
    found, damaged = place.read()
    for path in damaged:
        say(f"damaged, not used: {path}: remove it and add its document again")
    if not found:
        raise Problem(f"no document in '{corpus}': xstilts literature add FILE... --corpus {corpus}")
    return found


def joined(
    documents: Sequence[Document],
    study: str | None,
    level: str | None,
    variant: str | None,
    store: Path,
    traits: Path | None,
) -> list[Row]:
    """Every claim, those of the study first, with what documents, published table and study say of it."""
    from xstilts.analysis.arms import of_published
    from xstilts.analysis.claims import judge
    from xstilts.catalogue.claim import claims as known
    from xstilts.cli.claims import judge_study, own_claims
    from xstilts.literature.verify import Library, verify
    from xstilts.report.literature import Row

    judged = judge_study(study, level, variant, store, traits)[2] if study else []
    own = own_claims(study, level, variant) if study else {}
    verdicts = {one.backbone: {each.claim.id: each for each in one.judgements} for one in judged}
    effects, library = of_published(), Library.of(documents)
    return [
        Row(
            claim,
            None if claim.kind == "question" else verify(claim.text, library),
            None if claim.kind == "own" else judge(claim, effects),
            {name: found[claim.id] for name, found in verdicts.items() if claim.id in found},
        )
        for claim in (*own.values(), *known().values())
    ]


def _statement(one: Statement) -> dict[str, Any]:
    """A statement as JSON: sets in order, what is left at its default left out."""
    from dataclasses import asdict

    named: dict[str, list[str]] = {}
    for kind, name in sorted(one.things):
        named.setdefault(kind, []).append(name)
    return {
        **named,
        "than": [name for _, name in sorted(one.than)],
        "effect": None if one.effect is None else sorted(one.effect),
        "number": asdict(one.number) if one.number else None,
        "counts": [asdict(count) for count in one.counts],
        **{
            name: getattr(one, name)
            for name in ("partly", "denied", "rank", "tasks", "times", "maybe", "upper", "mean", "without", "about")
            if getattr(one, name)
        },
    }


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
