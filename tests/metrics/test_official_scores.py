"""Scores of the golden folders equal the official evaluator's to the last digit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xstilts.catalogue import TaskType, tasks
from xstilts.catalogue.benchmark import XTREME, XTREME_R, Benchmark, get_benchmark
from xstilts.catalogue.words import numbers
from xstilts.metrics.benchmark import score_folders

GOLDEN = Path(os.environ.get("XSTILTS_GOLDEN", Path(__file__).parents[3] / "shared" / "golden" / "xtreme"))
FOLDERS = sorted(GOLDEN.glob("seed*/xtreme*"))
golden = pytest.mark.skipif(not FOLDERS, reason="no golden folder")


@golden
@pytest.mark.data
@pytest.mark.parametrize("rules", ["checked", "official"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_every_score_equals_the_official_one(folder: Path, rules: str) -> None:
    official = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    found = score_folders(get_benchmark(folder.name), folder / "predictions", folder / "labels", rules).to_json()
    assert found["tasks"] == official["tasks"]
    assert found["groups"] == pytest.approx(official["groups"], rel=1e-12, abs=0)
    assert [list(found[part]) for part in found] == [list(official[part]) for part in official]


@golden
@pytest.mark.data
def test_the_command_prints_the_official_report_and_loads_no_torch() -> None:
    folder = FOLDERS[0]
    code = (
        "import sys\nfrom xstilts.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert not {'torch', 'transformers', 'scipy', 'polars'} & set(sys.modules)"
    )
    arguments = ["score", "--benchmark", folder.name, "--json"]
    arguments += ["--predictions", str(folder / "predictions"), "--references", str(folder / "labels")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    official = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert json.loads(done.stdout)["tasks"] == official["tasks"]


@pytest.mark.parametrize("benchmark", [XTREME, XTREME_R], ids=lambda one: one.name)
def test_tasks_and_benchmarks_agree(benchmark: Benchmark) -> None:
    """A study's own numbers are the official ones, and its predictions can be exported."""
    for scored in benchmark.tasks:
        task = tasks().get(scored.name)
        if task is None:
            continue
        assert task.protocol in ("xtreme", "xtreme-r")
        assert task.metric == (scored.metric if task.type != TaskType.RETRIEVAL else "retrieval_accuracy")
        assert set(task.labels) <= set(scored.labels)
        if task.protocol == benchmark.name:
            assert task.languages == scored.languages
    assert {"xnli", "udpos", "tatoeba", "xquad"} <= {task.name for task in benchmark.tasks} & set(tasks())


def test_benchmarks_have_their_official_sizes() -> None:
    sizes = {task.name: len(task.languages) for task in XTREME.tasks}
    assert sizes == numbers("pawsx=7 xnli=15 panx=40 udpos=33 bucc2018=4 tatoeba=36 xquad=11 mlqa=7 tydiqa=9")
    more = {task.name: len(task.languages) for task in XTREME_R.tasks}
    assert more == numbers("xnli=15 panx=48 udpos=38 tatoeba=41 xcopa=11 mewslix=11 lareqa=11 xquad=12 mlqa=7 tydiqa=9")
    for benchmark in (XTREME, XTREME_R):
        names = {task.name for task in benchmark.tasks}
        assert all(set(group) <= names for group in benchmark.groups.values())
        assert all(len(set(task.languages)) == len(task.languages) for task in benchmark.tasks)
