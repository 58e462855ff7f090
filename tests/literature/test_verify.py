"""Claims held against documents: each label, the quotation that gives it, and who may corroborate whom."""

from __future__ import annotations

import pytest

from xstilts.catalogue.claim import claims
from xstilts.literature.document import Document, given
from xstilts.literature.verify import Library, Verification, verify

PAPER = (
    "Intermediate training on SQuAD raises TyDiQA by 5.6 F1 points. Almost every intermediate task improves Tatoeba. "
    "MNLI may help XQuAD. HellaSwag improves BUCC by up to 20.4 points. Cosmos QA lowers NER by 0.9 F1. "
    "Masked language modelling alongside does not consistently outperform English intermediate training. "
    "All experiments start from XLM-R Large. MLQA in Thai gains 2.25 points with SQuAD."
)


def said(claim: str, *documents: Document) -> Verification:
    return verify(claim, Library.of(documents or [given(PAPER, title="A paper")]))


@pytest.mark.parametrize(
    ("claim", "label", "reason"),
    [
        ("SQuAD improves TyDiQA by 5.6 points", "stated", ""),
        ("SQuAD improves TyDiQA by 6 points", "stated", ""),
        ("SQuAD improves TyDiQA", "stated", ""),
        ("SQuAD improves TyDiQA by 5.57 points", "overstated", "digits"),
        ("SQuAD improves TyDiQA by 6.5 points", "contradicted", "number"),
        ("SQuAD improves TyDiQA by 5.6 exact match", "contradicted", "number"),
        ("SQuAD hurts TyDiQA by 5.6 points", "contradicted", "direction"),
        ("SQuAD does not change TyDiQA", "contradicted", "direction"),
        ("QQP improves TyDiQA by 5.6 points", "not found", ""),
        ("SQuAD improves XQuAD by 5.6 points", "not found", ""),
        ("Every intermediate task improves Tatoeba", "overstated", "for how many"),
        ("Most intermediate tasks improve Tatoeba", "stated", ""),
        ("MNLI helps XQuAD", "overstated", "certainty"),
        ("HellaSwag improves BUCC by 20.4 points", "overstated", "up to"),
        ("English intermediate training beats masked language modelling", "overstated", "direction"),
        (
            "Masked language modelling consistently outperforms English intermediate training",
            "contradicted",
            "direction",
        ),
        ("SQuAD improves MLQA by 2.25 points", "overstated", "only some languages"),
        ("SQuAD improves MLQA in Thai by 2.2 points", "stated", ""),
        ("SQuAD improves MLQA in Thai by 2.3 points", "stated", ""),
        ("All experiments start from mBERT", "not found", ""),
        ("No experiment starts from XLM-R Large", "contradicted", "direction"),
        ("This sentence is about nothing in particular", "not found", ""),
    ],
)
def test_each_label_has_its_reason(claim: str, label: str, reason: str) -> None:
    found = said(claim)
    assert found.label == label
    assert reason in found.reasons if reason else not found.reasons
    assert 0 < found.confidence < 1
    for one in found.evidence:
        assert one.finding.document.quote(one.finding.place) == one.finding.text


def documents(
    *authors: tuple[str, ...], text: str = "XNLI does not gain from intermediate training."
) -> list[Document]:
    words = ("first", "second", "third")
    return [
        given(
            f"The {word} study of ours. {text.replace('gain', 'profit') if number else text}", title=word, authors=who
        )
        for number, (word, who) in enumerate(zip(words, authors, strict=False))
    ]


def test_only_another_publication_by_others_in_its_own_words_corroborates() -> None:
    claim = "XNLI does not benefit from intermediate training"
    assert said(claim, *documents(("Ada Example",), ("Jun Otherwise",))).label == "corroborated"
    assert said(claim, *documents(("Ada Example", "Bo Sample"), ("Jun Otherwise", "A. Example"))).label == "stated"
    assert said(claim, *documents(("Ada Example",))).label == "stated"
    assert said(claim, *documents((), ())).label == "stated"  # nobody knows who wrote them
    quoting = given(
        "XNLI does not gain from intermediate training (Example, 2021).", title="other", authors=["Jun Otherwise"]
    )
    assert said(claim, *documents(("Ada Example",)), quoting).label == "stated"
    copy = given("Other text. XNLI does not gain from intermediate training.", title="other", authors=["Jun Otherwise"])
    assert said(claim, *documents(("Ada Example",)), copy).label == "stated"
    versions = [
        given(one.pages[0], title=one.about.title, authors=one.about.authors, arxiv=f"2105.00001v{number}")
        for number, one in enumerate(documents(("Ada Example",), ("Jun Otherwise",)), 1)
    ]
    assert said(claim, *versions).label == "stated"


def test_a_claim_that_one_states_and_another_contradicts_is_stated_and_disputed() -> None:
    first = given("SQuAD raises TyDiQA by 5.6 points.", title="first", authors=["Ada Example"])
    second = given("SQuAD lowers TyDiQA by 1.1 points.", title="second", authors=["Jun Otherwise"])
    found = said("SQuAD raises TyDiQA by 5.6 points", second, first)
    assert found.label == "stated" and [one.finding.document for one in found.evidence] == [first]
    assert [one.finding.document for one in found.against] == [second]


def test_the_order_of_documents_changes_no_label() -> None:
    library = [given(PAPER, title="A paper"), *documents(("Ada Example",), ("Jun Otherwise",))]
    for claim in claims().values():
        assert said(claim.text, *library).label == said(claim.text, *reversed(library)).label


def test_the_weak_ticks_of_the_reports_are_told_apart() -> None:
    """C10 was ticked although its source only says "not consistently"; C17 was not although it is stated."""
    source = given(
        "Neither masked language modelling nor translated data consistently outperforms English intermediate training. "
        "The training set of MNLI contains 392,702 examples.",
        title="source",
    )
    assert said(claims()["C10"].text, source).label == "overstated"
    assert said(claims()["C11"].text, source).label == "overstated"
    assert said(claims()["C17"].text, source).label == "stated"


@pytest.mark.parametrize("mark", ["", "<b>", "**", "“", "("])
def test_a_sentence_that_begins_with_a_mark_is_one_of_its_own(mark: str) -> None:
    text = f"SQuAD raises XQuAD by 4.2 points. {mark}Nothing helps XNLI."
    library = Library.of([given(text, title="A paper")])
    assert verify("SQuAD raises XQuAD by 4.2 points", library).label == "stated"
