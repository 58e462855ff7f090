"""One run in one process: train on a task from a checkpoint; save the model, or predict every language and score.

``--way tuned``: bf16, batches of similar length, padding to the longest of a batch, rows to predict in order of length.
``--way recipe``: every sequence padded to the maximal length, float32. Both: fused AdamW.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoTokenizer, Trainer, TrainingArguments, set_seed
from transformers.utils import logging

from benchmarks.peer_study.tasks import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("data", "way", "task", "start"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("train", "evaluation", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--languages", nargs="*", default=[])
    for name in ("save", "scores"):
        parser.add_argument(f"--{name}")
    asked = parser.parse_args()
    logging.set_verbosity_error()
    set_seed(asked.seed)
    torch.set_num_threads(1)
    tuned = asked.way == "tuned"
    tokenizer = AutoTokenizer.from_pretrained(asked.start)
    task = TASKS[asked.task](Path(asked.data), tokenizer, tuned)
    model = task.model(asked.start)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir="unused",
            per_device_train_batch_size=16,
            per_device_eval_batch_size=32,
            learning_rate=2e-4,
            weight_decay=0.01,
            num_train_epochs=1,
            warmup_steps=0.1,
            bf16=tuned,
            train_sampling_strategy="group_by_length" if tuned else "random",
            optim="adamw_torch_fused",
            use_cpu=True,
            dataloader_pin_memory=False,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=asked.seed,
        ),
        train_dataset=task.train(asked.train, asked.seed),
        data_collator=task.collator(),
        processing_class=tokenizer,
    )
    if task.trains:
        trainer.train()
    if asked.save:
        trainer.save_model(asked.save)
        return
    trainer.args.train_sampling_strategy = "random"  # rows to predict are in order of length already
    scores = {language: task.score(trainer, language, asked.evaluation) for language in task.spoken(asked.languages)}
    path = Path(asked.scores)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(scores))


if __name__ == "__main__":
    main()
