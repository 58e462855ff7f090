"""Vocabularies: templates are read from the tokenizer, old pieces survive, new scripts get pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from xstilts.catalogue.errors import Problem
from xstilts.data.vocabulary import extended_vocabulary, read_vocabulary, vocabulary_of


def bert_like() -> Tokenizer:
    pieces = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "##s", "s", "a"]
    tokenizer = Tokenizer(models.WordPiece({piece: k for k, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 3), ("[SEP]", 4)]
    )
    return tokenizer


def test_template_is_read_from_the_tokenizer(vocabulary) -> None:
    bert = vocabulary_of(bert_like())
    assert (bert.before, bert.between, bert.after, bert.after_single) == ((3,), (4,), (4,), (4,))
    assert bert.segments
    assert (len(vocabulary.before), len(vocabulary.between), len(vocabulary.after)) == (1, 2, 1)  # XLM-R's form
    assert not vocabulary.segments


def test_new_pieces_are_added_and_old_ones_keep_their_text() -> None:
    hindi = ["यह एक छोटा घर है", "यह एक बड़ा घर है", "वह घर में है"] * 5
    new = extended_vocabulary(bert_like(), [*hindi, "дом у реки", "дом и река", "дом"] * 3, 60)
    pieces = new.tokenizer.get_vocab()
    assert {"the", "cat", "##s"} <= set(pieces)
    assert "[unused0]" not in pieces
    assert new.tokenizer.encode("the cats", add_special_tokens=False).tokens == ["the", "cat", "##s"]
    spelled = new.tokenizer.encode("छोटा घर дом", add_special_tokens=False)
    assert "[UNK]" not in spelled.tokens
    joined = "".join(piece.removeprefix("##") for piece in spelled.tokens)
    assert joined == "छोटाघरдом"  # vowel signs are kept


def test_a_tokenizer_without_mask_is_refused_by_name(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2, "[CLS]": 3, "[SEP]": 4, "[PAD]": 5}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 3), ("[SEP]", 4)]
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(Problem, match=r"tokenizer.json has none of the tokens <mask>"):
        read_vocabulary(tmp_path)
    with pytest.raises(Problem, match="cannot read the tokenizer"):
        read_vocabulary(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"the":6', '"the":2147483648', "has 11 tokens and the id 2,147,483,648"),  # the library would count up to it
        ('"unk_token":"[UNK]"', '"unk_token":"[NONE]"', "cannot read the tokenizer"),
        ('"special_tokens":{"[CLS]"', '"special_tokens":{"[CLX]"', "tokenizer.json"),  # the library panics
    ],
)
def test_a_broken_tokenizer_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = bert_like().to_str().replace("\n", "")
    assert old in text
    (tmp_path / "tokenizer.json").write_text(text.replace(old, new))
    with pytest.raises(Problem, match=said):
        vocabulary = read_vocabulary(tmp_path)
        vocabulary.ids(["zzz"])
