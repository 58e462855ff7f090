"""What a training needs to go on after a stop: weights, optimizer moments, the losses so far (as many as updates).

In: a network and its optimizer. Out: one folder, replaced whole and with checksums of its files, so that nothing goes
on from a damaged one. Data order, masks and dropout follow from seed and update number, so nothing else has to be kept.

A crew's processes each write what they hold, as safetensors with the place of every piece (torch.distributed.checkpoint
in the hub's format), and each reads what it will hold. So a training goes on with another number of processes, one or
many, whichever wrote the checkpoint.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint import state_dict_loader, state_dict_saver
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import read_sealed, sealed, sha256, sync
from xstilts.model.network import read_tensors, write_tensors
from xstilts.train.together import Crew

FORM = 5  # of what is written: of an earlier form the training begins anew
MEAN = "mean."  # before the names of averaged weights


@dataclass(frozen=True)
class Past:
    """What was done before: the loss of every update, and the mean of weights so far, by name, where one is kept."""

    losses: list[float] = field(default_factory=list)
    mean: dict[str, Tensor] = field(default_factory=dict)


def save(
    folder: Path,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    losses: Sequence[float],
    mean: Mapping[str, Tensor],
    crew: Crew | None = None,
) -> None:
    """Write a checkpoint after ``len(losses)`` updates, with the ``mean`` of weights so far; the one before is replaced
    in one step. All processes of a ``crew`` call this."""
    aside = folder.with_name(folder.name + ".new")
    if crew is None or crew.first:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
    moments = _moments(network, optimizer)
    averages = {f"{MEAN}{name}": tensor for name, tensor in mean.items()}
    if crew is None:
        write_tensors(network.state_dict(), aside / "network.safetensors")
        write_tensors(moments, aside / "optimizer.safetensors")
        if mean:
            write_tensors(averages, aside / "mean.safetensors")
    else:
        crew.summed(0.0)  # not before the folder is there
        pieces = {**network.state_dict(), **moments, **averages}
        writer = HuggingFaceStorageWriter(str(aside), save_distributed=True)
        state_dict_saver.save(pieces, storage_writer=writer)
    if crew is None or crew.first:
        write_tensors({"losses": torch.tensor(losses, dtype=torch.float64)}, aside / "losses.safetensors")
        said = {"form": FORM, "updates": len(losses), "mean": bool(mean), "shards": crew.size if crew else 1}
        _put_in_place(aside, folder, said)
    if crew is not None:
        crew.summed(0.0)


def _put_in_place(aside: Path, folder: Path, said: Mapping[str, Any]) -> None:
    said = {**said, "files": {path.name: sha256(path) for path in sorted(aside.iterdir())}}
    (aside / "checkpoint.json").write_bytes(sealed(said))
    for path in (*aside.iterdir(), aside):
        sync(path)
    old = folder.with_name(folder.name + ".old")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    aside.rename(folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, crew: Crew | None = None) -> Past:
    """Restore the newest whole checkpoint; an empty past where there is none to use. The mean is on the network's
    device. All processes of a ``crew`` call this."""
    for place in (folder, folder.with_name(folder.name + ".old")):
        try:
            said = _checked(place, crew is None or crew.first)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            said = None
        if crew is not None and crew.summed(said is not None) != [crew.size]:
            continue
        try:
            if said is not None:
                return _restored(place, said, network, optimizer, crew)
        except (OSError, ValueError, KeyError, TypeError, Problem):
            if crew is not None:  # the others are in the middle of reading
                raise
    return Past()


def _restored(
    place: Path, said: Mapping[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer, crew: Crew | None
) -> Past:
    losses = read_tensors(place / "losses.safetensors")["losses"].tolist()
    if crew is None and said["shards"] == 1:
        weights = read_tensors(place / "network.safetensors")
        moments = read_tensors(place / "optimizer.safetensors")
        mean = read_tensors(place / "mean.safetensors") if said["mean"] else {}
        network.load_state_dict(weights)
    else:
        moments = _moments(network, optimizer)
        learning = [(f"{MEAN}{name}", parameter) for name, parameter in _learning(network, optimizer)]
        mean = {name: torch.zeros_like(parameter) for name, parameter in learning} if said["mean"] else {}
        reader = HuggingFaceStorageReader(str(place))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*assuming the intent is to load in a single process")
            pieces = {**network.state_dict(), **moments, **mean}
            state_dict_loader.load(pieces, storage_reader=reader, no_dist=crew is None)
    for name, parameter in _learning(network, optimizer):
        optimizer.state[parameter] = {
            "step": moments[f"{name}.step"],
            "exp_avg": moments[f"{name}.first"].to(parameter.device),
            "exp_avg_sq": moments[f"{name}.second"].to(parameter.device),
        }
    device = next(network.parameters()).device
    return Past(losses, {name.removeprefix(MEAN): tensor.to(device) for name, tensor in mean.items()})


def _checked(place: Path, deep: bool) -> dict[str, Any]:
    """What a checkpoint says of itself. Raises ``ValueError`` (and others) where it is not as it was written; every
    byte is read only where this is to be ``deep``."""
    said = read_sealed(place / "checkpoint.json")
    if said is None or said["form"] != FORM:
        raise ValueError(f"'{place}' is of another form or damaged")
    for name, known in said["files"].items() if deep else ():
        if sha256(place / name) != known:
            raise ValueError(f"'{place / name}' is damaged")
    return said


def _learning(network: nn.Module, optimizer: torch.optim.Optimizer) -> list[tuple[str, nn.Parameter]]:
    learns = {parameter for group in optimizer.param_groups for parameter in group["params"]}
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter in learns]


def _moments(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    moments: dict[str, Tensor] = {}
    for name, parameter in _learning(network, optimizer):
        state = optimizer.state.get(parameter) or {
            "step": torch.zeros(()),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        moments[f"{name}.step"] = state["step"]
        moments[f"{name}.first"] = state["exp_avg"]
        moments[f"{name}.second"] = state["exp_avg_sq"]
    return moments
