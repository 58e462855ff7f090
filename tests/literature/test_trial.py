"""The trial of the verifier: its figures are those of the page, its confidences those that the claims give."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from xstilts.literature import similar
from xstilts.literature.trial import measure
from xstilts.literature.trial.planted import FALSE, PARTS, TRUE, cases

PAGE = Path(__file__).parents[2] / "docs" / "results" / "verifier.md"
HELD_OUT = PARTS[-1]


def test_parts_share_no_sentence_and_every_kind_is_planted() -> None:
    texts = [{case.claim for case in cases(part) if case.kind == "verbatim" and not case.pattern} for part in PARTS]
    assert not (texts[0] & texts[2] or texts[1] & texts[2] or texts[0] & texts[1])
    for part in PARTS:
        kinds = {case.kind for case in cases(part)}
        assert kinds == {*TRUE, *FALSE}
        for case in cases(part):
            assert (case.kind == "verbatim") <= (case.claim in case.document)


def test_the_shipped_confidences_are_those_of_the_calibration_part() -> None:
    shipped = files("xstilts.literature").joinpath("confidence.csv").read_text(encoding="utf-8")
    assert shipped == measure.fit()


def test_the_page_is_fresh() -> None:
    from xstilts.report.verifier import page

    assert PAGE.read_text(encoding="utf-8") == page()


def test_ours_beats_likeness_on_sentences_held_out_however_the_cut_is_chosen() -> None:
    found = measure.outcomes(HELD_OUT)
    ours = measure.f1(found, lambda one: one.accepted)
    best = measure.cut(HELD_OUT)  # chosen on the very claims that are scored, in its favour
    likeness = measure.f1(found, lambda one: one.cosine >= best)
    assert ours.low > likeness.high + 0.1
    for kind in ("number", "name", "turned", "unhedged"):
        assert measure.share(found, kind, lambda one: one.accepted).value < 0.1


def test_confidences_hold_on_sentences_held_out() -> None:
    assert measure.calibration(measure.outcomes(HELD_OUT)).value < 0.08


def test_likeness_is_what_scikit_learn_calls_it() -> None:
    texts = ["SQuAD raises TyDiQA by 5.6 points", "MNLI lowers XNLI", "SQuAD raises MLQA by 2 points", "no more words"]
    claim = "SQuAD raises the MLQA score by 5.6 points"
    vectorizer = TfidfVectorizer(analyzer=similar.terms)
    matrix = vectorizer.fit_transform(texts)
    known = [term for term in similar.terms(claim) if term in vectorizer.vocabulary_]
    ours = similar.Similarity.of(texts)
    for text, row in zip(texts, matrix.toarray(), strict=True):
        expected = {term: row[place] for term, place in vectorizer.vocabulary_.items() if row[place]}
        assert ours.vector(text) == pytest.approx(expected)
    theirs = (vectorizer.transform([" ".join(known)]) @ matrix.T).toarray().max()
    assert ours.nearest(claim, texts) <= theirs + 1e-9  # words nobody knows make a claim less alike


def test_the_best_cut_is_the_best_of_all() -> None:
    scored = [(0.9, True), (0.8, False), (0.7, True), (0.4, True), (0.3, False), (0.2, False)]
    cut = similar.best_cut(scored)
    assert cut == 0.4
