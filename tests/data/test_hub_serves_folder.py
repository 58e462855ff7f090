"""The shipped tasks through the hub's real client: a small hub serves the data folder and gives what that gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_server import HubServer, running
from xstilts.catalogue import get_task, tasks
from xstilts.data.agree import agreement
from xstilts.data.hub import Hub
from xstilts.data.source import Folder
from xstilts.jobs.holdings import on_hub

pytestmark = pytest.mark.data
ON_HUB = [name for name, task in tasks().items() if on_hub(task)]


@pytest.fixture(scope="module")
def server(data_folder: Path) -> Iterator[HubServer]:
    """Every repository that a shipped task names, with the folder's files for two languages of each split."""
    folder = Folder(data_folder)
    files: dict[str, dict[str, bytes | Path]] = {}
    for name in ON_HUB:
        task = get_task(name)
        for split in task.splits:
            for language in folder.languages(task, split)[:2]:
                located = folder.located(task, split, language)
                for path in (*located[1], *located[2]):
                    inside = path.relative_to(data_folder / located[0].folder).as_posix()
                    files.setdefault(located[0].repository, {})[inside] = path
    with running() as found:
        for repository, published in files.items():
            if "/" in repository:
                found.publish(repository, published)
        yield found


@pytest.mark.parametrize("name", ON_HUB)
def test_a_shipped_task_is_read_from_the_hub_as_from_the_folder(
    server: HubServer, data_folder: Path, tmp_path: Path, name: str
) -> None:
    task, folder = get_task(name), Folder(data_folder)
    hub, planning = Hub(tmp_path / "cache", server.url), Hub(tmp_path / "cache", server.url, fetch=False)
    for split in task.splits:
        for code in folder.languages(task, split)[:2]:
            if "/" not in folder.located(task, split, code)[0].repository:
                continue  # what the folder has in place of a set is on no hub
            expected = folder.rows_of(task, split, code)
            planned = planning.rows_of(task, split, code)
            assert planned[1] == expected[1] and planned[0] >= expected[0]  # rows without what they need leave later
            assert hub.rows_of(task, split, code) == expected
            assert hub.read(task, split, code).equals(folder.read(task, split, code))


@pytest.mark.parametrize("name", ON_HUB)
def test_columns_and_labels_of_the_folder_are_those_of_the_catalogue(
    server: HubServer, tmp_path: Path, name: str
) -> None:
    """The folder has the hub's columns; what is told is about sizes and about languages that it lacks."""
    task = get_task(name)
    for split in task.splits:
        told = agreement(Hub(tmp_path, server.url), task, split).differences
        assert not [line for line in told if "column" in line or "labels" in line], (split, told)


@pytest.mark.parametrize("name", ["ntrex", "ntrex-ranking", "ntrex-retrieval", "ntrex-mining"])
def test_ntrex_is_one_table_on_the_hub_and_a_file_a_language_in_the_folder(
    data_folder: Path, tmp_path: Path, name: str
) -> None:
    """A column a language, without names of rows: the same sentences train and are scored."""
    task, folder = get_task(name), Folder(data_folder)
    inside, codes = data_folder / "ntrex_128", ("de", "my_Qaag", "zh_Hant")
    names = {code: task.splits[next(iter(task.splits))].names[code] for code in codes} | {"en": "eng"}
    texts = {code: pq.read_table(inside / each / "train.parquet").sort_by("sent_id") for code, each in names.items()}
    columns = {"de": "deu_Latn", "my_Qaag": "mya_Mymr", "zh_Hant": "zho_Hant", "en": "eng_Latn"}
    pq.write_table(pa.table({columns[code]: found["text"] for code, found in texts.items()}), tmp_path / "test.parquet")
    with running() as server:
        server.publish("mteb/NTREX", {"data/test-00000-of-00001.parquet": tmp_path / "test.parquet"})
        hub = Hub(tmp_path / "cache", server.url)
        for split in task.splits:
            for code in codes:
                assert hub.read(task, split, code).equals(folder.read(task, split, code))
            differences = agreement(hub, task, split).differences
            assert any("no column 'afr_Latn'" in line for line in differences)
            assert not [line for line in differences if "no column 'deu_Latn'" in line]
