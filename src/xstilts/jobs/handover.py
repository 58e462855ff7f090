"""A trained model as a folder to give away, and what such a folder predicts.

In: a finished training of the store, what is known of it. Out: a folder that the model library opens by itself
(``AutoModelForSequenceClassification`` and the like), with ``xstilts.json`` for ``predict``. In: such a folder, rows
without labels. Out: predictions in the form of their type.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.data.vocabulary import read_vocabulary
from xstilts.evaluate.predict import predict, predict_spans
from xstilts.jobs.handed import FORM, NAME, About
from xstilts.model.encoder import save_tokenizer
from xstilts.model.library import library_model
from xstilts.model.network import device_of, load_network

_OURS = ("heads.json", "heads.safetensors")


def hand_over(trained: Path, about: About, card: str, folder: Path) -> None:
    """Write ``folder`` whole, from the folder ``trained`` of a store; ``card`` becomes its README.md."""
    aside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    handed = library_model(trained, about.labels)
    handed.save_pretrained(aside)
    save_tokenizer(handed, read_vocabulary(trained), aside, about.max_length)
    for name in _OURS:
        shutil.copyfile(trained / name, aside / name)
    said = {"form": FORM, **asdict(about)}
    (aside / NAME).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (aside / "README.md").write_text(card, encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    aside.rename(folder)


def predicted(folder: Path, model: About, rows: pa.Table) -> tuple[pa.Table, float]:
    """Predictions for ``rows``, one a row, and the share of their tokens that the tokenizer does not know."""
    network = load_network(folder).to(device_of())
    kind = TaskType(model.type)
    encoded = encode(rows, kind, network.vocabulary, Lengths(model.max_length, model.stride))
    unknown = float((encoded.ids == network.vocabulary.unknown).mean()) if len(encoded.ids) else 0.0
    if kind is TaskType.SPAN_EXTRACTION:
        return predict_spans(network, model.task, rows, encoded, model.precision), unknown
    return predict(network, model.task, kind, rows, encoded, model.precision), unknown
