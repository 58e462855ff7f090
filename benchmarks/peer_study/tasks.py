"""The four tasks of the study as users write them: read, encode with ``map``, predict with Trainer, score.

In: a data folder in the hub's layout, a tokenizer. Out: data sets for Trainer, and one score a language, 0 to 100.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from datasets import Dataset
from transformers import (
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
)

NAMES = {"en": "English", "ar": "Arabic", "es": "Spanish", "hi": "Hindi", "ru": "Russian"}
THREE = {"ar": "ara", "es": "spa", "hi": "hin", "ru": "rus"}
TAGS = 17
datasets.disable_progress_bars()


class Task:
    """What the four tasks do alike; ``longest`` is the maximal length."""

    longest = 128
    trains = True
    file = ""

    def __init__(self, data: Path, tokenizer: Any, tuned: bool) -> None:
        self.data, self.tokenizer, self.tuned = data, tokenizer, tuned
        self.padding: Any = False if tuned else "max_length"

    def rows(self, path: str, count: int, seed: int | None = None) -> Dataset:
        """The first ``count`` rows of a file, or of a permutation of it."""
        rows = Dataset.from_parquet(str(self.data / path), keep_in_memory=True)
        rows = rows if seed is None else rows.shuffle(seed=seed)
        return rows.select(range(min(count, rows.num_rows)))

    def encoded(self, rows: Dataset) -> Dataset:
        """``rows`` with token ids, and their length."""
        found = rows.map(self.encode, batched=True, remove_columns=rows.column_names)
        return found.map(lambda one: {"length": [len(ids) for ids in one["input_ids"]]}, batched=True)

    def encode(self, rows: Any) -> Any:
        """Token ids of a batch of rows."""
        raise NotImplementedError

    def train(self, count: int, seed: int) -> Dataset | None:
        """The training rows."""
        return self.encoded(self.rows(self.file, count, seed))

    def predicted(self, trainer: Any, encoded: Dataset) -> tuple[Any, Any]:
        """Outputs and labels in the order of the rows; tuned, the rows run from short to long."""
        if not self.tuned:
            found = trainer.predict(encoded)
            return found.predictions, found.label_ids
        order = np.argsort(encoded["length"], kind="stable")
        found = trainer.predict(encoded.select(order))
        back = np.argsort(order)
        outputs = found.predictions
        outputs = tuple(part[back] for part in outputs) if isinstance(outputs, tuple) else outputs[back]
        return outputs, None if found.label_ids is None else found.label_ids[back]

    def collator(self) -> Any:
        """Pads a batch."""
        return DataCollatorWithPadding(self.tokenizer)

    def spoken(self, languages: list[str]) -> list[str]:
        """The languages that are scored."""
        return languages


class Inference(Task):
    """MNLI to train on, XNLI to score."""

    file = "multi_nli/default/train.parquet"

    def model(self, start: str) -> Any:
        return AutoModelForSequenceClassification.from_pretrained(start, num_labels=3)

    def encode(self, rows: Any) -> Any:
        found = self.tokenizer(
            rows["premise"], rows["hypothesis"], truncation=True, max_length=self.longest, padding=self.padding
        )
        found["labels"] = rows["label"]
        return found

    def score(self, trainer: Any, language: str, count: int) -> float:
        logits, labels = self.predicted(trainer, self.encoded(self.rows(f"xnli/{language}/test.parquet", count)))
        return 100 * float((logits.argmax(-1) == labels).mean())


class Tags(Task):
    """Parts of speech: English to train on; accuracy."""

    file = "xtreme/udpos.English/train.parquet"

    def model(self, start: str) -> Any:
        return AutoModelForTokenClassification.from_pretrained(start, num_labels=TAGS)

    def collator(self) -> Any:
        return DataCollatorForTokenClassification(self.tokenizer)

    def encode(self, rows: Any) -> Any:
        found = self.tokenizer(
            rows["tokens"], truncation=True, max_length=self.longest, padding=self.padding, is_split_into_words=True
        )
        found["labels"] = []
        for number, tags in enumerate(rows["pos_tags"]):
            words = found.word_ids(number)
            first = [None, *words[:-1]]
            found["labels"].append(
                [
                    -100 if word is None or word == before else tags[word]
                    for word, before in zip(words, first, strict=True)
                ]
            )
        return found

    def score(self, trainer: Any, language: str, count: int) -> float:
        rows = self.encoded(self.rows(f"xtreme/udpos.{NAMES[language]}/test.parquet", count))
        logits, labels = self.predicted(trainer, rows)
        known = labels != -100
        return 100 * float((logits.argmax(-1) == labels)[known].mean())


class Questions(Task):
    """SQuAD to train on, XQuAD to score; F1 of the words."""

    longest = 384
    file = "squad/plain_text/train.parquet"

    def model(self, start: str) -> Any:
        return AutoModelForQuestionAnswering.from_pretrained(start, num_labels=2)

    def encode(self, rows: Any, offsets: bool = False) -> Any:
        found = self.tokenizer(
            rows["question"], rows["context"], truncation="only_second", max_length=self.longest, stride=128,
            return_overflowing_tokens=True, return_offsets_mapping=True, padding=self.padding,
        )  # fmt: skip
        owner = found.pop("overflow_to_sample_mapping")
        spans = found["offset_mapping"] if offsets else found.pop("offset_mapping")
        starts, ends = [], []
        for number, places in enumerate(spans):
            sequence = found.sequence_ids(number)
            first, last = sequence.index(1), len(sequence) - 1 - sequence[::-1].index(1)
            answers = rows["answers"][owner[number]]
            begin = answers["answer_start"][0]
            end = begin + len(answers["text"][0])
            if places[first][0] > begin or places[last][1] < end:
                starts.append(0)
                ends.append(0)
                continue
            starts.append(max(at for at in range(first, last + 1) if places[at][0] <= begin))
            ends.append(min(at for at in range(first, last + 1) if places[at][1] >= end))
        found["start_positions"], found["end_positions"] = starts, ends
        if offsets:
            found["row"] = owner
            found["offset_mapping"] = [
                [span if part == 1 else None for span, part in zip(places, found.sequence_ids(number), strict=True)]
                for number, places in enumerate(spans)
            ]
        return found

    def score(self, trainer: Any, language: str, count: int) -> float:
        rows = self.rows(f"xquad/xquad.{language}/validation.parquet", count)
        found = rows.map(
            self.encode,
            batched=True,
            remove_columns=rows.column_names,
            fn_kwargs={"offsets": True},
            batch_size=len(rows),
        )
        found = found.map(lambda one: {"length": [len(ids) for ids in one["input_ids"]]}, batched=True)
        fed = found.remove_columns(["row", "offset_mapping", "start_positions", "end_positions"])
        (starts, ends), _ = self.predicted(trainer, fed)
        best = [(-np.inf, "")] * len(rows)
        for number, (row, places) in enumerate(zip(found["row"], found["offset_mapping"], strict=True)):
            context = rows[row]["context"]
            for at in np.argsort(-starts[number][: len(places)])[:20]:
                for to in np.argsort(-ends[number][: len(places)])[:20]:
                    if places[at] is None or places[to] is None or not at <= to < at + 30:
                        continue
                    score = starts[number][at] + ends[number][to]
                    if score > best[row][0]:
                        best[row] = (score, context[places[at][0] : places[to][1]])
        return 100 * float(
            np.mean(
                [
                    max(_overlap(text, gold) for gold in answers["text"])
                    for (_, text), answers in zip(best, rows["answers"], strict=True)
                ]
            )
        )


def _overlap(text: str, gold: str) -> float:
    mine, right = text.lower().split(), gold.lower().split()
    same = sum((Counter(mine) & Counter(right)).values())
    return 2 * same / (len(mine) + len(right)) if same else 0.0


class Sentences(Task):
    """Tatoeba: nothing is trained; the nearest English sentence by the mean of the last layer."""

    trains = False

    def model(self, start: str) -> Any:
        return AutoModel.from_pretrained(start, add_pooling_layer=False)

    def train(self, count: int, seed: int) -> None:
        return None

    def spoken(self, languages: list[str]) -> list[str]:
        return [language for language in languages if language != "en"]

    def score(self, trainer: Any, language: str, count: int) -> float:
        rows = self.rows(f"xtreme/tatoeba.{THREE[language]}/validation.parquet", count)
        sides = [self._vectors(trainer.model, rows[name]) for name in ("source_sentence", "target_sentence")]
        nearest = (sides[0] @ sides[1].T).argmax(axis=1)
        return 100 * float((nearest == np.arange(len(nearest))).mean())

    def _vectors(self, model: Any, texts: list[str]) -> Any:
        model.eval()
        order = sorted(range(len(texts)), key=lambda number: len(texts[number])) if self.tuned else range(len(texts))
        order = list(order)
        vectors = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
        for low in range(0, len(order), 32):
            mine = order[low : low + 32]
            fed = self.tokenizer(
                [texts[number] for number in mine], truncation=True, max_length=self.longest,
                padding=True if self.tuned else "max_length", return_tensors="pt",
            )  # fmt: skip
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.tuned):
                states = model(**fed).last_hidden_state.float()
            mask = fed["attention_mask"][:, :, None]
            means = (states * mask).sum(dim=1) / mask.sum(dim=1)
            vectors[mine] = torch.nn.functional.normalize(means, dim=-1).numpy()
        return vectors


TASKS = {
    "mnli": Inference,
    "xnli": Inference,
    "squad": Questions,
    "xquad": Questions,
    "udpos": Tags,
    "tatoeba": Sentences,
}
