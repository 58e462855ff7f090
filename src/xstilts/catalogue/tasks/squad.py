"""SQuAD 1.1: answers as spans of English paragraphs; the data that XQuAD and MLQA train on."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

COLUMNS = {
    "id": "id",
    "question": "question",
    "context": "context",
    "answer_texts": "answers.text",
    "answer_starts": "answers.answer_start",
}
ONCE = "without the questions whose answer stands more than once in its paragraph"
TRAIN = Files("rajpurkar/squad", ("plain_text",), "train", languages=("en",), official={"en": 87_599}, instead=ONCE)

TASK = Task(
    name="squad",
    title="SQuAD 1.1: which span of the paragraph answers the question?",
    type=TaskType.SPAN_EXTRACTION,
    metric="answer_f1",
    languages=("en",),
    splits={
        "train": TRAIN,
        "validation": Files(
            "rajpurkar/squad",
            ("plain_text",),
            "validation",
            official={"en": 10_570},
            instead="without some of the official articles",
        ),
    },
    columns=COLUMNS,
    evaluation_split="validation",
    lineage="squad",
    licence="CC BY-SA 4.0",
    citation="Rajpurkar, Zhang, Lopyrev, Liang 2016",
    notes=(
        "XQuAD, XQuAD-R and SQuAD-it are translations of parts of the validation split: it never trains anything. "
        "A data folder may hold only the questions whose answer occurs once in its paragraph."
    ),
)
