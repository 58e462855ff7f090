"""Alignment finds a planted dictionary."""

from __future__ import annotations

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from xstilts.model.align import aligned_rows


def word_level(words: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(["[UNK]", *words])}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def test_planted_translations_are_found() -> None:
    draw = np.random.default_rng(0)
    english = [f"word{k}" for k in range(40)]
    foreign = {word: f"mot{k}" for k, word in enumerate(english)}
    old, new = word_level([*english, "never"]), word_level([*english, *foreign.values(), "unseen"])
    table = draw.normal(size=(old.get_vocab_size(), 16)).astype(np.float32)
    pairs = []
    for _ in range(600):
        chosen = draw.choice(english, size=int(draw.integers(3, 7)), replace=False)
        turned = draw.permutation(chosen)  # another word order, so that places tell nothing
        pairs.append((" ".join(foreign[word] for word in turned), " ".join(chosen)))
    rows = aligned_rows(new, old, table, [pairs], ["[UNK]"])
    assert rows.shape == (new.get_vocab_size(), 16)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    for word, other in foreign.items():
        row = rows[new.token_to_id(other)]
        assert int(np.argmax(unit @ row)) == old.token_to_id(word), other
    for word in english:
        np.testing.assert_allclose(rows[new.token_to_id(word)], table[old.token_to_id(word)], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(rows[new.token_to_id("[UNK]")], table[old.token_to_id("[UNK]")])
