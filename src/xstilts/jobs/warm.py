"""What every worker would do first, done once in the server that workers are forked from.

In: nothing. Out: ``main`` of ``jobs.work``, in a process that has imported, read and compiled what all jobs need. Half
of a small job would otherwise be spent on it. No tensor is computed here: threads do not survive a fork.
"""

from __future__ import annotations

import pyarrow as pa

from xstilts.catalogue.find import tasks
from xstilts.jobs.work import main
from xstilts.model.encoder import warm

__all__ = ["main"]

warm()
pa.array([0])  # imports pandas, where that is installed
tasks()
