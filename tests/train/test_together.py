"""Two processes that hold a training together give what one gives, and each goes on from the other's checkpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent))
from crew_cases import CASES, STOP, UPDATES, after, learned

from architectures import checkpoint
from xstilts.train.loop import Stopped

# Sums of other order, and Adam's division by the root of small gradients: how far weights may be apart after four
# updates at rate 1e-3, which moved them by up to 3e-3.
APART = 2e-5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases done by two processes, which found checkpoints that one wrote."""
    place = tmp_path_factory.mktemp("together")
    for name, case in CASES.items():
        body = checkpoint(case.form, place / name / "body")
        with pytest.raises(Stopped):
            learned(case, body, place / name / "begun" / "checkpoint", None, after(STOP))
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    program += [str(Path(__file__).with_name("crew_cases.py")), str(place)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return place


@pytest.mark.parametrize("name", list(CASES))
def test_two_processes_learn_what_one_learns(name: str, folder: Path, tmp_path: Path) -> None:
    case, place = CASES[name], folder / name
    losses, network = learned(case, place / "body", tmp_path / "checkpoint", None)
    begun = load_file(place / "body" / "model.safetensors")
    moved = max(
        float((network.encoder.state_dict()[key] - value).abs().max())
        for key, value in begun.items()
        if key in network.encoder.state_dict()
    )
    assert moved > 50 * APART
    kept = json.loads((place / "left" / "checkpoint" / "checkpoint.json").read_text())
    assert kept["shards"] == 2 and kept["updates"] == STOP
    again, resumed = learned(case, place / "body", place / "left" / "checkpoint", None)
    for found, weights in (
        (json.loads((place / "whole" / "losses.json").read_text()), load_file(place / "whole" / "weights.safetensors")),
        (json.loads((place / "begun" / "losses.json").read_text()), load_file(place / "begun" / "weights.safetensors")),
        (again, resumed.state_dict()),
    ):
        assert len(found) == UPDATES and found == pytest.approx(losses, rel=1e-5)
        for key, tensor in network.state_dict().items():
            assert float((weights[key] - tensor).abs().max()) < APART, key


def test_each_process_writes_its_pieces_alone(folder: Path) -> None:
    place = folder / "xlm-roberta-base" / "left" / "checkpoint"
    pieces = sorted(place.glob("shard-*.safetensors"))
    assert len(pieces) == 2
    name = "encoder.encoder.layer.0.output.dense.weight"
    shapes = []
    for path in pieces:
        with safe_open(path, "pt") as held:
            shapes.append(held.get_slice(name).get_shape())
    assert shapes == [[12, 48], [12, 48]]
