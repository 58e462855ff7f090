"""A trained network as the model library has it, so that others open it without this package.

In: a folder that ``save_network`` wrote, with one head. Out: the library's own model for the task type, ready to save:
``AutoModelForSequenceClassification`` and the like open the result. Our heads compute what the library's do (on the
first token: dense, tanh, linear), so the weights only change their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import (
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.model.encoder import quiet
from xstilts.model.network import load_network

_CLASSES: Mapping[TaskType, Any] = {
    TaskType.CLASSIFICATION: AutoModelForSequenceClassification,
    TaskType.MULTIPLE_CHOICE: AutoModelForMultipleChoice,
    TaskType.TOKEN_CLASSIFICATION: AutoModelForTokenClassification,
    TaskType.SPAN_EXTRACTION: AutoModelForQuestionAnswering,
}
# Where the library keeps our layers, by family: of a head on the first token, first for labels, then for choices.
_POOLED: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "bert": ({"dense": "bert.pooler.dense", "out": "classifier"},) * 2,
    "roberta": (
        {"dense": "classifier.dense", "out": "classifier.out_proj"},
        {"dense": "roberta.pooler.dense", "out": "classifier"},
    ),
    "deberta-v2": ({"dense": "pooler.dense", "out": "classifier"},) * 2,
}
_POOLED = {**_POOLED, "xlm-roberta": _POOLED["roberta"], "xlm-roberta-xl": _POOLED["roberta"]}


def library_model(folder: Path, labels: Sequence[str]) -> Any:
    """The library's model with the encoder and the head of ``folder``. ``labels`` become its ``id2label``.

    Raises ``Problem`` for a head that the library does not have: of several tasks, or one that reads a mean.
    """
    quiet()
    network = load_network(folder)
    if len(network.specs) != 1 or network.specs[0].type not in _CLASSES:
        kinds = ", ".join(f"{spec.task} ({spec.type})" for spec in network.specs)
        raise Problem(f"the model library has no model with these heads: {kinds}")
    (spec,) = network.specs
    family = str(network.encoder.config.model_type)  # type: ignore[union-attr]
    names = _names(spec.type, family)
    if spec.type in (TaskType.CLASSIFICATION, TaskType.MULTIPLE_CHOICE) and spec.pooling != "first":
        raise Problem(f"the model library's heads read the first token, this one '{spec.pooling}': pooling = \"first\"")
    said: dict[str, Any] = {} if spec.type is TaskType.SPAN_EXTRACTION else {"num_labels": max(1, spec.labels)}
    if labels and spec.type in (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION):
        said["id2label"] = dict(enumerate(labels))
        said["label2id"] = {name: number for number, name in enumerate(labels)}
    if family == "deberta-v2":
        said["pooler_hidden_act"] = "tanh"
    model = _CLASSES[spec.type].from_pretrained(
        folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, **said
    )
    held: dict[str, Tensor] = network.heads[0].state_dict()
    renamed = {f"{names[layer]}.{part}": held[f"{prefix}{layer}.{part}"] for prefix, layer, part in _parts(held)}
    missing = [name for name in renamed if name not in model.state_dict()]
    if missing:
        raise Problem(f"this version of the model library has no weights {', '.join(missing)} in a '{family}' model")
    model.load_state_dict(renamed, strict=False)
    return model.eval()


def _names(type: TaskType, family: str) -> Mapping[str, str]:
    if type is TaskType.TOKEN_CLASSIFICATION:
        return {"out": "classifier"}
    if type is TaskType.SPAN_EXTRACTION:
        return {"out": "qa_outputs"}
    return _POOLED[family][type is TaskType.MULTIPLE_CHOICE]


def _parts(held: Mapping[str, Tensor]) -> list[tuple[str, str, str]]:
    """Names of a head's weights in three parts: what stands before the layer, the layer, weight or bias."""
    cut = [name.rsplit(".", 2) for name in held]
    return [("".join(f"{one}." for one in parts[:-2]), parts[-2], parts[-1]) for parts in cut]
