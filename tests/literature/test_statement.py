"""What sentences state, read by hand and by the rules; numbers with their units; sentences with their places."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from xstilts.catalogue.find import tasks
from xstilts.literature.document import Document, Place, given
from xstilts.literature.extract import findings
from xstilts.literature.numbers import numbers, ratios
from xstilts.literature.sentences import sentences
from xstilts.literature.statement import PLAIN, Statement, statements
from xstilts.literature.terms import groups, marks, named


def one(sentence: str) -> Statement:
    (found,) = statements(sentence)
    return found


def test_every_task_of_the_word_list_is_in_the_catalogue() -> None:
    known = {*tasks(), *groups(), "any", "average"}
    for name in named():
        kind, _, task = name.partition(".")
        if kind in ("intermediate", "target"):
            assert task in known, name
    assert all(member in tasks() for members in groups().values() for member in members)


@pytest.mark.parametrize(
    ("sentence", "things", "effect", "number"),
    [
        ("SQuAD raises TyDiQA by 5.6 points.", {"squad", "tydiqa"}, "+", (5.6, "points", "change")),
        ("PAWS-X accuracy drops from 86.5 to 83.1 after CCG.", {"ccg", "pawsx"}, "-", (83.1, "", "score")),
        ("MNLI has 392,702 training examples.", {"mnli"}, None, (392702, "examples", "count")),
        ("XNLI does not benefit from intermediate training.", {"any", "xnli"}, "0-", None),
        ("SQuAD v2.0 leaves MLQA unchanged.", {"squad_v2", "mlqa"}, "0", None),
        ("For mBERT, QQP costs 2 F1.", {"bert-base-multilingual-cased", "qqp"}, "-", (2, "f1", "change")),
        ("SQuAD gains 1.1 accuracy points in Swahili.", {"squad", "sw"}, "+", (1.1, "accuracy", "change")),
        ("Intermediate training raises the calibration error.", {"any", "error"}, "-", None),
        ("We failed to see any gain on XCOPA with Social IQa.", {"xcopa", "social_i_qa"}, "0-", None),
        ("In 2020 (Table 3), HellaSwag [12] improved BUCC.", {"hellaswag", "bucc2018"}, "+", None),
    ],
)  # fmt: skip
def test_a_sentence_is_read_as_people_read_it(
    sentence: str, things: set[str], effect: str | None, number: tuple[float, str, str] | None
) -> None:
    found = one(sentence)
    assert {name for _, name in found.things} == things
    assert found.effect == (None if effect is None else frozenset(effect))
    assert (found.number and (found.number.value, found.number.unit, found.number.part)) == number


def test_numbers_go_to_the_names_that_they_belong_to() -> None:
    first, second = statements("HellaSwag and MNLI improve the average by 7.0 and 7.5 points, respectively.")
    assert (first.of("intermediate"), first.number and first.number.value) == ({"hellaswag"}, 7.0)
    assert (second.of("intermediate"), second.number and second.number.value) == ({"mnli"}, 7.5)
    first, second = statements("HellaSwag adds 19.2 points on BUCC and 48.8 on Tatoeba.")
    assert (first.of("target"), second.of("target")) == ({"bucc2018"}, {"tatoeba"})
    first, second = statements("With CCG, PAWS-X gains 0.4 points, whereas XNLI loses 2.6.")
    assert (second.things, second.effect) == ({("intermediate", "ccg"), ("target", "xnli")}, {"-"})


def test_a_comparison_has_two_sides_and_a_passive_turns_them() -> None:
    found = one("SQuAD outperforms MNLI on XQuAD by 1.4 points.")
    assert (found.of("intermediate"), found.than) == ({"squad"}, {("intermediate", "mnli")})
    found = one("The baseline is 3 points below SQuAD on MLQA.")
    assert (found.of("intermediate"), found.than, found.effect) == ({"squad"}, set(), {"+"})
    found = one("SQuAD is outperformed by MNLI on XNLI.")
    assert found.effect == {"-"}


def test_hedges_are_kept_apart_by_kind() -> None:
    assert one("Almost every intermediate task improves Tatoeba.").tasks == 3.0
    assert one("Eight of nine intermediate tasks improve Tatoeba.").tasks == 3.0
    assert one("SQuAD consistently helps TyDiQA.").times == 4.0
    assert one("SQuAD may help TyDiQA.").maybe and not one("In May 2020 SQuAD helped TyDiQA.").maybe
    assert one("SQuAD helps TyDiQA by up to 9 points.").upper
    assert one("On average SQuAD helps TyDiQA.").mean
    plain = one("SQuAD helps TyDiQA.")
    assert (plain.tasks, plain.times, plain.maybe, plain.upper, plain.mean) == (PLAIN, PLAIN, False, False, False)
    partly = one("Masked language modelling does not consistently outperform English intermediate training.")
    assert partly.partly and partly.effect == {"+"} and ("method", "english") in partly.than


@drawn(st.integers(0, 999), st.sampled_from(["points", "F1", "%", "examples"]))
def test_a_number_is_read_with_its_digits_and_unit(tenths: int, unit: str) -> None:
    text = f"SQuAD raises TyDiQA by {tenths / 10:.1f} {unit}."
    (found,) = numbers(text, marks(text))
    assert found.value == tenths / 10 and found.digits == 1
    assert found.unit == {"points": "points", "F1": "f1", "%": "percent", "examples": "examples"}[unit]
    assert text[found.start : found.end].startswith(f"{tenths / 10:.1f}")


@drawn(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    statements(text)
    list(ratios(text))
    list(findings(given(text)))


def test_sentences_end_where_people_end_them() -> None:
    text = (
        "We follow Smith et al. (2020), cf. Fig. 3, i.e. SQuAD v2.0 at 3.5 points. Yes. Does it? J. Doe agrees!\n\n"
        "SQuAD\t+1.4\t+2.0\n\nReferences\n\nSQuAD was made in 2016."
    )
    found = [sentence for sentence, _ in sentences(given(text))]
    assert found == [
        "We follow Smith et al. (2020), cf. Fig. 3, i.e. SQuAD v2.0 at 3.5 points.",
        "J. Doe agrees!",
    ]


def test_a_sentence_over_a_page_has_a_place_on_both() -> None:
    document = Document(
        "pdf", "0" * 64, given("").about, "", ("A first one. SQuAD raises the average", "by 8.2 points. A last one.")
    )
    found = [(sentence, place) for sentence, place in sentences(document) if "SQuAD" in sentence]
    assert found == [("SQuAD raises the average by 8.2 points.", Place(1, 13, 14, 2))]
    assert str(found[0][1]) == "p. 1, 13-p. 2, 14"


def test_findings_are_verbatim_and_say_whether_others_are_quoted() -> None:
    text = "Nothing is said here. SQuAD raises TyDiQA by 5.6 points (Doe et al., 2020). Yes. MNLI helps XQuAD."
    found = list(findings(given(text)))
    assert [one.text for one in found] == ["SQuAD raises TyDiQA by 5.6 points (Doe et al., 2020).", "MNLI helps XQuAD."]
    assert [one.cited for one in found] == [True, False]
    assert all(one.document.quote(one.place) == one.text for one in found)
