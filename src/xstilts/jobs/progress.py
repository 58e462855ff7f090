"""What a training says of itself while it runs.

In: a folder. Out: a function that writes ``progress.json`` there, for whoever watches.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from xstilts.train.loop import Progress


def reporter(folder: Path) -> Callable[[Progress], None]:
    """Writes ``progress.json`` for whoever watches."""

    def report(progress: Progress) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / "progress.new"
        content = {
            "done": progress.done,
            "total": progress.updates,
            "tokens_per_second": progress.tokens_per_second,
            "loss": progress.loss,
            "at": time.time(),
        }
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.replace(folder / "progress.json")

    return report
