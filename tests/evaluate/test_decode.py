"""Decoding against a direct reading of the rules, in several scripts; neighbours against brute force."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from xstilts.catalogue import get_task
from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Encoded, Lengths, encode
from xstilts.data.source import Folder
from xstilts.data.vocabulary import Vocabulary, train_vocabulary, vocabulary_of
from xstilts.evaluate.decode import Answers, answers_of
from xstilts.evaluate.neighbours import nearest

LONG = "Anna sees the old red house in the river. Ben takes two small birds at the old house then gives Carla three."


def questions(contexts: list[str], answers: list[str | None], question: str = "what old") -> pa.Table:
    starts = [
        [] if answer is None else [context.index(answer)] for context, answer in zip(contexts, answers, strict=True)
    ]
    return pa.table(
        {
            "id": [str(number) for number in range(len(contexts))],
            "question": [question] * len(contexts),
            "context": contexts,
            "answer_texts": pa.array([[] if a is None else [a] for a in answers], pa.list_(pa.string())),
            "answer_starts": pa.array(starts, pa.list_(pa.int32())),
        }
    )


def by_the_rules(encoded: Encoded, logits: np.ndarray, context: str, question: int) -> list[tuple[str, float]]:
    """All allowed spans of all windows, the best 20 different texts (protocol 4.6)."""
    spans = []
    for window in np.flatnonzero(encoded.example == question):
        low, high = encoded.starts[window : window + 2]
        tops = [list(np.argsort(-logits[low:high, side], kind="stable")[:20]) for side in (0, 1)]
        for start in tops[0]:
            for stop in tops[1]:
                inside = encoded.columns["best"][low + start] and encoded.columns["from"][low + stop] >= 0
                if inside and start <= stop < start + 30:
                    text = context[encoded.columns["from"][low + start] : encoded.columns["to"][low + stop]].strip()
                    spans.append((text, float(logits[low + start, 0] + logits[low + stop, 1])))
    best: dict[str, float] = {}
    for text, score in sorted(spans, key=lambda span: -span[1]):
        if text and text not in best and len(best) < 20:
            best[text] = score
    return list(best.items())


def test_answers_equal_a_search_over_all_pairs(vocabulary) -> None:
    contexts = [LONG, "the cat sees a dog"]
    encoded = encode(questions(contexts, [None, None]), TaskType.SPAN_EXTRACTION, vocabulary, Lengths(24, 8))
    assert len(encoded.example) > 3
    for seed in range(20):
        logits = np.random.default_rng(seed).normal(size=(len(encoded.ids), 2)).astype(np.float32) * 3
        for number, answers in enumerate(answers_of(encoded, logits, contexts)):
            expected = by_the_rules(encoded, logits, contexts[number], number)
            assert answers.texts == tuple(text for text, _ in expected)
            assert answers.scores == pytest.approx([score for _, score in expected])
            firsts = encoded.starts[np.flatnonzero(encoded.example == number)]
            assert answers.none == pytest.approx(logits[firsts].sum(axis=1).min())


def test_a_start_counts_only_where_it_has_most_context(vocabulary) -> None:
    """The same token, far ahead in a window on whose edge it lies, gives no answer there."""
    encoded = encode(questions([LONG], ["red house"]), TaskType.SPAN_EXTRACTION, vocabulary, Lengths(24, 8))
    logits = np.zeros((len(encoded.ids), 2), dtype=np.float32)
    edge = int(np.flatnonzero((encoded.columns["from"] >= 0) & ~encoded.columns["best"])[0])
    logits[edge] = 50
    (answers,) = answers_of(encoded, logits, [LONG])
    assert answers.scores[0] < 100


def test_where_no_span_is_allowed_the_answer_is_the_official_word() -> None:
    assert Answers((), (), -1.0).best() == "empty"
    assert Answers((), (), -1.0).best(threshold=5.0) == ""


@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(-5, 5))
def test_no_answer_wins_by_more_than_the_threshold(score: float, none: float, threshold: float) -> None:
    answers = Answers(("Anna",), (score,), none)
    assert answers.best() == "Anna"
    assert answers.best(threshold) == ("" if none - score > threshold else "Anna")


def test_a_question_without_answer_trains_on_the_first_token(vocabulary) -> None:
    table = questions([LONG, LONG], [None, "Carla"])
    encoded = encode(table, TaskType.SPAN_EXTRACTION, vocabulary, Lengths(24, 8))
    without = encoded.example == 0
    for name in ("answer_start", "answer_end"):
        assert (encoded.columns[name][without] == 0).all()
        assert (encoded.columns[name][~without] > 0).any()


# Spans by character offsets in scripts without blanks, with vowel signs, and written from right to left.

TEXTS = {
    "zh": ("北京大學在1898年成立，位於北京市海淀區。它的圖書館有八百萬本書。", "1898年"),
    "th": ("กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทยและมีน้ำท่วมในปี ๒๕๕๔", "น้ำท่วม"),
    "ar": ("تأسست الجامعة في عام ١٩٠٨ في القاهرة، وهي أكبر جامعة في مصر.", "القاهرة"),
    "hi": ("दिल्ली भारत की राजधानी है और यमुना नदी के किनारे बसी है।", "यमुना नदी"),
    "hi, a vowel last": ("ब्रोंकोस के जॉन एलवे ने दो बार सुपर बाउल जीता और टीम के प्रमुख बने।", "जॉन एलवे"),
    "th, marks last": ("เขาพูดอย่างช้าๆ ว่าปีที่ สี่ ของการแข่งขันสำคัญมากที่สุด", "สี่"),
    "fr, marks apart": (unicodedata.normalize("NFD", "Elle boit un café très noir à la gare de Genève"), "cafe\u0301"),
    "ja": ("ﾄｳｷｮｳは日本の首都で、㈱が多い。", "日本の首都"),
}


def letters(texts: list[str]) -> Vocabulary:
    """A vocabulary that hardly merges, so that spans of tokens and of characters are the same."""
    return train_vocabulary(texts, 5 + len(set("".join(texts))))


def pointed(encoded: Encoded) -> np.ndarray:
    """Logits that point at the gold answer in every window that holds it."""
    logits = np.zeros((len(encoded.ids), 2), dtype=np.float32)
    for window in range(len(encoded.example)):
        for side, name in enumerate(("answer_start", "answer_end")):
            logits[encoded.starts[window] + encoded.columns[name][window], side] = 10
    return logits


def unigrams(text: str) -> Vocabulary:
    """Single letters in XLM-R's manner: one model of unigrams, a mark for blanks, compatibility forms folded."""
    letters = sorted(set(unicodedata.normalize("NFKC", text)))
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<mask>", 0.0), ("▁", -1.0)]
    tokenizer = Tokenizer(models.Unigram([*pieces, *((letter, -1.0) for letter in letters)], 3, False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return framed(tokenizer, "<s> $A </s>", "<s> $A </s> </s> $B </s>", "<s>", "</s>", "<pad>", "<unk>", "<mask>")


def word_pieces(text: str, accents: bool = True) -> Vocabulary:
    """Letters in BERT's manner: ideographs apart, letters lower, what follows in a word marked; without ``accents``
    combining marks are dropped, as models without case do."""
    folded = unicodedata.normalize("NFKC", text).lower()
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted({*folded, *(f"##{letter}" for letter in folded)})]
    tokenizer = Tokenizer(models.WordPiece({piece: k for k, piece in enumerate(pieces)}, unk_token="[UNK]"))
    bert = normalizers.BertNormalizer(strip_accents=not accents, lowercase=True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), bert])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return framed(
        tokenizer, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"
    )


def bytewise(text: str) -> Vocabulary:
    """Single bytes in RoBERTa's manner: one letter is several tokens, all with its place."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: k for k, piece in enumerate(pieces)}, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return framed(tokenizer, "<s> $A </s>", "<s> $A </s> </s> $B </s>", "<s>", "</s>", "<pad>", "<unk>", "<mask>")


def framed(tokenizer: Tokenizer, single: str, pair: str, *special: str) -> Vocabulary:
    tokenizer.add_special_tokens(list(special))
    ends = [(token, tokenizer.token_to_id(token)) for token in special[:2]]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=ends)
    return vocabulary_of(tokenizer)


FAMILIES = {
    "merges": lambda text: letters([text]),
    "unigrams": unigrams,
    "word pieces": word_pieces,
    "word pieces without accents": lambda text: word_pieces(text, accents=False),
    "bytes": bytewise,
}


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("language", list(TEXTS))
def test_a_span_of_any_script_comes_back_as_it_stands(language: str, family: str) -> None:
    sentence, answer = TEXTS[language]
    context = f"{sentence} {sentence}{sentence}"
    table = questions([context], [answer], context[:2])
    # windows hold more than twice the answer, so that the one where its start has most context holds it whole
    lengths = Lengths(100 if family == "bytes" else 40, 8)
    encoded = encode(table, TaskType.SPAN_EXTRACTION, FAMILIES[family](context), lengths)
    assert len(encoded.example) > 1
    (answers,) = answers_of(encoded, pointed(encoded), [context])
    assert answers.best() == answer


@settings(max_examples=40, deadline=None)
@given(st.text("กขคำ้า 北京八百 الجامعة यमुना नदी abc", min_size=5, max_size=60), st.data())
def test_an_answer_is_always_a_piece_of_its_context(context: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(context) - 1))
    answer = context[start : data.draw(st.integers(start + 1, len(context)))]
    if not answer.strip():
        return
    table = questions([context], [answer])
    table = table.set_column(4, "answer_starts", pa.array([[start]], pa.list_(pa.int32())))
    encoded = encode(table, TaskType.SPAN_EXTRACTION, letters([context, "what old"]), Lengths(200, 50))
    (answers,) = answers_of(encoded, pointed(encoded), [context])
    assert answers.texts[0] in context
    if len(answer) < 25:
        assert answer.strip() in answers.texts[0]


@pytest.mark.data
@pytest.mark.parametrize("language", ["zh", "th", "ar", "hi"])
def test_gold_answers_of_xquad_come_back_from_their_tokens(data_folder: Path, language: str) -> None:
    """Exactly from letters; from pieces, text at the edges may come along, and nothing is lost."""
    table = Folder(data_folder).read(get_task("xquad"), "test", language).slice(0, 40)
    contexts = table["context"].to_pylist()
    golds = [texts[0].strip() for texts in table["answer_texts"].to_pylist()]
    short = [number for number, gold in enumerate(golds) if len(gold) < 30]
    assert len(short) > 20
    for vocabulary, exact in ((letters(contexts), True), (train_vocabulary(contexts, 900), False)):
        encoded = encode(table, TaskType.SPAN_EXTRACTION, vocabulary, Lengths(200, 64))
        found = answers_of(encoded, pointed(encoded), contexts)
        for number in short:
            best = found[number].best()
            assert best == golds[number] if exact else golds[number] in best and best in contexts[number]


def test_nearest_is_exact_and_ties_go_to_the_lower_index() -> None:
    draw = np.random.default_rng(0)
    candidates = draw.normal(size=(50, 8)).astype(np.float32)
    candidates[30] = candidates[4]
    queries = candidates[draw.permutation(50)] * 3
    found, cosine = nearest(queries, candidates)
    brute = [int(np.argmax([q @ c / np.linalg.norm(q) / np.linalg.norm(c) for c in candidates])) for q in queries]
    assert sum(a != b for a, b in zip(found, brute, strict=True)) <= 1  # the tie, to rounding
    assert np.allclose(cosine, 1, atol=1e-5)
