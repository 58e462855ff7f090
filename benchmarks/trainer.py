"""The other side of a training: Hugging Face's Trainer, tuned or as the benchmark's own recipe runs it.

In: a ``Work``. Out: seconds and facts. *Tuned*: bf16, batches of similar length out of groups of 50 batches (what
Trainer does by itself with the whole data set; here stated, for it would take fewer with so few rows), padding to the
longest of a batch, fused AdamW. *Recipe*: every sequence padded to the maximal length, float32, random batches.
The model object is new in its process, for Trainer silently runs one that was used before in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import torch
from datasets import load_from_disk
from torch.utils.data import Sampler
from transformers import (
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_pt_utils import get_length_grouped_indices

from benchmarks import ours
from benchmarks.clock import Clock, peak
from benchmarks.material import encoder_folder, library_model, sample, trainer_folder
from benchmarks.profiled import Profile
from benchmarks.row import RECIPE, TUNED, Places, Reading, Work
from xstilts.catalogue.task import TaskType

GROUPED = 50


class _Order(Sampler[int]):
    """The warm-up's rows in order, then the timed ones: grouped by length, or in random order."""

    def __init__(self, lengths: list[int], warm: int, batch: int, grouped: bool, seed: int) -> None:
        draw = torch.Generator().manual_seed(seed)
        timed = lengths[warm:]
        order = (
            get_length_grouped_indices(timed, batch, GROUPED, draw)
            if grouped
            else torch.randperm(len(timed), generator=draw).tolist()
        )
        self._rows = [*range(warm), *(warm + number for number in order)]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Ordered(Trainer):
    order: _Order

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return self.order


class _Ticks(TrainerCallback):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self._clock.tick()


class Padding:
    """Counts what the model is fed, and which type of number its first encoder layer gives."""

    def __init__(self, model: Any) -> None:
        self.real = self.fed = 0
        self.dtype = ""
        layer = next(module for name, module in model.named_modules() if name.endswith("self.query"))
        model.register_forward_pre_hook(self._count, with_kwargs=True)
        layer.register_forward_hook(self._note)

    def _count(self, model: Any, inputs: Any, named: dict[str, Any]) -> None:
        mask = named["attention_mask"]
        self.real += int(mask.sum())
        self.fed += mask.numel()

    def _note(self, module: Any, inputs: Any, output: torch.Tensor) -> None:
        self.dtype = str(output.dtype).removeprefix("torch.")


def arguments(work: Work, way: str, folder: str, **more: Any) -> TrainingArguments:
    """Settings of a Trainer; nothing is logged or saved."""
    tuned = way == TUNED
    on_gpu = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=work["batch"],
        per_device_eval_batch_size=work["batch"],
        learning_rate=work.get("learning_rate", 1e-4),
        weight_decay=0.01,
        bf16=tuned,
        train_sampling_strategy="group_by_length" if tuned else "random",
        optim="adamw_torch_fused",
        use_cpu=not on_gpu,
        dataloader_num_workers=2 if on_gpu else 0,
        dataloader_pin_memory=on_gpu,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=work["seed"],
        **more,
    )


def collator(work: Work, type: TaskType, tokenizer: Any, way: str) -> Any:
    """Pads to the longest of a batch, or in the recipe to the maximal length."""
    if type is TaskType.MLM:
        return DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
    if way == RECIPE:
        return DataCollatorWithPadding(tokenizer, padding="max_length", max_length=work["longest"])
    return DataCollatorWithPadding(tokenizer)


def trained(way: str, work: Work, places: Places) -> Reading:
    """Train on the same sample as ``ours.trained``; the warm-up is not timed."""
    data = load_from_disk(str(trainer_folder(places, work)))
    found = sample(places, work)
    data = data.select(range(found.warm + found.timed))
    tokenizer = AutoTokenizer.from_pretrained(encoder_folder(places, work["shape"]))
    options = {"attn_implementation": work["attention"]} if "attention" in work else {}
    model = library_model(places, work["shape"], found.type, **options)
    profile = Profile(work.get("profile", False))
    clock = Clock(work["warm"], profile.start)
    count = work["warm"] + work["updates"]
    with TemporaryDirectory() as folder:
        trainer = _Ordered(
            model=model,
            args=arguments(work, way, folder, max_steps=count, warmup_steps=max(1, round(count * 0.1))),
            train_dataset=data,
            data_collator=collator(work, found.type, tokenizer, way),
            processing_class=tokenizer,
            callbacks=[_Ticks(clock)],
        )
        trainer.order = _Order(list(data["length"]), found.warm, work["batch"], way == TUNED, work["seed"])
        padding = Padding(model)
        result = trainer.train()
        facts: Reading = clock.read() | peak()
    facts |= profile.stop()
    optimizer = trainer.optimizer
    while hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    fused = optimizer.param_groups[0].get("fused")
    return facts | {
        "sample": found.tokens,
        "examples": found.timed,
        "dtype": padding.dtype,
        "padding": 1 - padding.real / padding.fed,
        "optimizer": f"{type(optimizer).__name__}, fused={fused}",
        "attention": model.config._attn_implementation,
        "loss": result.training_loss,
        "held_out": _held_out(model, work, places),
    }


def _held_out(model: Any, work: Work, places: Places) -> float:
    """The loss of the trained weights on the same sequences and in the same way as ours: they are put into our
    network."""
    from benchmarks.material import _NAMES

    found = sample(places, work)
    network = ours.network_of(places, work, found.type)
    tensors = model.state_dict()
    network.heads[0].load_state_dict({own: tensors[name] for name, own in _NAMES[found.type].items()})
    network.encoder.load_state_dict(
        {name.removeprefix("roberta."): tensor for name, tensor in tensors.items() if name.startswith("roberta.")}
    )
    return ours.held_out(network, found)
