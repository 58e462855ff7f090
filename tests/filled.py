"""A store that holds what a study would leave: it is planned for real, and results are written instead of computed.

In: the text of a study file. Out: its plan and store. Scores follow a rule, so that tests know every gain; predictions
have logits, trainings have losses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.cli.opened import opened
from xstilts.study.job import Predict, Score, Train
from xstilts.study.manifest import Cell, Plan
from xstilts.study.store import Store

HOSTILE = "<script>boom('x')</script></style><img src=x onerror=boom(1)>\"'&{{7*7}}$_^%\\"
LONG = "Donaudampfschifffahrtsgesellschaft" * 6
RIGHT_TO_LEFT = "مرحبا \u202e txt.exe"

# Three seeds of two arms on two targets in four artificial languages: the everyday case.
PLAIN = """
question = "Does it help?"
targets = ["world/paraphrase", "world/pos", "world/retrieval"]
languages = ["qaa", "qab", "qae", "qai"]
seeds = [0, 1, 2]
evaluation_examples = 60
analyses = ["gains", "calibration"]
[backbones.tiny]
architecture = { layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }
[[backbones.tiny.pretraining]]
tasks = ["world/text"]
updates = 2
[arms.baseline]
[arms.nli]
intermediate = ["world/nli"]
[arms.paraphrase]
intermediate = ["world/paraphrase"]
"""

Rule = Callable[[Cell], float | None]


def gain_of(cell: Cell) -> float:
    """70 points and a little by seed; the arm ``nli`` gains 3, in qab 5; others lose 1."""
    own = {"baseline": 0.0, "nli": 5.0 if cell.language == "qab" else 3.0}.get(cell.arm, -1.0)
    return 70.0 + cell.seed + own * (1 + 0.02 * cell.seed)


def filled(
    folder: Path, text: str, rule: Rule = gain_of, *, reason: str = "out of memory", data: Path | None = None
) -> tuple[Plan, Store]:
    """``text`` as ``mine.toml`` in ``folder``, and the store beside it; ``data``: a data folder. Where ``rule`` has no
    score, it has failed."""
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    found = opened(str(file), None, folder / "store", data)
    plan, store = found.plan, found.store
    store.remember(plan)
    for job in plan.jobs.values():
        store.submit(job, found.places)
    floors = {cell.floor for cell in plan.cells}
    cells = {cell.score: cell for cell in plan.cells}
    generator = np.random.default_rng(0)
    for key, job in plan.jobs.items():
        score = 20.0 if key in floors else rule(cells[key]) if key in cells else None
        if isinstance(job, Score) and score is None:
            store.fail(key, reason)
            continue
        with store.writing(key) as (made, extra):
            (made / "made").write_text("x", encoding="utf-8")
            if isinstance(job, Score):
                extra |= {"score": score, "examples": job.examples or job.data.rows}
            elif isinstance(job, Train):
                extra |= {"parameters_total": 1000, "parameters_nonembedding": 400, "tokens": 5000}
                lines = "".join(f"{update},{2 / update:.5f}\n" for update in range(1, 9))
                (made / "losses.csv").write_text(f"update,loss\n{lines}", encoding="utf-8")
            elif isinstance(job, Predict) and job.computed and job.type == "classification":
                rows = min(job.examples or job.data.rows, job.data.rows)
                logits = generator.normal(size=(rows, max(len(job.labels), 2))).astype(np.float32)
                table = pa.table({"prediction": pa.array(logits.argmax(1), pa.int16()), "logits": logits.tolist()})
                pq.write_table(table, made / "predictions.parquet")
    return plan, store


def hostile(folder: Path) -> str:
    """A study of one's own data in which every name and text tries to break out of a page."""
    rows = "".join(f'"{HOSTILE.replace(chr(34), chr(34) * 2)} {LONG} {RIGHT_TO_LEFT} {i}",{i % 2}\n' for i in range(40))
    for name in ("train", "test-en", "test-xxa"):
        (folder / f"{name}.csv").write_text(f"text_a,label\n{rows}", encoding="utf-8")
    name = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    return f"""
question = "{name} {LONG} {RIGHT_TO_LEFT}"
targets = ["own"]
seeds = [0, 1]
[backbones."{name}"]
architecture = {{ layers = 1, hidden = 32, heads = 2, feedforward = 64, vocabulary = 300 }}
[[backbones."{name}".pretraining]]
tasks = ["world/text"]
updates = 2
[arms.baseline]
[arms."{name}"]
intermediate = ["world/nli"]
[arms."{LONG}"]
intermediate = ["world/nli"]
examples = 5
[arms."{RIGHT_TO_LEFT}"]
intermediate = ["world/nli"]
examples = 7
[groups]
"{name}" = ["xxa"]
[languages]
scored = ["en", "xxa"]
[languages.xxa]
name = "{name}"
script = "Latn"
family = "{name}"
[tasks.own]
type = "classification"
title = "{name}"
labels = ["{name}", "yes"]
licence = "{name}"
citation = "{name}"
notes = "{name}"
languages = ["en", "xxa"]
[tasks.own.splits.train]
path = "train.csv"
languages = ["en"]
[tasks.own.splits.test]
path = "test-{{language}}.csv"
"""
