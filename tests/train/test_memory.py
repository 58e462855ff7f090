"""An update that does not fit into memory is made in smaller pieces, to the same end; what can not be cut is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import resource, sys
import numpy as np, pyarrow as pa, torch
sys.path.insert(0, sys.argv[1])
from conftest import sentences
from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.data.vocabulary import train_vocabulary
from xstilts.model.encoder import make_encoder
from xstilts.model.network import HeadOf, with_new_heads
from xstilts.train.loop import Course, fitting_update, make_batch
from xstilts.train.optimizer import adamw

torch.set_num_threads(1)
room, rows = int(sys.argv[2]), 1600
texts = sentences(rows)
words = train_vocabulary(texts[:400], 120)
table = pa.table({"text_a": texts, "text_b": texts[::-1], "label": pa.array(np.arange(rows) % 2, pa.int16())})
data = encode(table, TaskType.CLASSIFICATION, words, Lengths(64))
course = Course(1, 1e-3, 0.0, 0.0, 1e9, 1e-8, 0.999, "float32", 0.15, 1.0, 5)

def update():
    encoder = make_encoder(2, 128, 4, 1024, 70, words, 0.0, 3)
    network = with_new_heads(encoder, words, [HeadOf("nli", TaskType.CLASSIFICATION, 2)], 0.0, 0).train()
    optimizer = adamw(network, 1e-3, 0.0, 1e-8, 0.999, 1.0)
    batch = make_batch(network, data, 0, np.arange(rows), course, 0)
    found = fitting_update(network, optimizer, batch, 0, course, 0, 10**9)
    return *found, len(batch.ids), torch.cat([p.detach().flatten() for p in network.parameters()])

free = update()
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + room * 2**20, resource.RLIM_INFINITY))
try:
    tight = update()
except Problem as problem:
    print("told:", problem)
    raise SystemExit
assert free[1] == 10**9 and tight[1] < tight[2], (free[:3], tight[:3])
assert abs(free[0] - tight[0]) < 1e-5
print("apart by", float((free[3] - tight[3]).abs().max()), "in pieces of", tight[1], "of", tight[2])
"""


def said(room: int) -> str:
    """What a process with so many MiB to spare says of an update that needs far more."""
    tests = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", CODE, str(tests), str(room)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits of address space are tested on Linux")
def test_an_update_that_does_not_fit_is_cut() -> None:
    words = said(60).split()
    assert words[:2] == ["apart", "by"] and float(words[2]) < 1e-5
