"""The learning curve that a training left in the store.

In: a store and a key. Out: updates and losses. Only the one file is checked: weights beside it may have been pruned.
"""

from __future__ import annotations

import numpy as np

from xstilts.analysis.intervals import Numbers
from xstilts.catalogue.sealed import sha256
from xstilts.study.job import Key
from xstilts.study.store import Store

LOSSES = "losses.csv"


def curve_of(store: Store, key: Key) -> Numbers:
    """[points, 2]: after how many updates, and the mean loss since the point before; losses that are no numbers are
    left out. Empty where the file is missing or not as it was written."""
    path, known = store.place(key) / LOSSES, store.record(key)["files"].get(LOSSES)
    if known is None or not path.is_file() or sha256(path) != known["sha256"]:
        return np.empty((0, 2))
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    found = np.array([(float(update), float(loss)) for update, loss in rows], dtype=np.float64).reshape(-1, 2)
    return found[np.isfinite(found).all(axis=1)]
