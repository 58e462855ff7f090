"""The shipped tasks read from the data folder: counts of its manifest, splits that stay apart, texts that fit."""

import csv
from pathlib import Path

import pytest

from xstilts.catalogue import get_task
from xstilts.data.source import Folder

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Folder:
    return Folder(data_folder)


@pytest.fixture(scope="module")
def manifest(data_folder: Path) -> dict[tuple[str, str, str], int]:
    with (data_folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["name"], row["config"], row["split"]): int(row["rows"]) for row in csv.DictReader(lines)}


WHOLE = "mnli squad xnli udpos xquad tatoeba lexicon parallel pawsx_open mlqa tydiqa xcopa americas_nli masakhaner2 "
WHOLE += "universal_ner xnli_dev arcd cmrc2018 squad_v2 hellaswag cosmos_qa commonsense_qa_v1 snli_cad anli_r3 ud_ccg "
WHOLE += "tydiqa_train"


@pytest.mark.parametrize("name", WHOLE.split())
def test_no_row_is_lost(folder: Folder, manifest: dict[tuple[str, str, str], int], name: str) -> None:
    task = get_task(name)
    for split in task.splits:
        for language in folder.languages(task, split)[::7]:
            files = folder.files(task, split, language)
            stated = sum(manifest[path.parts[-3], path.parts[-2], path.stem] for path in files)
            loaded = folder.load(task, split, language)
            assert (loaded.rows.num_rows, loaded.left_out) == (stated, {}), (split, language)


def test_training_data_is_shared_by_its_checksum(folder: Folder) -> None:
    for first, second in (("mnli", "xnli"), ("squad", "xquad")):
        one, two = (folder.rows_of(get_task(name), "train", "en") for name in (first, second))
        assert one == two
    assert folder.rows_of(get_task("mnli"), "train", "en")[0] == 11_051


def test_german_tags_stand_in_from_german_gsd(folder: Folder) -> None:
    task = get_task("udpos")
    rows = folder.read(task, "test", "de")
    assert rows.num_rows == 977
    first = [task.labels[tag] for tag in rows["tags"][0].as_py()]
    assert " ".join(first) == "DET NOUN AUX ADP NOUN PUNCT CCONJ DET DET ADP ADJ PUNCT"


def test_ntrex_for_training_and_for_retrieval_share_no_sentence(folder: Folder) -> None:
    train = folder.read(get_task("ntrex"), "train", "de")
    test = folder.read(get_task("ntrex-retrieval"), "test", "de")
    assert train.num_rows == 1_000
    assert train["text_b"][0].as_py() == "Welsh AMs worried about 'looking like muppets'"
    assert not set(train["text_b"].to_pylist()) & set(test["target"].to_pylist())
    plain = folder.read(get_task("mlm-text"), "train", "de")
    assert not set(plain["text"].to_pylist()) & set(test["source"].to_pylist())


def test_pairs_read_for_ranking_are_the_pairs_read_for_modelling(folder: Folder) -> None:
    for name in ("parallel", "ntrex", "nllb-seed"):
        code = folder.languages(get_task(name), "train")[0]
        modelling = folder.read(get_task(name), "train", code)
        ranking = folder.read(get_task(f"{name}-ranking"), "train", code)
        assert modelling["text"].equals(ranking["query"])
        assert modelling["text_b"].equals(ranking["candidate"])


def test_training_data_of_squad_is_not_that_of_xquad(folder: Folder) -> None:
    train = set(folder.read(get_task("squad"), "train", "en")["context"].to_pylist())
    test = set(folder.read(get_task("xquad"), "test", "en")["context"].to_pylist())
    assert not train & test


def test_a_third_or_more_of_squad_v2_has_no_answer_and_trains(folder: Folder) -> None:
    rows = folder.load(get_task("squad_v2"), "train", "en")
    counts = [len(texts) for texts in rows.rows["answer_texts"].to_pylist()]
    assert (len(counts), counts.count(0), rows.left_out) == (3_529, 1_876, {})


def test_an_english_tagger_for_dates_is_read_by_the_names_of_its_tags(folder: Folder) -> None:
    """Universal NER counts its tags in the same order but has no dates; MasakhaNER 2 reads it for English."""
    african, english = get_task("masakhaner2"), get_task("universal_ner")
    rows = [folder.read(task, "train", "en") for task in (african, english)]
    named = [
        [task.labels[tag] for row in part["tags"].to_pylist() for tag in row]
        for task, part in zip((african, english), rows, strict=True)
    ]
    assert named[0] == named[1]
    assert folder.languages(african, "train") == ("en",)


def test_the_question_of_xcopa_is_english_in_every_language(folder: Folder) -> None:
    rows = folder.read(get_task("xcopa"), "test", "et").to_pylist()
    assert rows[0]["text_a"] == "Ese oli mullikilesse mässitud. What was the cause?"
    assert rows[0]["choices"] == ["See oli õrn.", "See oli väike."]


def test_training_on_the_rest_of_paws_shares_no_sentence_with_pawsx(folder: Folder) -> None:
    task = get_task("pawsx_open")
    sides = [folder.read(task, split, "en") for split in ("train", "test", "validation")]
    train, test, validation = ({*rows["text_a"].to_pylist(), *rows["text_b"].to_pylist()} for rows in sides)
    assert not train & (test | validation)


def test_rare_categories_are_one_label(folder: Folder) -> None:
    task = get_task("ud_ccg")
    tags = [tag for row in folder.read(task, "train", "en")["tags"].to_pylist() for tag in row]
    assert tags.count(task.labels.index("other")) / len(tags) < 0.006
