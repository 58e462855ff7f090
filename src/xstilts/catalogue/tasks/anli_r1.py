"""ANLI, round 1: entailment written against a model; a part of ANLI+."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType


def round_of(number: int, train: int, test: int) -> Task:
    """One of the three rounds, with its official numbers of training and of validation or test pairs."""
    config = ("plain_text",)
    return Task(
        name=f"anli_r{number}",
        title=f"ANLI, round {number}: does the paragraph entail, contradict or leave open the sentence?",
        type=TaskType.CLASSIFICATION,
        metric="accuracy",
        languages=("en",),
        splits={
            "train": Files("facebook/anli", config, f"train_r{number}", official={"en": train}),
            "validation": Files("facebook/anli", config, f"dev_r{number}", official={"en": test}),
            "test": Files("facebook/anli", config, f"test_r{number}", official={"en": test}),
        },
        columns={"text_a": "premise", "text_b": "hypothesis"},
        labels=("entailment", "neutral", "contradiction"),
        lineage="anli",
        licence="CC BY-NC 4.0",
        citation="Nie, Williams, Dinan, Bansal, Weston, Kiela 2020",
        notes="Paragraphs are longer than those of SNLI and MultiNLI: raise max_length where they must not be cut.",
    )


TASK = round_of(1, 16_946, 1_000)
