"""Where the time of a training goes, by torch's own profiler.

In: the start and the end of the timed part. Out: the share of each kind of operation in the processor's time; what no
operation accounts for is Python and waiting.
"""

from __future__ import annotations

import time
from typing import Any

import torch

KINDS = (
    ("optimizer", ("adam", "optimizer.step", "lerp", "addcmul", "addcdiv")),
    ("attention kernels", ("scaled_dot_product", "flash_attention", "softmax", "bmm", "baddbmm")),
    ("matrix products", ("mm", "linear", "matmul")),
    ("dropout", ("bernoulli", "dropout", "random_", "::ge", "::ge_")),
    ("casts and copies", ("copy", "clone", "cat", "index", "gather", "contiguous", "to_copy", "scatter", "stack")),
    ("embedding", ("embedding",)),
    ("loss", ("log_softmax", "nll_loss", "cross_entropy")),
    ("gradient norm", ("linalg", "norm_", "foreach")),
    ("activations and norms", ("layer_norm", "gelu", "tanh", "add", "mul", "sum", "fill", "zero", "div", "neg")),
)


class Profile:
    """Counts between ``start`` and ``stop``, if asked to."""

    def __init__(self, asked: bool) -> None:
        activities = [torch.profiler.ProfilerActivity.CPU]
        self._profile: Any = torch.profiler.profile(activities=activities) if asked else None

    def start(self) -> None:
        """Begin."""
        if self._profile is not None:
            self._profile.start()
            self._wall = time.perf_counter()

    def stop(self) -> dict[str, Any]:
        """``shares``: kind of operation to its share of the time; empty if nothing was asked."""
        if self._profile is None:
            return {}
        wall = time.perf_counter() - self._wall
        self._profile.stop()
        seconds: dict[str, float] = {}
        top: dict[str, float] = {}
        for event in self._profile.key_averages():
            spent = event.self_cpu_time_total / 1e6
            kind = kind_of(event.key)
            seconds[kind] = seconds.get(kind, 0.0) + spent
            top[event.key] = spent / wall
        named = sum(seconds.values())
        seconds["Python and the rest"] = seconds.get("Python and the rest", 0.0) + max(0.0, wall - named)
        total = sum(seconds.values())
        largest = dict(sorted(top.items(), key=lambda item: -item[1])[:12])
        return {"shares": {kind: spent / total for kind, spent in seconds.items()}, "largest": largest}


def kind_of(name: str) -> str:
    """The kind of an operation by its name; the loss before what it is made of."""
    lowered = name.lower()
    if any(part in lowered for part in ("log_softmax", "nll_loss", "cross_entropy")):
        return "loss"
    if not lowered.startswith(("aten::", "optimizer", "autograd", "torch::", "mkldnn", "onednn")):
        return "Python and the rest"
    for kind, parts in KINDS:
        if any(part in lowered for part in parts):
            return kind
    return "Python and the rest"
