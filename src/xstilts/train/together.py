"""Several processes, each with a device, that hold one training together (FSDP2).

In: a network, and the processes that torch's launcher started. Out: a copy of the network whose weights, gradients and
moments are divided among the processes, which takes its updates as one process would: each process computes a part of
every update, and the gradients of the parts are summed. In the end the first process has all weights.

Only the blocks are put together one after the other; the rest (embeddings, of which trainings hold the used rows, and
heads) stays whole while an update runs. What is computed is the model library's own block, forward and back: the blocks
of ``model.block`` read weights without asking for them. torch's own functions are called directly: of what accelerate
adds to them, nothing is used here.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.checkpoint import state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard

from xstilts.catalogue.errors import Problem
from xstilts.data.batch import Batch, divided
from xstilts.model.network import Network
from xstilts.model.streams import pass_over

PATIENCE = timedelta(minutes=30)  # for the others: while one reads its weights, or writes a checkpoint


@dataclass(frozen=True)
class Crew:
    """The processes of a training: which of them this is (from 0), how many there are, and its device."""

    number: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the one that reads weights, reports and writes the result."""
        return self.number == 0

    def summed(self, *values: float) -> list[float]:
        """The sums of ``values`` over all processes, which wait here for each other."""
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(tensor)
        found: list[float] = tensor.tolist()
        return found


@contextmanager
def joined() -> Iterator[Crew]:
    """This process as one of those that torch's launcher started: over NCCL where there are GPUs, else gloo."""
    number, size, here = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if 0 < gpus <= here:
        raise Problem(f"shards = {size}: this machine has {gpus} GPUs; lower 'shards', or run on a machine with more")
    device = torch.device("cuda", here) if gpus else torch.device("cpu")
    if gpus:
        torch.cuda.set_device(device)
    distributed.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=PATIENCE)
    yield Crew(number, size, device)
    distributed.destroy_process_group()  # not after a mistake: the others may be waiting for this one


@contextmanager
def held(network: Network, crew: Crew | None) -> Iterator[Network]:
    """``network`` to be trained: itself, or its copy that a ``crew`` holds. Afterwards the first process's ``network``
    has what was learned."""
    if crew is None:
        yield network
        return
    working = _shared_out(network, crew)
    yield working
    whole = state_dict.get_model_state_dict(
        working, options=state_dict.StateDictOptions(full_state_dict=True, cpu_offload=True)
    )
    if crew.first:
        network.load_state_dict(whole)


def _shared_out(network: Network, crew: Crew) -> Network:
    """The copy that the processes hold together, with the weights of the first one's ``network``."""
    # memory that nobody has written to takes no room
    empty = {id(one): nn.Parameter(torch.empty_like(one), one.requires_grad) for one in network.parameters()}
    working: Any = copy.deepcopy(network, dict(empty))
    mesh = init_device_mesh(crew.device.type, (crew.size,))
    for block in working.encoder.encoder.layer:
        fully_shard(block, mesh=mesh)
    fully_shard(working, mesh=mesh)
    for module in working.modules():
        if isinstance(module, FSDPModule):
            module.set_force_sum_reduction_for_comms(True)
            module.set_gradient_divide_factor(1.0)  # the loss is divided by the targets of the whole update
    state_dict.set_model_state_dict(
        working,
        network.state_dict() if crew.first else {},
        options=state_dict.StateDictOptions(full_state_dict=True, broadcast_from_rank0=True),
    )
    shared: Network = working
    return shared


def parts_of(network: Network, batch: Batch, task: int, budget: int, crew: Crew) -> Iterator[tuple[Batch, float]]:
    """What this process computes of an update, in parts of about ``budget`` tokens, and how often each counts.

    All processes take equally many parts, for they put the blocks together in step: who has none left computes one that
    counts nothing. Examples that are compared with each other are computed by all, and count as one.
    """
    if network.head(task).whole_update:
        yield batch, 1.0 / crew.size
        return
    rounds = -(-len(batch.ids) // (crew.size * budget))
    parts = divided(batch, crew.size * rounds)
    for low in range(0, len(parts), crew.size):
        for place in range(crew.size):
            number = low + place
            if place == crew.number:
                yield (parts[number], 1.0) if number < len(parts) else (parts[-1], 0.0)
            elif number < len(parts):
                pass_over(network, parts[number], task)
