"""Looking after a store: every damage is named and never used, room can be made, two stores become one."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.sealed import read_json
from xstilts.study.backends.local import LocalBackend
from xstilts.study.manifest import Plan
from xstilts.study.protocols import Places
from xstilts.study.run import Summary, run
from xstilts.study.store import FORMAT, Store
from xstilts.study.tend import examine, merge, prune, repair, sizes, surplus


def go(plan: Plan, store: Store) -> Summary:
    return run(plan, store, LocalBackend(store, 2, target="toy_jobs:main"), Places())


@pytest.fixture(scope="module")
def whole(toy_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A study that was run to its end; not to be changed."""
    store = Store(tmp_path_factory.mktemp("whole") / "store")
    assert go(toy_plan, store).exit_code == 0
    return store


@pytest.fixture
def store(whole: Store, tmp_path: Path) -> Store:
    """A copy that can be changed."""
    shutil.copytree(whole.root, tmp_path / "store")
    return Store(tmp_path / "store")


def contents(store: Store, key: str) -> dict[str, bytes]:
    return {name: (store.folder(key) / name).read_bytes() for name in store.record(key)["files"]}


def everything(store: Store, plan: Plan) -> dict[str, object]:
    """All that a store says, with what it refuses as the word ``refused``."""
    found: dict[str, object] = {}

    def say(name: str, ask: object) -> None:
        try:
            found[name] = ask()  # type: ignore[operator]
        except Problem:
            found[name] = "refused"

    for key in plan.jobs:
        say(f"record {key}", lambda key=key: store.record(key))
        say(f"job {key}", lambda key=key: store.job(key))
        say(f"files {key}", lambda key=key: contents(store, key))
    say("plan", lambda: store.plan("toy@full"))
    return found


@given(data=st.data())
def test_no_flipped_bit_or_cut_is_ever_used(data: st.DataObject, whole: Store, toy_plan: Plan) -> None:
    """Whatever byte of whatever file changes: what the store says is what was written, or nothing."""
    before = everything(whole, toy_plan)
    files = sorted(path for folder in ("results", "jobs", "studies") for path in (whole.root / folder).rglob("*.*"))
    path = data.draw(st.sampled_from([path for path in files if path.is_file()]))
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    change = data.draw(st.sampled_from(["flip", "cut", "gone"]))
    bit = 1 << data.draw(st.integers(0, 7))
    damaged = content[:at] + (bytes([content[at] ^ bit]) + content[at + 1 :] if change == "flip" else b"")
    place = whole.root.parent / "changed"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(whole.root, place)
    target = place / path.relative_to(whole.root)
    target.unlink() if change == "gone" else target.write_bytes(damaged)
    after = everything(Store(place), toy_plan)
    for name, value in after.items():
        assert value in (before[name], "refused"), (name, target)
    same = change != "gone" and path.suffix == ".json" and same_json(path, damaged)
    assert same or "refused" in after.values()


def same_json(path: Path, damaged: bytes) -> bool:
    """Whether only white space changed."""
    try:
        return bool(read_json(path) == json.loads(damaged))
    except ValueError:
        return False


def test_a_whole_store_has_nothing_to_find(store: Store) -> None:
    assert list(examine(store)) == []


def test_everything_wrong_is_named_and_repaired(store: Store, toy_plan: Plan) -> None:
    first, second, third = list(toy_plan.jobs)[:3]
    path = store.place(first) / "result.txt"
    path.write_text(path.read_text().swapcase())
    (store.place(second) / "notes.txt").write_text("mine")
    (store.root / "results" / "zz").mkdir()
    (store.root / "results" / "zz" / "holiday.jpg").write_text("x")
    (store.root / "studies" / "toy@full.json").write_text("{")
    half = store.root / "aside" / f"{third}-1"
    half.mkdir(parents=True, exist_ok=True)
    os.utime(half, (time.time() - 1e6,) * 2)
    found = list(examine(store))
    assert sorted((one.kind, one.path.name) for one in found) == [
        ("damaged", first),
        ("damaged", "toy@full.json"),
        ("foreign", "holiday.jpg"),
        ("foreign", "notes.txt"),
        ("left", half.name),
    ]
    repair(store, found)
    assert [one.kind for one in examine(store)] == ["foreign", "foreign"]
    again = Store(store.root)
    summary = go(toy_plan, again)
    assert (summary.failed, summary.done) == ({}, 1)
    assert (store.place(second) / "notes.txt").read_text() == "mine"


def unsealed(store: Store) -> None:
    """Make it a store as format 1 wrote them."""
    (store.root / "store.json").unlink()
    for path in [*store.root.glob("results/*/*/record.json"), *store.root.glob("[js]*/*.json")]:
        content = json.loads(path.read_text())
        content.pop("seal")
        path.write_text(json.dumps(content))


def test_a_store_of_format_1_is_read_gone_on_with_and_sealed(store: Store, toy_plan: Plan) -> None:
    unsealed(store)
    old = Store(store.root)
    assert old.format == 1
    assert go(toy_plan, old).done == 0
    old.drop(list(toy_plan.jobs)[-1])
    assert go(toy_plan, old).done == 1
    assert Store(store.root).format == 1
    assert {one.kind for one in examine(old)} == {"old"}
    repair(old, list(examine(old)))
    new = Store(store.root)
    assert new.format == FORMAT
    assert list(examine(new)) == []
    assert new.plan("toy@full") == toy_plan


def test_a_store_of_a_later_format_is_refused(store: Store) -> None:
    (store.root / "store.json").write_text('{"format": 99}')
    with pytest.raises(Problem, match="later xstilts"):
        Store(store.root)
    (store.root / "store.json").write_text("[]")
    with pytest.raises(Problem, match="format"):
        Store(store.root)


def test_pruned_weights_are_trained_again_when_something_needs_them(store: Store, toy_plan: Plan) -> None:
    trainings = [key for key, job in toy_plan.jobs.items() if hasattr(job, "phase")]
    targets = [key for key in trainings if toy_plan.jobs[key].phase == "target"]
    found = surplus(store, "target")
    assert set(found.weights) == set(targets) and found.results == ()
    assert found.bytes >= 1000 * len(targets)
    prune(store, surplus(store, "all"))
    again = Store(store.root)
    assert all(again.pruned(key) and again.has(key) for key in trainings)
    assert list(examine(again)) == []
    assert go(toy_plan, again).done == 0
    with pytest.raises(Problem, match="pruned"):
        again.folder(targets[0])
    again.drop(targets[0])  # its predictions are there, but say it is wanted: what it starts from is needed first
    needs = {targets[0], *(key for key in trainings if targets[0] in toy_plan.after([key]))}
    assert go(toy_plan, again).done == len(needs)
    assert not any(again.pruned(key) for key in needs)


def test_what_no_study_names_can_go(store: Store, toy_plan: Plan) -> None:
    assert surplus(store, unused=True).results == ()
    (store.root / "studies" / "toy@full.json").unlink()
    found = surplus(store, unused=True)
    assert set(found.results) == set(toy_plan.jobs)
    prune(store, found)
    assert store.keys() == []


def test_two_stores_become_one(store: Store, toy_plan: Plan, tmp_path: Path) -> None:
    keys = list(toy_plan.jobs)
    path = store.place(keys[0]) / "result.txt"
    path.write_text(path.read_text().swapcase())
    mine = Store(tmp_path / "mine")
    done = merge(mine, store)
    assert (done.copied, done.there, len(done.damaged), done.studies) == (len(keys) - 1, 0, 1, ("toy@full",))
    assert keys[0] in done.damaged[0]
    assert merge(mine, store).copied == 0
    summary = go(toy_plan, Store(mine.root))
    assert (summary.done, summary.reused) == (1, len(keys) - 1)
    assert list(examine(mine)) == []
    with pytest.raises(Problem, match="itself"):
        merge(mine, Store(mine.root))


def test_sizes_say_what_takes_the_room(store: Store) -> None:
    found = sizes(store)
    assert {"target weights", "intermediate weights", "pretraining weights", "plans", "notes of jobs"} <= set(found)
    files = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    assert sum(found.values()) + (store.root / "store.json").stat().st_size == files
