"""Where and with what something was measured.

Out: the processor, cores and memory; versions of what both sides run on; the commit; the date; the load. And the
processor's ceiling: what a large matrix product reaches with the same number of threads.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.process import REPOSITORY

LIBRARIES = ("torch", "transformers", "accelerate", "datasets", "tokenizers", "faiss-cpu", "numpy", "pyarrow")


def described(threads: int) -> dict[str, Any]:
    """The machine, the versions, the commit and the time, as plain values."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GiB, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in LIBRARIES},
        "threads": threads,
        "commit": _git("rev-parse", "--short=12", "HEAD") or "unknown",
        "changed": bool(_git("status", "--porcelain", "--", "src", "benchmarks", ":!benchmarks/results")),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": os.getloadavg()[0],
    }


def ceiling(device: str = "cpu", size: int = 2048, seconds: float = 1.0) -> dict[str, float]:
    """Operations a second of a ``size`` x ``size`` matrix product, by type of number: the best of several."""
    import torch

    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        best, begun = float("inf"), time.perf_counter()
        while time.perf_counter() - begun < seconds:
            start = time.perf_counter()
            for _ in range(1 if device == "cpu" else 20):
                left @ right
            if device != "cpu":
                torch.cuda.synchronize()
            best = min(best, (time.perf_counter() - start) / (1 if device == "cpu" else 20))
        found[str(dtype).removeprefix("torch.")] = 2 * size**3 / best
    return found


def _processor() -> str:
    """The processor's name and what matters here of its instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    known = {name.strip(): value.strip() for name, value in facts.items()}
    flags = known.get("flags", "").split()
    special = [flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return f"{known.get('model name', platform.machine())} ({', '.join(special) or 'no AVX-512'})"


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()
