"""The merging job: a weighted sum of encoders, tensor by tensor.

In: a ``Merge``. Out: a folder ``model`` like that of a training, without heads. Nothing is trained: sums are taken in
float64 in the job's order, so that the result is the same everywhere; one tensor of each encoder is in memory at a
time, but a ready backbone is read whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from xstilts.catalogue.errors import Problem
from xstilts.jobs.sources import AllSources
from xstilts.jobs.start import open_start
from xstilts.study import job
from xstilts.study.protocols import Places
from xstilts.study.store import Store

Array = np.ndarray[Any, np.dtype[Any]]
Read = Callable[[str], Array]  # a tensor's name to its values
TOKENIZER, CONFIGURATION = ("tokenizer.json", "tokenizer_config.json"), "config.json"


def run_merge(work: job.Merge, key: str, store: Store, source: AllSources, places: Places, cache: Path) -> None:
    """Do the job and store its result."""
    folders = [store.folder(part.start.job) / "model" for part in work.parts if part.start.job]
    if not folders:
        raise Problem("weights are put together from trainings: this job names none")
    _check_alike(folders)
    names = _names(folders[0])
    readers = [_reader(part.start, store, source, places, cache) for part in work.parts]
    weights = [part.weight for part in work.parts]
    merged = {name: summed([read(name) for read in readers], weights, name) for name in names}
    record = store.record(work.inputs[0])
    with store.writing(key) as (folder, extra):
        model = folder / "model"
        model.mkdir()
        for name in (CONFIGURATION, *TOKENIZER):
            shutil.copyfile(folders[0] / name, model / name)
        save_file(merged, model / "model.safetensors", metadata={"format": "pt"})
        (model / "heads.json").write_text("[]\n", encoding="utf-8")
        save_file({}, model / "heads.safetensors")
        extra |= {name: record.get(name) for name in ("parameters_total", "parameters_nonembedding")}


def summed(tensors: Sequence[Array], weights: Sequence[float], name: str = "") -> Array:
    """The sum of ``tensors``, each times its weight, in float64; float32, of their common shape.

    Raises ``Problem`` where they have not one shape.
    """
    if len(shapes := {tensor.shape for tensor in tensors}) > 1:
        raise Problem(f"the encoders differ: '{name}' has the shapes {', '.join(map(str, sorted(shapes)))}")
    total = np.zeros(tensors[0].shape, np.float64)
    for tensor, weight in zip(tensors, weights, strict=True):
        total += weight * tensor.astype(np.float64)
    return total.astype(np.float32)


def _check_alike(folders: Sequence[Path]) -> None:
    """Raises ``Problem`` where two encoders do not read text alike: their vectors of a token would not be of one."""
    if len({(folder / TOKENIZER[0]).read_bytes() for folder in folders}) > 1:
        raise Problem("the encoders have different tokenizers: weights of one backbone can be put together only")


def _reader(start: job.Start, store: Store, source: AllSources, places: Places, cache: Path) -> Read:
    """Where the tensors of one encoder are read from."""
    if start.job is not None:
        return partial(_stored, _names(store.folder(start.job) / "model"))
    encoder, _ = open_start(start, store, source, places, cache, 0.0, 0)
    state = encoder.state_dict()

    def read(name: str) -> Array:
        if name not in state:
            raise Problem(f"the backbone '{start.backbone}' has no tensor '{name}'")
        values: Array = state[name].numpy()
        return values

    return read


def _stored(files: dict[str, Path], name: str) -> Array:
    if name not in files:
        raise Problem(f"an encoder has no tensor '{name}', which another has")
    with safe_open(files[name], framework="np") as tensors:
        values: Array = tensors.get_tensor(name)
    return values


def _names(folder: Path) -> dict[str, Path]:
    """The tensors of an encoder in a job's folder, with the file of each."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("model*.safetensors")):
        with safe_open(path, framework="np") as tensors:
            found.update(dict.fromkeys(tensors.keys(), path))
    return found
