"""What both sides of a comparison read: the same vocabularies, weights and encoded text, made once on disk.

In: the data folder. Out: tokenizers of 16,000 and 250,002 pieces trained on its text, encoders of the two shapes with
random weights and heads, and samples of encoded text: memory-mapped arrays for our side, the very same token ids as a
data set for Trainer. What is random comes from fixed seeds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from benchmarks.row import Places, Work
from xstilts.catalogue.find import get_task
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded, Lengths, encode_cached
from xstilts.data.random import stream
from xstilts.data.source import Folder
from xstilts.data.vocabulary import Vocabulary, train_vocabulary, vocabulary_of

HELD_OUT = 192


@dataclass(frozen=True)
class Shape:
    """An encoder in XLM-R's form."""

    layers: int
    hidden: int
    heads: int
    feedforward: int
    vocabulary: int


SHAPES = {
    "small": Shape(4, 256, 4, 1024, 16_000),
    "base": Shape(12, 768, 12, 3072, 250_002),
    "large": Shape(24, 1024, 16, 4096, 250_002),
}
HEADS = {
    TaskType.CLASSIFICATION: ("AutoModelForSequenceClassification", 3),
    TaskType.SPAN_EXTRACTION: ("AutoModelForQuestionAnswering", 2),
    TaskType.MLM: ("AutoModelForMaskedLM", 0),
}


def rows_of(places: Places, task: str, split: str, languages: tuple[str, ...]) -> pa.Table:
    """The rows of all ``languages``, one after the other."""
    source = Folder(places.data)
    return pa.concat_tables([source.read(get_task(task), split, language) for language in languages])


def languages_of(places: Places, task: str, split: str) -> tuple[str, ...]:
    """Languages whose rows lie in the data folder."""
    return Folder(places.data).languages(get_task(task), split)


@cache
def vocabulary(places: Places, size: int) -> Vocabulary:
    """A vocabulary trained on the folder's plain text, and for a large one on its translations too."""
    path = places.work / "vocabularies" / f"{size}.json"
    if not path.exists():
        tasks = ["mlm-text"] if size <= 50_000 else ["mlm-text", "parallel"]
        texts: list[str] = []
        for task in tasks:
            table = rows_of(places, task, "train", languages_of(places, task, "train"))
            texts.extend(text for text in table.column("text").to_pylist() if text)
        chosen = stream(0, "benchmark", "vocabulary").permutation(len(texts))
        share = 8 if size <= 50_000 else 1
        trained = train_vocabulary((texts[number] for number in np.sort(chosen[: len(texts) // share])), size)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        trained.tokenizer.save(str(aside))
        aside.replace(path)
    return vocabulary_of(Tokenizer.from_file(str(path)), str(path))


def encoder_folder(places: Places, name: str) -> Path:
    """A checkpoint of the shape ``name`` in the hub's format, with its tokenizer and XLM-R's dropout rates."""
    folder = places.work / "encoders" / name
    if not (folder / "config.json").exists():
        from transformers import XLMRobertaConfig, XLMRobertaModel

        from xstilts.model.encoder import save_encoder

        shape, words = SHAPES[name], vocabulary(places, SHAPES[name].vocabulary)
        config = XLMRobertaConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.feedforward,
            max_position_embeddings=514,
            type_vocab_size=1,
            pad_token_id=words.pad,
            bos_token_id=words.before[0],
            eos_token_id=words.after[-1],
        )
        torch.manual_seed(0)
        aside = folder.with_name(f"{name}.new")
        save_encoder(XLMRobertaModel(config, add_pooling_layer=False), words, aside)
        aside.rename(folder)
    return folder


def library_model(places: Places, shape: str, type: TaskType, **options: Any) -> Any:
    """The library's own model of the task: the encoder's weights and a head from a fixed seed."""
    import transformers

    name, labels = HEADS[type]
    counted = {"num_labels": labels} if labels else {}
    torch.manual_seed(1)
    return getattr(transformers, name).from_pretrained(encoder_folder(places, shape), **counted, **options)


def head_weights(places: Places, shape: str, type: TaskType) -> dict[str, torch.Tensor]:
    """The tensors of that head by the names of our own, which computes the same."""
    path = places.work / "encoders" / f"{shape}-{type}.safetensors"
    if not path.exists():
        tensors = library_model(places, shape, type).state_dict()
        found = {ours: tensors[theirs].clone() for theirs, ours in _NAMES[type].items()}
        save_file(found, path)
    return dict(load_file(path))


_NAMES = {
    TaskType.CLASSIFICATION: {
        f"classifier.{theirs}.{part}": f"{ours}.{part}"
        for theirs, ours in (("dense", "dense"), ("out_proj", "out"))
        for part in ("weight", "bias")
    },
    TaskType.SPAN_EXTRACTION: {f"qa_outputs.{part}": f"out.{part}" for part in ("weight", "bias")},
    TaskType.MLM: {
        "lm_head.dense.weight": "dense.weight",
        "lm_head.dense.bias": "dense.bias",
        "lm_head.layer_norm.weight": "norm.weight",
        "lm_head.layer_norm.bias": "norm.bias",
        "lm_head.bias": "bias",
    },
}


@dataclass(frozen=True)
class Sample:
    """Sequences of encoded text, each an example of its own: ``warm`` ones at the start that are not timed, then
    ``timed`` ones, then ``HELD_OUT`` that nothing trains on."""

    encoded: Encoded
    type: TaskType
    warm: int
    timed: int

    @property
    def tokens(self) -> int:
        """Tokens of the timed sequences."""
        return int(self.encoded.lengths[self.warm : self.warm + self.timed].sum())


def sample(places: Places, work: Work) -> Sample:
    """The sample that ``work`` names: ``task``, ``split``, ``languages``, ``shape``, ``batch``, ``updates``, ``warm``,
    ``longest``, ``stride``."""
    type = get_task(work["task"]).type
    warm, timed = work["warm"] * work["batch"], work["updates"] * work["batch"]
    count = warm + timed + HELD_OUT
    words = vocabulary(places, SHAPES[work["shape"]].vocabulary)
    name = f"benchmark:{work['task']}:{work['split']}:{','.join(work['languages'])}:{count}"
    read = partial(_chosen, places, work, count)
    encoded = encode_cached(read, name, type, words, Lengths(work["longest"], work["stride"]), places.work / "cache")
    if len(encoded.starts) <= count:
        raise SystemExit(f"the data folder has {len(encoded.starts) - 1} sequences of {work['task']}, {count} are used")
    return Sample(replace(encoded, example=np.arange(len(encoded.starts) - 1, dtype=np.int32)), type, warm, timed)


def _chosen(places: Places, work: Work, count: int) -> pa.Table:
    table = rows_of(places, work["task"], work["split"], tuple(work["languages"]))
    return table.take(stream(0, "benchmark", work["task"]).permutation(table.num_rows)[:count])


def trainer_folder(places: Places, work: Work) -> Path:
    """The same sequences as a data set of the ``datasets`` library on disk, with the columns that Trainer's models
    want."""
    names = ("task", "split", "shape", "batch", "updates", "warm", "longest", "stride")
    folder = places.work / "trainer" / "-".join(str(work[name]).replace("/", "_") for name in names)
    if not (folder / "state.json").exists():
        from datasets import Dataset

        found = sample(places, work)
        encoded, starts = found.encoded, found.encoded.starts
        ids = [encoded.ids[low:high].tolist() for low, high in pairwise(starts)]
        columns: dict[str, Any] = {"input_ids": ids, "length": encoded.lengths.tolist()}
        if found.type is TaskType.CLASSIFICATION:
            columns["labels"] = encoded.columns["label"].tolist()
        elif found.type is TaskType.SPAN_EXTRACTION:
            columns["start_positions"] = encoded.columns["answer_start"].tolist()
            columns["end_positions"] = encoded.columns["answer_end"].tolist()
        else:
            special = set(vocabulary(places, SHAPES[work["shape"]].vocabulary).special.tolist())
            columns["special_tokens_mask"] = [[int(token in special) for token in row] for row in ids]
        Dataset.from_dict(columns).save_to_disk(str(folder))
    return folder


def useful_flops(shape: Shape, lengths: np.ndarray[Any, Any], read: int, outputs: int, passes: int = 3) -> float:
    """Operations on real tokens alone: 2 a weight and token, 4 x length x width a token and layer in attention, the
    output layer at the ``read`` positions; backwards costs twice as much (``passes`` 3), prediction is one pass."""
    tokens = float(lengths.sum())
    weights = shape.layers * (4 * shape.hidden**2 + 2 * shape.hidden * shape.feedforward)
    attention = 4.0 * shape.hidden * shape.layers * float((lengths.astype(np.float64) ** 2).sum())
    return passes * (2 * weights * tokens + attention + 2.0 * shape.hidden * (outputs + shape.hidden) * read)
