"""Fresh processes: one a measurement, with the same environment and number of threads for every way.

In: a row, a way, the work. Out: what the process measured, with how many cores other programs used meanwhile. A process
that fails or takes too long is told with the end of what it said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.row import Places, Reading, Row, Work

REPOSITORY = Path(__file__).resolve().parents[1]


class Failed(Exception):
    """A measurement that gave no result; the text says why."""


def run(row: Row, way: str, work: Work, places: Places, threads: int, limit: float) -> Reading:
    """Measure one way once, or ``prepare``. Raises ``Failed``."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answer, said = (Path(folder) / name for name in ("asked.json", "answer.json", "said"))
        content = {"work": work, "data": str(places.data), "place": str(places.work), "threads": threads}
        asked.write_text(json.dumps(content), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.child", str(row.number), way, str(asked), str(answer)]
        before, start, own = _busy(), time.monotonic(), os.times()
        with said.open("wb") as output:
            try:
                code = subprocess.run(
                    command, cwd=REPOSITORY, env=_environment(places, threads), stdout=output, stderr=output,
                    timeout=limit, check=False,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired:
                raise Failed(f"{way}: not done after {limit:.0f} s") from None
        if code:
            text = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise Failed(f"{way}: " + " | ".join(text[-3:]))
        if way == "prepare":
            return {}
        reading: Reading = json.loads(answer.read_text(encoding="utf-8"))
        elapsed, now = time.monotonic() - start, os.times()
        spent = sum(now[:4]) - sum(own[:4])
        after = _busy()
        if before is not None and after is not None:
            reading["others"] = max(0.0, (after - before - spent) / elapsed)
        return reading | {"elapsed": elapsed}


def _busy() -> float | None:
    """Seconds that all cores together were busy since the machine started; None where the system does not say."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq, steal = (int(value) for value in fields[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _environment(places: Places, threads: int) -> dict[str, str]:
    count = str(threads)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)]),
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "RAYON_NUM_THREADS": count,
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(places.work / "huggingface"),
        "XSTILTS_CACHE": str(places.work / "cache"),
    }
