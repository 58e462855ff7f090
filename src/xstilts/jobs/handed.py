"""What is known of a model that was handed over: the file beside its weights.

In: such a folder. Out: ``About``. Torch is not loaded, so that commands find mistakes at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType

NAME = "xstilts.json"
FORM = 1


@dataclass(frozen=True)
class About:
    """What ``predict`` has to know of a model. ``columns``: what the files it learned from call the roles;
    ``confidence``: the fields of ``analysis.calibration.confidence.Confidence``; ``language``: the one with labels;
    ``weak``: the scored languages in which it does not clearly beat a trivial predictor; ``errors``: the expected
    calibration error of its confidence by language, in points, and the labelled answers on which it was measured."""

    task: str
    type: str
    labels: tuple[str, ...]
    columns: Mapping[str, str]
    language: str
    max_length: int
    stride: int
    precision: str
    confidence: Mapping[str, Any] = field(default_factory=dict)
    weak: tuple[str, ...] = ()
    errors: Mapping[str, tuple[float, int]] = field(default_factory=dict)


def read_about(folder: Path) -> About:
    """What a folder's model is. Raises ``Problem`` for a folder that was not handed over."""
    try:
        said: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if said.pop("form") != FORM:
            raise Problem(f"{folder} was written by another version of xstilts: train it again")
        errors = {code: (float(error), int(count)) for code, (error, count) in said.get("errors", {}).items()}
        found = About(
            **{**said, "labels": tuple(said["labels"]), "weak": tuple(said.get("weak", ())), "errors": errors}
        )
        TaskType(found.type)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(
            f"{folder} is no model that xstilts train wrote ({NAME} is not there or damaged): name its --output"
        ) from error
    return found
