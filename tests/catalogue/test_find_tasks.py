"""Every shipped task agrees with the catalogue, and names that are not known lead to those that are."""

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from xstilts.catalogue import METRICS, ROLES, Problem, TaskType, get_language, get_task, languages, mistakes_of, tasks
from xstilts.catalogue import find as room
from xstilts.catalogue.backbone import backbones, retrieval_layer
from xstilts.data.rows import SCHEMAS

XNLI = "ar bg de el en es fr hi ru sw th tr ur vi zh"
UDPOS = "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
XQUAD = "en es de el ru tr ar vi th zh hi"
TATOEBA = "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"


@pytest.mark.parametrize("name", list(tasks()))
def test_a_shipped_task_has_no_mistakes(name: str) -> None:
    assert mistakes_of(tasks()[name]) == []


PANX = (
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk tr et "
)
PANX += "fi hu"
LISTS = {
    "xnli": XNLI,
    "udpos": UDPOS,
    "xquad": XQUAD,
    "tatoeba": TATOEBA,
    "pawsx": "de en es fr ja ko zh",
    "panx": PANX,
    "mlqa": "en es de ar hi vi zh",
    "tydiqa": "en ar bn fi id ko ru sw te",
    "xcopa": "et ht id it qu sw ta th tr vi zh",
}


@pytest.mark.parametrize(("name", "official"), LISTS.items())
def test_official_languages_stand_in_official_order(name: str, official: str) -> None:
    task = get_task(name)
    assert task.languages == tuple(official.split())
    assert task.languages_of("test")[: len(task.languages)] == task.languages


def test_an_intermediate_task_and_its_target_share_a_lineage() -> None:
    assert get_task("mnli").lineage == "mnli" and get_task("xnli_dev").lineage == "xnli"
    assert get_task("xnli").lineage == "mnli+xnli"
    assert get_task("squad").lineage == get_task("xquad").lineage == "squad"
    assert get_task("xnli").splits["train"] == get_task("mnli").splits["train"]
    assert get_task("xquad").splits["train"] == get_task("squad").splits["train"]


def test_no_language_is_listed_twice_in_a_split() -> None:
    for task in tasks().values():
        for split in task.splits:
            codes = task.languages_of(split)
            assert len(set(codes)) == len(codes), (task.name, split)


def test_sizes_of_official_sets() -> None:
    assert get_task("mnli").splits["train"].official == {"en": 392_702}
    assert get_task("tatoeba").splits["test"].official["jv"] == 205
    assert sum(get_task("xnli").splits["test"].official.values()) == 15 * 5_010
    assert sum(get_task("tydiqa").splits["test"].official.values()) == 5_077  # the hub library's total
    assert sum(get_task("americas_nli").splits["test"].official.values()) == 7_486
    assert sum(get_task("americas_nli").splits["validation"].official.values()) == 6_457
    panx = get_task("panx").splits
    assert set(panx["train"].official) == set(panx["test"].official) == set(get_task("panx").languages)


def test_anli_plus_is_as_large_as_the_paper_says() -> None:
    sizes = {part: get_task(part).splits["train"].official["en"] for part in get_task("anli_plus").parts}
    assert sum(sizes.values()) - 785 == 1_104_934  # SNLI's pairs without label


def test_stand_ins_do_not_bear_the_name_of_what_they_stand_for() -> None:
    for name, original in (
        ("ud_ccg", "CCGbank"),
        ("snli_cad", "SNLI"),
        ("nli_mix", "ANLI+"),
        ("tydiqa_train", "the bench"),
    ):
        assert get_task(name).notes.startswith(f"Not {original}")


def test_roles_are_the_columns_of_rows() -> None:
    lists = ("pairs",)  # says how rows follow from lists, and is no column of theirs
    roles = {kind: tuple(role for role in said if role not in lists) for kind, said in ROLES.items()}
    assert {kind: tuple(schema.names) for kind, schema in SCHEMAS.items()} == roles
    assert {kind for kind, said in ROLES.items() if set(lists) & set(said)} == {TaskType.MINING}
    assert set(METRICS) == set(TaskType)


def test_the_nearest_task_is_suggested() -> None:
    with pytest.raises(Problem, match="unknown task 'xnil': did you mean 'xnli'\\? see: xstilts tasks"):
        get_task("xnil")
    with pytest.raises(Problem, match="unknown task 'zzzzzz'\\. see: xstilts tasks"):
        get_task("zzzzzz")


def test_own_tasks_come_first() -> None:
    own = get_task("mnli")
    assert get_task("mine", {"mine": own}) is own
    with pytest.raises(Problem, match="did you mean 'mine'"):
        get_task("mien", {"mine": own})


def test_an_entry_point_must_be_a_task_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = EntryPoint("other", "xstilts.catalogue.tasks.mnli:TASK", "xstilts.tasks")
    monkeypatch.setattr(room, "entry_points", lambda group: EntryPoints([wrong]).select(group=group))
    with pytest.raises(Problem, match="entry point 'other'"):
        tasks.__wrapped__()


def test_languages_are_found_by_code_and_told_by_name() -> None:
    assert get_language("sw").family == "Atlantic-Congo"
    assert get_language("qaa").constructed
    with pytest.raises(Problem, match="its code is 'de'"):
        get_language("German")
    with pytest.raises(Problem, match="did you mean"):
        get_language("srp_Lat")


def test_every_language_of_xtreme_is_described_in_full() -> None:
    known = [language for language in languages().values() if not language.constructed]
    assert all(language.name and language.script for language in known)
    first = known[:50]
    assert all(language.family and language.glottocode and language.genus and language.iso639_3 for language in first)
    assert all(len(language.script) == 4 for language in known)
    assert len({language.code for language in known}) == len(known)


def test_finding_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'pyarrow', 'numpy', 'pydantic', 'polars', 'rich'}"
    code = f"import sys; from xstilts.catalogue import tasks; tasks(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_retrieval_layers_of_the_official_scripts() -> None:
    assert retrieval_layer("bert-base-multilingual-cased", 12) == 8
    assert retrieval_layer("xlm-roberta-large", 24) == 14
    assert retrieval_layer("bert-base-multilingual-cased", 6) == 4
    assert 1 <= retrieval_layer("", 1) <= 1
    assert backbones()["xlm-roberta-base"].layers == 12
