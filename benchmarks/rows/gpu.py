"""Row 10: on a GPU, where there is one: training at both lengths, XLM-R-base and large shapes, bf16.

Beside the ratio to tuned Trainer (with FlashAttention where its package is installed, else SDPA): useful operations a
second divided by what the device reaches in a large matrix product, measured first in the same process.
"""

from __future__ import annotations

import importlib.util

from benchmarks.row import OURS, TUNED, Case, Places, Reading, Row, Target, Work
from benchmarks.rows import training
from benchmarks.rows.training import PAIRS, WINDOWS
from benchmarks.speed import COLUMNS


def measure(way: str, work: Work, places: Places) -> Reading:
    """Train one way; ``share``: of the device's ceiling."""
    import torch

    from benchmarks.machine import ceiling

    if not torch.cuda.is_available():
        raise SystemExit("there is no GPU on this machine: this row is not measured")
    top = ceiling("cuda", 8192, 3.0)["bfloat16"]
    torch.cuda.reset_peak_memory_stats()
    reading = training.measure(way, work, places)
    return reading | {
        "device": torch.cuda.get_device_name(),
        "ceiling": top,
        "share": reading["flops"] / top,
        "peak": torch.cuda.max_memory_allocated(),
    }


def _cases(full: bool) -> tuple[Case, ...]:
    attention = {"attention": "flash_attention_2"} if importlib.util.find_spec("flash_attn") else {}
    size = {"learning_rate": 2e-5, "batch": 32, "warm": 10, "updates": 200 if full else 100}
    return tuple(
        Case(
            f"{name}, {shape}",
            {**work, **attention, **size, "shape": shape},
            (OURS, TUNED),
            (Target(TUNED, 1.5, "wall"), Target("", least, "share")),
        )
        for name, work, least in (("SQuAD", WINDOWS, 0.5), ("MNLI", PAIRS, 0.4))
        for shape in ("base", "large")
    )  # fmt: skip


ROWS = (
    Row(
        10,
        "On a GPU",
        "XLM-R-base and large shapes, bf16; share of the measured ceiling on useful tokens",
        _cases,
        measure,
        training.prepare,
        ("device", "share", *COLUMNS),
        gpu=True,
    ),
)
