"""Row 8: a whole study from an empty cache to its table, and again with one arm added afterwards.

Ours is ``xstilts run`` of a study file; the peer is the script in ``peer_study``, which does the same trainings and
predictions. Seconds are the processor's, of all processes a run starts. With an arm added, ``again`` is what the peer
pays who starts the script once more, and ``arm`` what one pays who picks out the new arm's runs by hand.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.row import OURS, RECIPE, TUNED, Case, Places, Reading, Row, Target, Work

ARMS = ("baseline", "mnli", "squad")
LATER = "udpos"
LANGUAGES = ("en", "ar", "es", "hi", "ru")
SEEDS = (0, 1)

STUDY = """
question = "How much does a study cost?"
targets = ["xnli", "udpos", "xquad", "tatoeba"]
languages = {languages}
seeds = {seeds}
train_examples = {train}
evaluation_examples = {evaluation}

[backbones.small]
path = "{encoder}"
size = "small"

[arms.baseline]
{arms}
[settings.intermediate]
{settings}
[settings.target]
{settings}
[settings.tasks.squad]
max_length = 384
stride = 128
[settings.tasks.xquad]
max_length = 384
stride = 128
[settings.tasks.tatoeba]
max_length = 128
"""
SETTINGS = 'learning_rate = 2e-4\nepochs = 1\nbatch = 16\nprecision = "bfloat16"\n'


def measure(way: str, work: Work, places: Places) -> Reading:
    """The study, then the study with the later arm."""
    with TemporaryDirectory(dir=places.work) as folder:
        return _ours(work, places, Path(folder)) if way == OURS else _peer(way, work, places, Path(folder))


def _ours(work: Work, places: Places, folder: Path) -> Reading:
    command = [
        sys.executable, "-m", "xstilts", "run", str(folder / "study.toml"), "--store", str(folder / "store"),
        "--data", str(places.data), "--workers", "1",
    ]  # fmt: skip
    environment = {"XSTILTS_CACHE": str(folder / "cache"), "HF_HOME": str(folder / "hub")}
    readings = []
    for arms in (ARMS, (*ARMS, LATER)):
        (folder / "study.toml").write_text(_study(arms, work, places), encoding="utf-8")
        readings.append(_spent(command, environment, folder))
    first, again = readings
    return {**first, "again": again["cpu"], "arm": again["cpu"]}


def _study(arms: tuple[str, ...], work: Work, places: Places) -> str:
    from benchmarks.material import encoder_folder

    return STUDY.format(
        languages=list(LANGUAGES),
        seeds=list(SEEDS),
        train=work["train"],
        evaluation=work["evaluation"],
        encoder=encoder_folder(places, "small"),
        arms="".join(f'[arms.{arm}]\nintermediate = ["{arm}"]\n' for arm in arms if arm != "baseline"),
        settings=SETTINGS,
    )


def _peer(way: str, work: Work, places: Places, folder: Path) -> Reading:
    from benchmarks.material import encoder_folder

    same = [
        sys.executable, "-m", "benchmarks.peer_study.script", "--data", str(places.data),
        "--encoder", str(encoder_folder(places, "small")), "--way", "tuned" if way == TUNED else "recipe",
        "--seeds", *map(str, SEEDS), "--languages", *LANGUAGES,
        "--train", str(work["train"]), "--evaluation", str(work["evaluation"]), "--out", str(folder / "out"),
    ]  # fmt: skip
    environment = {"HF_HOME": str(folder / "hub")}
    first = _spent([*same, "--arms", *ARMS], environment, folder)
    later = _spent([*same, "--arms", LATER], environment, folder)
    return {**first, "again": first["cpu"] + later["cpu"], "arm": later["cpu"]}


def _spent(command: list[str], environment: Mapping[str, str], folder: Path) -> Reading:
    """Seconds of ``command`` and of everything it starts; what outlives its parent is waited for here."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become children of this process
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with (folder / "said").open("wb") as said:
        done = subprocess.run(command, env={**os.environ, **environment}, stdout=said, stderr=said, check=False)
    wall = time.perf_counter() - start
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    text = (folder / "said").read_text(encoding="utf-8", errors="replace")
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:5])} ended with {done.returncode}: {text[-1500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"wall": wall, "cpu": spent, "said": text[-4000:]}


def prepare(work: Work, places: Places) -> None:
    """The encoder that all arms start from."""
    from benchmarks.material import encoder_folder

    encoder_folder(places, "small")


def _cases(full: bool) -> tuple[Case, ...]:
    work = {"train": 2000 if full else 160, "evaluation": 500 if full else 50}
    ways = (OURS, TUNED, RECIPE) if full else (OURS, TUNED)
    name = f"at most {work['train']:,} training and {work['evaluation']:,} test rows a task and language"
    return (
        Case(
            name,
            work,
            ways,
            (Target(TUNED, 5.0), Target(TUNED, 20.0, "again"), Target(TUNED, 5.0, "arm")),
            seldom=(RECIPE,),
            note=""
            if full
            else "a smaller study than `--full` (2,000 training and 500 test rows): "
            "starting processes weighs more in it",
        ),
    )


ROWS = (
    Row(
        8,
        "A whole study, from an empty cache to its table",
        "baseline, mnli, squad x XNLI, POS, XQuAD, Tatoeba x 5 languages x 2 seeds; then the arm `udpos` added",
        _cases,
        measure,
        prepare,
        ("cpu", "wall", "again", "arm", "peak"),
    ),
)
