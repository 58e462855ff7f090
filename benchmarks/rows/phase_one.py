"""Row 5: masked language modelling, of single sentences and of sentences with their translation.

Both sides hide 15 % of the tokens. Ours computes the output layer at the hidden tokens only; the peer's model computes
it at every token, padding included, as the library's models do. (In ours a translation's positions begin anew, in the
peer's they run on, which costs the same.)
"""

from __future__ import annotations

from benchmarks.row import OURS, TUNED, Case, Row, Target
from benchmarks.rows.training import BASE, SMALL, measure, prepare
from benchmarks.speed import COLUMNS

LANGUAGES = ["ar", "de", "es", "hi", "ru", "sw", "tr", "zh"]
TEXT = {"task": "mlm-text", "split": "train", "languages": LANGUAGES, "longest": 128, "stride": 64, "warm": 2}
PAIRS = {**TEXT, "task": "parallel"}


def _cases(full: bool) -> tuple[Case, ...]:
    small = {**SMALL, "batch": 32, "updates": 100 if full else 20}
    base = {**BASE, "batch": 8, "updates": 24 if full else 6}
    target = (Target(TUNED, 1.5),)
    return tuple(
        Case(f"{name}, {shape}", {**text, **size}, (OURS, TUNED), target)
        for shape, size in (("4 x 256, 16k", small), ("12 x 768, 250k", base))
        for name, text in (("MLM", TEXT), ("TLM", PAIRS))
    )


ROWS = (
    Row(
        5,
        "Masked and translation language modelling",
        "plain text and sentence pairs in 8 languages; 16k and 250k pieces",
        _cases,
        measure,
        prepare,
        COLUMNS,
    ),
)
