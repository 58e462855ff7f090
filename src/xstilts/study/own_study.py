"""The study behind ``xstilts train``: one target of a user's own, with and without an intermediate task.

In: what the command was told. Out: the text of a study file, which ``xstilts run`` takes like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BASELINE, PREPARED = "baseline", "prepared"


@dataclass(frozen=True)
class Own:
    """``columns``: roles and what the files call them. ``tested``: languages with labelled rows of their own.
    ``settings``: of the target phase, those that the user named."""

    name: str
    type: str
    labels: tuple[str, ...]
    columns: Mapping[str, str]
    language: str
    tested: tuple[str, ...]
    backbone: str
    intermediate: str
    examples: int | None
    seeds: int
    metric: str
    settings: Mapping[str, object]


def study_text(own: Own) -> str:
    """The study file. Its rows lie beside it: ``train.parquet``, ``validation.parquet``, ``test.LANGUAGE.parquet``."""
    languages = list(dict.fromkeys([own.language, *own.tested]))
    lines = [
        "# Written by xstilts train; xstilts run takes it as it is.",
        f"question = {_said(_question(own))}",
        f"targets = [{_said(own.name)}]",
        'languages = "every"',
        f"splits = {_said(['validation', 'test'] if own.tested else ['validation'])}",
        f"seeds = {list(range(own.seeds))}",
        "",
        f"[tasks.{_said(own.name)}]",
        f"type = {_said(own.type)}",
        *([f"labels = {_said(own.labels)}"] if own.labels else []),
        f"languages = {_said(languages)}",
        f"train_language = {_said(own.language)}",
        *([f"metric = {_said(own.metric)}"] if own.metric else []),
        *([f"columns = {_table(own.columns)}"] if own.columns else []),
        f'splits.train = {{ path = "train.parquet", languages = {_said([own.language])} }}',
        f'splits.validation = {{ path = "validation.parquet", languages = {_said([own.language])} }}',
        *(
            [f'splits.test = {{ path = "test.{{language}}.parquet", languages = {_said(own.tested)} }}']
            if own.tested
            else []
        ),
        "",
        "[backbones.encoder]",
        f"path = {_said(own.backbone)}",
        "",
        f"[arms.{BASELINE}]",
    ]
    if own.intermediate:
        lines += ["", f"[arms.{PREPARED}]", f"intermediate = [{_said(own.intermediate)}]"]
        lines += [f"examples = {own.examples}"] if own.examples else []
    if own.settings:
        lines += ["", "[settings.target]", *(f"{name} = {_said(value)}" for name, value in own.settings.items())]
    return "\n".join([*lines, ""])


def _question(own: Own) -> str:
    if not own.intermediate:
        return f"What does an encoder learn from {own.name}?"
    return f"Does {own.intermediate} before it help {own.name}?"


def _said(value: object) -> str:
    """A value in TOML, whose texts, numbers and lists are written as JSON's."""
    return json.dumps(list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value)


def _table(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {_said(value)}" for name, value in values.items()) + " }"
