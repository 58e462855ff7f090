"""An encoder with its heads, and how both are written and read.

In: a trained or ready encoder, and one head a task. Out: ``Network``; a folder that ``AutoModel`` opens, with the heads
beside it in ``heads.safetensors``. Weights travel as safetensors only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch
from xstilts.data.random import seed_of
from xstilts.data.vocabulary import Vocabulary, read_vocabulary
from xstilts.model.dropout import begin_update
from xstilts.model.encoder import hidden_states, load_encoder, save_encoder
from xstilts.model.heads import Head, as_head, make_head


@dataclass(frozen=True)
class HeadOf:
    """Which head a task needs; ``pooling``: what a classification reads, the ``first`` token, the ``mean`` over all or
    ``both`` texts apart."""

    task: str
    type: TaskType
    labels: int
    pooling: str = "first"


class Network(nn.Module):
    """``forward(batch, number)`` gives the outputs of head ``number``."""

    def __init__(
        self, encoder: nn.Module, heads: Sequence[nn.Module], specs: Sequence[HeadOf], vocabulary: Vocabulary
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(heads)
        self.specs = tuple(specs)
        self.vocabulary = vocabulary

    def head(self, number: int) -> Head:
        """Head ``number``."""
        return as_head(self.heads[number])

    def number_of(self, task: str) -> int:
        """The number of a task's head."""
        for number, spec in enumerate(self.specs):
            if spec.task == task:
                return number
        raise Problem(
            f"this model has no head for '{task}': it was trained on {', '.join(spec.task for spec in self.specs)}"
        )

    def forward(self, batch: Batch, number: int) -> Tensor:
        read = self.head(number).reads(batch)
        result: Tensor = self.heads[number](hidden_states(self.encoder, batch, read=read), batch)
        return result

    def begin_update(self, seed: int) -> None:
        """Start the dropout streams of one update."""
        begin_update(self, seed, next(self.parameters()).device)


def with_new_heads(
    encoder: nn.Module, vocabulary: Vocabulary, specs: Sequence[HeadOf], dropout: float, seed: int
) -> Network:
    """``encoder`` with a new head for each of ``specs``."""
    model: Any = encoder
    heads = [
        make_head(
            spec.type,
            int(model.config.hidden_size),
            spec.labels,
            spec.pooling,
            dropout,
            seed_of(seed, "head", spec.task),
            model.get_input_embeddings(),
        )
        for spec in specs
    ]
    return Network(encoder, heads, specs, vocabulary)


def save_network(network: Network, folder: Path) -> None:
    """Write the encoder in the hub's format to ``folder``, and the heads beside it."""
    save_encoder(network.encoder, network.vocabulary, folder)
    specs = [asdict(spec) for spec in network.specs]
    (folder / "heads.json").write_text(json.dumps(specs, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    save_file(_plain(network.heads.state_dict()), folder / "heads.safetensors")


def load_network(folder: Path, dropout: float = 0.0) -> Network:
    """Read what ``save_network`` wrote; ready to predict, and to be trained on with ``dropout``."""
    vocabulary = read_vocabulary(folder)
    encoder = load_encoder(folder, dropout)
    specs = [HeadOf(**{**row, "type": TaskType(row["type"])}) for row in _json(folder / "heads.json")]
    network = with_new_heads(encoder, vocabulary, specs, dropout, 0)
    network.heads.load_state_dict(read_tensors(folder / "heads.safetensors"))
    return network.eval()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file; a damaged file is named."""
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise Problem(f"cannot read the weights {path}: {error}; remove the file's folder to make it again") from error
    return tensors


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors, contiguous and on the processor."""
    save_file(_plain(tensors), path)


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", copy=False).contiguous() for name, tensor in tensors.items()}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"cannot read {path}: {error}") from error


def freeze(encoder: nn.Module, part: str, layers: int = 0) -> None:
    """Keep a part of the encoder as it is: ``nothing``, its ``embeddings`` (the table of token vectors), or its
    ``body`` (all else); and with ``layers`` all that lies below layer ``layers + 1``.
    """
    model: Any = encoder
    table = set(model.get_input_embeddings().parameters())
    blocks = list(model.encoder.layer)
    if layers > len(blocks):
        raise Problem(f"the encoder has {len(blocks)} layers, of which {layers} can not be kept as they are")
    below = [model.embeddings, *blocks[:layers]] if layers else []
    kept = {parameter for module in below for parameter in module.parameters()}
    for parameter in encoder.parameters():
        learns = part == "nothing" or (parameter in table) == (part == "body")
        parameter.requires_grad_(learns and parameter not in kept)


def parameters_of(encoder: nn.Module) -> tuple[int, int]:
    """Parameters of an encoder: all, and without its embedding tables."""
    total = sum(parameter.numel() for parameter in encoder.parameters())
    tables = sum(module.weight.numel() for module in encoder.modules() if isinstance(module, nn.Embedding))
    return total, total - tables


def device_of(preferred: str = "") -> torch.device:
    """The device to use: the named one, else a GPU where there is one, else the processor."""
    return torch.device(preferred or ("cuda" if torch.cuda.is_available() else "cpu"))
