"""How sets are related, by what the catalogue says."""

from __future__ import annotations

import pytest

from xstilts.catalogue import Files, Kin, Problem, Task, TaskType, get_task, task_from_table, tasks
from xstilts.catalogue.lineage import Place, origins, relation

Named = tuple[str, str, str]


def related(one: Named, two: Named) -> str:
    sides = [tuple(origins(Place(get_task(name), split, code), get_task)) for name, split, code in (one, two)]
    assert relation(*sides) == relation(*reversed(sides)) or set(relation(*sides).steps) == set(
        relation(*reversed(sides)).steps
    )
    found = relation(*sides)
    return str(found.kin) if found else ""


@pytest.mark.parametrize(
    ("trained", "scored", "kin"),
    [
        (("squad", "validation", "en"), ("xquad", "test", "de"), "translated"),
        (("squad_v2", "validation", "en"), ("xquad", "test", "de"), "translated"),
        (("squad", "train", "en"), ("xquad", "test", "de"), ""),
        (("mnli", "train", "en"), ("xnli", "test", "sw"), "collection"),
        (("xnli", "train", "en"), ("xnli", "test", "sw"), "collection"),
        (("xnli_dev", "train", "de"), ("xnli", "validation", "de"), "same"),
        (("xnli_dev", "train", "de"), ("xnli", "validation", "fr"), "translated"),
        (("xnli_dev", "train", "ko"), ("xnli", "validation", "fr"), "translated"),
        (("xnli_dev", "train", "de"), ("xnli", "test", "de"), ""),
        (("xnli_dev", "train", "en"), ("americas_nli", "validation", "quy"), "translated"),
        (("pawsx_open", "train", "en"), ("pawsx", "test", "ko"), "collection"),
        (("universal_ner", "train", "en"), ("udpos", "train", "en"), "same"),
        (("universal_ner", "train", "dan"), ("udpos", "train", "en"), ""),
        (("masakhaner2", "train", "en"), ("universal_ner", "train", "en"), "same"),
        (("ud_ccg", "train", "en"), ("udpos", "test", "en"), ""),
        (("mlm-text", "train", "de"), ("panx", "test", "de"), ""),
        (("ntrex", "train", "de"), ("ntrex-retrieval", "test", "de"), ""),
        (("snli_cad", "train", "en"), ("snli", "test", "en"), "same"),
    ],
)
def test_lineages_of_the_catalogue(trained: Named, scored: Named, kin: str) -> None:
    assert related(trained, scored) == kin


def test_what_a_set_is_made_from_exists() -> None:
    for task in tasks().values():
        for files in (files for split in task.splits.values() for files in split.in_turn()):
            for node in files.made_from:
                name, _, split = node.rpartition("/")
                assert split in get_task(name).splits, (task.name, node)


def test_a_task_of_ones_own_says_what_it_is_made_from() -> None:
    table = {
        "type": "span_extraction",
        "languages": ["it"],
        "train_language": "it",
        "splits": {"train": {"path": "squad_it.jsonl", "made_from": {"squad/validation": "translated"}}},
    }
    task = task_from_table("squad_it", table, "mine.toml")
    assert task.splits["train"].made_from == {"squad/validation": Kin.TRANSLATED}
    sides = (Place(task, "train", "it"), Place(get_task("xquad"), "test", "de"))
    found = relation(*(tuple(origins(place, get_task)) for place in sides))
    assert found and found.kin is Kin.TRANSLATED and "squad_it (train) translates texts of squad" in str(found)
    table["splits"]["train"]["made_from"] = {"squad/valdation": "same"}  # type: ignore[index]
    wrong = task_from_table("squad_it", table, "mine.toml")
    with pytest.raises(Problem, match="'squad/valdation', but 'squad' has no such split: did you mean 'validation'"):
        list(origins(Place(wrong, "train", "it"), get_task))
    table["splits"]["train"]["made_from"] = {"squad/validation": "copied"}  # type: ignore[index]
    with pytest.raises(Problem, match=r"splits.train.made_from: must be a table.*kinds: same, translated, collection"):
        task_from_table("squad_it", table, "mine.toml")


def test_sets_that_are_no_tasks_relate_too() -> None:
    def task(name: str, kin: Kin) -> Task:
        files = Files("me/" + name, ("{language}",), "train", made_from={"Gutenberg": kin})
        return Task(name, name, TaskType.MLM, "", ("en",), {"train": files})

    def between(one: Kin, two: Kin) -> Kin | None:
        sides = [
            tuple(origins(Place(task(name, kin), "train", "en"), get_task)) for name, kin in (("a", one), ("b", two))
        ]
        found = relation(*sides)
        return found.kin if found else None

    assert between(Kin.SAME, Kin.SAME) is Kin.SAME
    assert between(Kin.SAME, Kin.COLLECTION) is Kin.COLLECTION
    assert between(Kin.COLLECTION, Kin.COLLECTION) is None
