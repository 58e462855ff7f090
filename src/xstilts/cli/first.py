"""A first study of human languages, written for what the user has, with the reason for every choice in it.

In: targets, languages, a file of the user's own, an encoder, a machine. Out: the text of a study file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.catalogue.find import tasks
from xstilts.catalogue.task import UNTRAINED, Task


@dataclass(frozen=True)
class Machine:
    """What fits a machine: an encoder, rows a training and rows a score (0: all), seeds, and why."""

    backbone: str
    train: int
    scored: int
    seeds: int
    why: str


LAPTOP = "laptop"
MACHINES: Mapping[str, Machine] = {
    LAPTOP: Machine(
        "microsoft/Multilingual-MiniLM-L12-H384", 2_000, 300, 2,
        "A small encoder, few rows and two seeds, for a processor: they show how things work and decide nothing.\n"
        "# How long it takes: xstilts plan.",
    ),
    "gpu": Machine(
        "xlm-roberta-base", 20_000, 1_000, 6,
        "Six seeds are what a verdict needs.",
    ),
    "cluster": Machine(
        "xlm-roberta-large", 0, 0, 6,
        "The encoder and sizes of Phang et al. 2020: all rows. Six seeds are what a verdict needs.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """``targets``: tasks of the catalogue; ``own``: a table ``[tasks.NAME]`` of the user's, its lines; ``languages``
    empty: all of the targets; ``intermediate``: with the reason for each."""

    targets: tuple[Task, ...]
    own: tuple[str, ...]
    own_name: str
    languages: tuple[str, ...]
    intermediate: Mapping[str, str]
    backbone: str
    machine: str
    path: str


def misfits(targets: Sequence[Task], languages: Sequence[str], own: bool) -> list[str]:
    """Targets that ``plan`` would refuse: they have no score or none of the languages; languages that no target has.
    ``own``: rows of the user's own are scored too, in any language."""
    scored = {task.name: task.languages_of(task.evaluation_split) for task in targets if _has_score(task)}
    wrong = [
        f"--target {task.name} can be trained on, but has no score: name it as --intermediate"
        for task in targets
        if task.name not in scored
    ]
    without = [name for name, codes in scored.items() if languages and not set(codes) & set(languages)]
    wrong += [f"--target {name} has none of the languages {', '.join(languages)}" for name in without]
    reached = {code for codes in scored.values() for code in codes}
    lacking = [code for code in languages if scored and code not in reached and not own]
    wrong += [f"--language {code} is in no --target" for code in lacking if not without]
    if without or lacking:
        wrong += [f"targets that have {code}: {', '.join(_targets_in(code)) or 'none'}" for code in languages]
    return wrong


def _has_score(task: Task) -> bool:
    return bool(task.metric) and not task.parts


def _targets_in(language: str) -> list[str]:
    """The tasks that are scored in a language."""
    return [
        name
        for name, task in tasks().items()
        if _has_score(task) and language in task.languages_of(task.evaluation_split)
    ]


def first_study(wanted: Wanted) -> str:
    """The file."""
    machine = MACHINES[wanted.machine]
    names = [task.name for task in wanted.targets] + ([wanted.own_name] if wanted.own_name else [])
    trained = [task for task in wanted.targets if task.type not in UNTRAINED]
    parts = [
        f"# What it will do, what it costs, the smallest gain it can see:   xstilts plan {wanted.path}\n"
        f"# A version of minutes, to see that all goes well:                xstilts run {wanted.path} --level quick\n"
        f"# The study; the same command goes on where it stopped:           xstilts run {wanted.path}",
        f"question = {_text(_question(names, list(wanted.intermediate)))}",
        "# What is scored.\n"
        + "".join(f"# {task.name}: {task.title} ({task.metric})\n" for task in wanted.targets)
        + f"targets = {_texts(names)}",
        _languages(wanted),
        f"# {machine.why}\nseeds = {list(range(machine.seeds))}",
        *_sizes(names, machine),
        "# Verdicts on every arm, and how far confidence can be trusted. All names: xstilts analyses\n"
        f"analyses = {_texts(['gains', 'calibration'] if trained or wanted.own else ['gains'])}",
        f"# {_why_backbone(wanted, machine)}\n[backbones.encoder]\npath = {_text(wanted.backbone)}",
        "# Every arm prepares the encoder in another way; this one does nothing, and the others are held against it.\n"
        "[arms.baseline]",
        *(
            f"# {why}\n[arms.{_key(name)}]\nintermediate = [{_text(name)}]"
            + (f"\nexamples = {machine.train}" if machine.train else "")
            for name, why in wanted.intermediate.items()
        ),
        *_controls(wanted),
        *wanted.own,
        "# The same study in minutes: it only shows that everything is there.\n[levels.quick]\nseeds = [0]\n"
        "train_examples = 64\nevaluation_examples = 32\n"
        + "".join(f"arms.{_key(name)}.examples = 64\n" for name in wanted.intermediate).rstrip(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def own_table(
    name: str, file: Path, type: str, labels: Sequence[str], columns: Mapping[str, str], language: str,
    others: Sequence[str] = (),
) -> str:  # fmt: skip
    """``[tasks.NAME]`` for a file of the user's own, in ``language``, whose other splits are still to be named: they
    are scored in the ``others`` as well."""
    languages = dict.fromkeys([language, *others])
    said = "{ " + ", ".join(f"{role} = {_text(column)}" for role, column in columns.items()) + " }"
    lines = [
        "# Your own rows. Paths start at this file's folder; xstilts plan tells every mistake in them, with its row.",
        f"[tasks.{_key(name)}]",
        f"type = {_text(type)}",
        *([f"labels = {_texts(labels)}"] if labels else []),
        f"languages = {_texts(list(languages))}               # and those of the test files, below",
        f"train_language = {_text(language)}",
        *([f"columns = {said}"] if columns else []),
        f"splits.train.path = {_text(str(file))}",
        *([f"splits.train.languages = {_texts([language])}"] if len(languages) > 1 else []),
        "# Rows that are scored: other ones than those that train. One file a language, named by its code:",
        f"splits.test.path = {_text(str(file.with_name(f'test.{{language}}{file.suffix}')))}",
    ]
    return "\n".join(lines)


def _question(targets: Sequence[str], intermediate: Sequence[str]) -> str:
    what = " or ".join(intermediate) or "an intermediate task"
    return f"Does {what} first help {', '.join(targets)} in languages without labels?"


def _languages(wanted: Wanted) -> str:
    if wanted.languages:
        return (
            "# The languages that matter to you. Those with labels are scored as well.\n"
            f"languages = {_texts(wanted.languages)}"
        )
    return (
        "# All languages of the targets whose rows can be had here; or a list of codes (xstilts languages).\n"
        'languages = "every"'
    )


def _sizes(targets: Sequence[str], machine: Machine) -> list[str]:
    if not machine.train:
        return []
    each = ", ".join(f"{_key(name)} = {machine.train}" for name in targets)
    return [
        "# At most so many rows train a target, and are scored in each language. Leave the lines out to use all.\n"
        f"train_examples = {{ {each} }}\nevaluation_examples = {machine.scored}"
    ]


def _why_backbone(wanted: Wanted, machine: Machine) -> str:
    if wanted.backbone != machine.backbone:
        return "The encoder that you named: a folder or a hub name."
    return f"What suits a {wanted.machine}; any encoder of the families BERT, RoBERTa, XLM-R and DeBERTa-v2 will do."


def _controls(wanted: Wanted) -> list[str]:
    """Arms that should gain nothing."""
    if not wanted.intermediate:
        return []
    first = next(iter(wanted.intermediate))
    return [
        "# A control: no intermediate task, but as many more updates on the target. If it gains as much, the task\n"
        f"# adds nothing but training.\n[arms.longer]\nmatched = {_text(first)}"
    ]


def _key(name: str) -> str:
    """A name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts(values: Sequence[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
