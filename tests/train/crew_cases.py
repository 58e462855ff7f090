"""Trainings that one process and two must do alike; as a program, one of the processes of torch's launcher.

    python -m torch.distributed.run --standalone --nproc-per-node=2 crew_cases.py FOLDER

For every case, in FOLDER/CASE: ``whole`` is trained from beginning to end, ``begun`` goes on from a checkpoint that one
process wrote, ``left`` stops with a checkpoint for one process to go on from.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from architectures import FORMS, IDS, sequences
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded
from xstilts.data.sample import Pool, updates
from xstilts.data.vocabulary import Vocabulary
from xstilts.model.encoder import load_encoder
from xstilts.model.lora import add_low_rank, fold_low_rank
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.model.recompute import ask
from xstilts.train.loop import Course, Stopped, train
from xstilts.train.together import Crew, joined

UPDATES, STOP, EXAMPLES = 4, 2, 24
COURSE = Course(UPDATES, 1e-3, 0.1, 0.1, 1.0, 1e-6, 0.999, "float32", 0.2, 0.5, 5)


@dataclass(frozen=True)
class Case:
    form: str
    type: TaskType = TaskType.CLASSIFICATION
    course: Course = COURSE
    recompute: bool = False
    lora: int = 0
    batch: int = 8


CASES = {
    **{form: Case(form) for form in FORMS},
    "masked words": Case("xlm-roberta-xl", TaskType.MLM),
    "rankings": Case("xlm-roberta-base", TaskType.RANKING),
    "choices, recomputed": Case("mdeberta", TaskType.MULTIPLE_CHOICE, recompute=True),
    "low rank, recomputed": Case("xlm-roberta-xl", lora=2, recompute=True),
    "mean of moments": Case("xlm-roberta-base", course=replace(COURSE, averaged=3)),
    "one example an update": Case("minilm", batch=1),
}


def encoded_of(type: TaskType) -> Encoded:
    data = sequences(EXAMPLES)
    each = {TaskType.MULTIPLE_CHOICE: 3, TaskType.RANKING: 2}.get(type, 1)
    columns: dict[str, Any] = {"label": data.columns["label"][: EXAMPLES // each]}
    if type is TaskType.MULTIPLE_CHOICE:
        columns["choices"] = np.full(EXAMPLES // each, each)
    example = np.repeat(np.arange(EXAMPLES // each, dtype=np.int32), each)
    return replace(data, example=example, columns=columns)


@cache
def words() -> Vocabulary:
    from conftest import sentences
    from xstilts.data.vocabulary import train_vocabulary

    return train_vocabulary(sentences(400), IDS)


def learned(
    case: Case, body: Path, folder: Path, crew: Crew | None, stop: Callable[[], bool] = lambda: False
) -> tuple[list[float], Network]:
    """Losses and the network after the training, which goes on from a checkpoint in ``folder``."""
    vocabulary = words()
    encoder = load_encoder(body, 0.1, weights=crew is None or crew.first)
    network = with_new_heads(encoder, vocabulary, [HeadOf("it", case.type, 3)], 0.1, 0)
    if case.lora:
        add_low_rank(encoder, case.lora, 3)
    if case.recompute:
        ask(encoder)
    data = encoded_of(case.type)
    pool = Pool("it", (np.arange(data.examples),))

    def order() -> Iterator[tuple[int, Any]]:
        return updates([pool], np.ones(1), case.batch, UPDATES, 5)

    losses = train(
        network,
        [data],
        order,
        case.course,
        folder=folder,
        report=lambda progress: None,
        stop=stop,
        budget=64,
        crew=crew,
    )
    if case.lora and (crew is None or crew.first):
        fold_low_rank(encoder)
    return losses, network


def after(updates_done: int) -> Callable[[], bool]:
    """To be asked after every update: whether so many are done."""
    asked = iter(range(1, 1000))
    return lambda: next(asked) >= updates_done


def write(losses: list[float], network: Network, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "losses.json").write_text(json.dumps(losses))
    held = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(held, folder / "weights.safetensors")


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with joined() as crew:
        for name, case in CASES.items():
            place = folder / name
            for run in ("whole", "begun"):
                losses, network = learned(case, place / "body", place / run / "checkpoint", crew)
                if crew.first:
                    write(losses, network, place / run)
            try:
                learned(case, place / "body", place / "left" / "checkpoint", crew, after(STOP))
            except Stopped:
                continue
            raise AssertionError(f"{name} did not stop")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
