"""One measurement, or one preparation, in a process of its own.

In: on the command line the number of a row, ``prepare`` or a way, and a file of JSON with the work and the places. Out:
a file of JSON with what was measured; the peak of the memory is this process's own.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.row import Places


def main() -> None:
    number, way, asked, answer = sys.argv[1:]
    content = json.loads(Path(asked).read_text(encoding="utf-8"))
    places = Places(Path(content["data"]), Path(content["place"]))
    from benchmarks.rows import rows

    row = rows()[int(number)]
    if way == "prepare":
        row.prepare(content["work"], places)
        return
    import torch

    torch.set_num_threads(content["threads"])
    reading = row.measure(way, content["work"], places)
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    reading.setdefault("peak", max(own.ru_maxrss, children.ru_maxrss) * 1024)
    reading["process"] = time.process_time()
    Path(answer).write_text(json.dumps(reading), encoding="utf-8")


if __name__ == "__main__":
    main()
