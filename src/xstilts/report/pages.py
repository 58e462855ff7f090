"""The catalogue as pages of the documentation: tasks, languages.

In: the shipped catalogue. Out: Markdown, the same for the same catalogue, so that a test can tell whether a page in
``docs/`` is fresh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from xstilts.catalogue.find import shipped
from xstilts.catalogue.language import Language, languages
from xstilts.catalogue.lineage import SAID
from xstilts.catalogue.task import Files, Task

_DOUBT = re.compile(
    r"unverified|not checked against|not recorded here|not known|no file of it was at hand", re.IGNORECASE
)
_MANY = 12  # labels that are shown one by one

_TASKS = """# Tasks

Made from the catalogue: `xstilts tasks --markdown > docs/tasks.md`. What of it is on a machine: `xstilts data check`;
whether the hub has what is said here: `xstilts data check --online`.

train, scored: in how many languages. *in place of*: a stand-in for another set, with which its scores do not compare.
*unverified*: something could not be checked against a file or a document; what, is said below."""

_LANGUAGES = """# Languages

Made from the catalogue: `xstilts languages --markdown > docs/languages.md`. An empty cell: not known here.

affixation: prefixing or suffixing in inflection (WALS 26A). index: morphological complexity, the mean of up to 28
features of WALS recoded as by Bentz et al. (2016), each divided by its largest value, from 0 to 1, where at least 12
are known. Richness of morphology is not one number: this is one of several measures that agree only in part. tasks: in
how many the language is scored.

Resource classes (Joshi et al. 2020), sizes of pretraining text (CC-100 and others) and further measures of morphology
are not shipped: the tables that have them carry no licence, or one that does not go with this package's. Whoever has
them as a CSV file with a column `code`, `iso639_3` or `glottocode` uses them with `xstilts languages --traits FILE` and
`xstilts results STUDY --traits FILE --group COLUMN`."""

_CONSTRUCTED = """## Constructed languages

Artificial, in the private range of ISO 639-3; results about them are not results about human languages."""


def tasks_page() -> str:
    """Every shipped task: a table of all, then each with its splits, sizes, sources, lineage and notes."""
    known = _shipped()
    overview = [
        (
            f"[{task.name}](#{_anchor(task.name)})",
            str(task.type),
            task.metric if _is_scored(task) else "only trains",
            task.protocol,
            str(len(task.languages_of("train")) or len(task.languages if task.parts else ()) or ""),
            str(len(task.languages_of(task.evaluation_split)) if _is_scored(task) else ""),
            task.in_place_of,
            "in part" if _doubts(task) else "",
        )
        for task in known
    ]
    columns = ("task", "type", "metric", "protocol", "train", "scored", "in place of", "unverified")
    return "\n\n".join([_TASKS, _table(columns, overview), *(_task(task) for task in known)]) + "\n"


def languages_page() -> str:
    """Every shipped language, what is known of it, and in how many tasks it is scored."""
    known, scored = languages().values(), _scored()
    columns = ("code", "name", "family", "genus", "script", "ISO 639-3", "Glottolog", "WALS", "affixation", "index")
    made = ("code", "name", "family", "genus", "script", "morphology", "word order")
    constructed = [(one, (*_named(one), one.morphology, one.word_order)) for one in known if one.constructed]
    human = [(one, _language(one)) for one in known if not one.constructed]
    tables = [
        _table((*names, "tasks"), ((*row, str(len(scored.get(one.code, ())))) for one, row in rows))
        for names, rows in ((columns, human), (made, constructed))
    ]
    sources = files("xstilts.catalogue").joinpath("SOURCES.md").read_text(encoding="utf-8")
    sources = sources.replace("# Sources of the catalogue", "## Sources").strip()
    return "\n\n".join([_LANGUAGES, tables[0], _CONSTRUCTED, tables[1], sources]) + "\n"


def _shipped() -> list[Task]:
    """Tasks of the package in alphabetical order, the constructed world's last."""
    return sorted(shipped().values(), key=lambda task: (task.name.startswith("world/"), task.name))


def _task(task: Task) -> str:
    facts = [
        ("type", f"{task.type}, {task.metric}" if _is_scored(task) else f"{task.type}; it only trains"),
        ("benchmark", task.protocol),
        ("in place of", task.in_place_of),
        ("languages", " ".join(task.languages)),
        ("trains in", task.train_language if task.languages_of("train") != task.languages else ""),
        ("labels", _labels(task.labels) or _found(task)),
        ("made of", ", ".join(task.parts)),
        ("lineage", task.lineage),
        ("to get", task.to_get),
        ("licence", task.licence),
        ("citation", task.citation),
        ("unverified", " ".join(_doubts(task))),
        ("notes", " ".join(sentence for sentence in _sentences(task.notes) if not _DOUBT.search(sentence))),
    ]
    lines = "\n".join(f"- **{name}**: {text}" for name, text in facts if text)
    rows = [row for split, found in task.splits.items() for row in _split(task, split, found)]
    columns = ("split", "rows from", "languages", "official rows", "comes from")
    return "\n\n".join([f"## {task.name}", task.title, *([_table(columns, rows)] if rows else []), lines])


def _split(task: Task, split: str, first: Files) -> Iterator[tuple[str, ...]]:
    """One row for the files of a split, and one for each of those read in their place."""
    for found in first.in_turn():
        codes = found.languages or task.languages_of(split)
        official = sum(found.official.get(code, 0) for code in codes)
        lacking = [code for code in codes if code not in found.official]
        where = " ".join(f"{column} {how} {value}" for column, how, value in found.where)
        configs = ", ".join(config.replace("{language}", "*") for config in found.configs)
        yield (
            split if found is first else "or else",
            f"`{found.repository}` {configs} / {found.split}" + (f", where {where}" if where else ""),
            f"all {len(codes)}" if codes == task.languages and len(codes) > 1 else " ".join(codes),
            (f"{official:,}" + (f" without {' '.join(lacking)}" if lacking else "")) if official else "",
            "; ".join(
                [
                    *(f"{SAID[kin]} {node}" for node, kin in found.made_from.items()),
                    *([f"languages translate each other, by {found.parallel}"] if found.parallel else []),
                    *([f"where not whole: {found.instead}"] if found.instead and official else []),
                    *([f"not the official rows: {found.instead}"] if found.instead and not official else []),
                ]
            ),
        )


def _is_scored(task: Task) -> bool:
    return bool(task.metric) and task.evaluation_split in task.splits


def _doubts(task: Task) -> list[str]:
    """What could not be checked, sentence by sentence."""
    said = _sentences(task.notes) + ([f"The licence: {task.licence}."] if _DOUBT.search(task.licence) else [])
    return [sentence for sentence in said if _DOUBT.search(sentence)]


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?]) (?=[A-Z\"'])", text) if sentence]


def _labels(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MANY])
    return shown if len(names) <= _MANY else f"{len(names)}: {shown}, ..."


def _found(task: Task) -> str:
    """What is said of labels that nobody can list."""
    return f"those that occur {task.common} times in the training rows, and `{task.other}`" if task.common else ""


def _scored() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task in _shipped():
        for code in task.languages_of(task.evaluation_split) if _is_scored(task) else ():
            found.setdefault(code, []).append(task.name)
    return found


def _named(one: Language) -> tuple[str, ...]:
    return one.code, one.name, one.family, one.genus, one.script


def _language(one: Language) -> tuple[str, ...]:
    page = f"https://glottolog.org/resource/languoid/id/{one.glottocode}"
    glottolog = f"[{one.glottocode}]({page})" if one.glottocode else ""
    return *_named(one), one.iso639_3, glottolog, one.wals_code, one.affixation, one.morphology_index


def _anchor(name: str) -> str:
    """The name of a heading in a link, as the usual renderers make it."""
    return re.sub(r"[^\w-]", "", name.lower())


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)
