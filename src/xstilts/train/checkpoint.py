"""What a training needs to go on after a stop: weights, optimizer moments, the losses so far (as many as updates).

In: a network and its optimizer. Out: one folder, replaced whole and with checksums of its files, so that nothing goes
on from a damaged one. Data order, masks and dropout follow from seed and update number, so nothing else has to be kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import read_sealed, sealed, sha256, sync
from xstilts.model.network import read_tensors, write_tensors

FORM = 4  # of what is written: of an earlier form the training begins anew


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
) -> None:
    """Write a checkpoint after ``len(losses)`` updates, with the ``mean`` of weights so far; the one before is replaced
    in one step."""
    aside = folder.with_name(folder.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    write_tensors(network.state_dict(), aside / "network.safetensors")
    write_tensors(_moments(network, optimizer), aside / "optimizer.safetensors")
    write_tensors({"losses": torch.tensor(losses, dtype=torch.float64)}, aside / "losses.safetensors")
    if mean:
        write_tensors(mean, aside / "mean.safetensors")
    sums = {path.name: sha256(path) for path in sorted(aside.iterdir())}
    said = {"form": FORM, "updates": len(losses), "files": sums}
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


def load(folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Past:
    """Restore the newest whole checkpoint; an empty past where there is none to use. The mean is on the network's
    device."""
    for place in (folder, folder.with_name(folder.name + ".old")):
        try:
            _check(place)
            weights = read_tensors(place / "network.safetensors")
            moments = read_tensors(place / "optimizer.safetensors")
            losses = read_tensors(place / "losses.safetensors")["losses"].tolist()
            mean = read_tensors(place / "mean.safetensors") if (place / "mean.safetensors").exists() else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, Problem):
            continue
        network.load_state_dict(weights)
        for name, parameter in _learning(network, optimizer):
            optimizer.state[parameter] = {
                "step": moments[f"{name}.step"],
                "exp_avg": moments[f"{name}.first"].to(parameter.device),
                "exp_avg_sq": moments[f"{name}.second"].to(parameter.device),
            }
        device = next(network.parameters()).device
        return Past(losses, {name: tensor.to(device) for name, tensor in mean.items()})
    return Past()


def _check(place: Path) -> None:
    """Raises ``ValueError`` (and others) where a checkpoint is not as it was written."""
    said = read_sealed(place / "checkpoint.json")
    if said is None or said["form"] != FORM:
        raise ValueError(f"'{place}' is of another form or damaged")
    for name, known in said["files"].items():
        if sha256(place / name) != known:
            raise ValueError(f"'{place / name}' is damaged")


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
