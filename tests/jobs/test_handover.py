"""A folder that is handed over: the library's tokenizer and model give what ``predicted`` gives, for two texts too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from tokenizers import Tokenizer, models, processors
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertModel

from xstilts.catalogue.task import TaskType
from xstilts.data.rows import SCHEMAS
from xstilts.data.vocabulary import Vocabulary, extended_vocabulary, train_vocabulary
from xstilts.jobs.handed import About, read_about
from xstilts.jobs.handover import hand_over, predicted
from xstilts.model.encoder import load_encoder, make_encoder
from xstilts.model.network import HeadOf, save_network, with_new_heads

TEXTS = ["the old house sees two dogs", "a fig and a pear", "Anna sees the red house now", "then two old dogs"]
LONGEST = 12
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def with_segments() -> Vocabulary:
    old = Tokenizer(models.WordPiece({name: place for place, name in enumerate(SPECIAL)}, unk_token="[UNK]"))
    old.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B:1", special_tokens=[])
    return extended_vocabulary(old, TEXTS * 5, 120)


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_pairs_are_read_as_they_were_learned(tmp_path: Path, family: str) -> None:
    vocabulary = with_segments() if family == "bert" else train_vocabulary(TEXTS * 5, 100)
    torch.manual_seed(0)
    if family == "bert":
        shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
        config = BertConfig(vocab_size=vocabulary.size, max_position_embeddings=40, type_vocab_size=2, **shape)
        BertModel(config).save_pretrained(tmp_path / "encoder")
        encoder = load_encoder(tmp_path / "encoder", 0.0)
        with torch.no_grad():  # a second text read as the first must show
            encoder.embeddings.token_type_embeddings.weight.mul_(50)  # type: ignore[union-attr, operator]
    else:
        encoder = make_encoder(2, 32, 4, 48, 40, vocabulary, 0.0, 3)
    network = with_new_heads(encoder, vocabulary, [HeadOf("mine", TaskType.CLASSIFICATION, 3)], 0.0, 1)
    save_network(network.eval(), tmp_path / "ours")
    assert ("token_type_ids" in AutoTokenizer.from_pretrained(tmp_path / "ours")("a", "b")) == (family == "bert")
    said = json.loads((tmp_path / "ours" / "tokenizer_config.json").read_text())
    del said["model_input_names"]  # as stores of before have it
    (tmp_path / "ours" / "tokenizer_config.json").write_text(json.dumps(said))
    about = About("mine", "classification", ("no", "maybe", "yes"), {}, "en", LONGEST, 0, "fp32", {}, ("et",))
    hand_over(tmp_path / "ours", about, "a card", tmp_path / "model")
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[2], TEXTS[3]), (TEXTS[3], TEXTS[2]), ("a fig", "a pear")]
    columns = {name: [None] * len(pairs) for name in SCHEMAS[TaskType.CLASSIFICATION].names}
    columns |= {"text_a": [one for one, _ in pairs], "text_b": [other for _, other in pairs]}
    columns |= {"label": [-1] * len(pairs), "id": [str(number) for number in range(len(pairs))]}
    rows = pa.table({name: columns[name] for name in SCHEMAS[TaskType.CLASSIFICATION].names},
                    schema=SCHEMAS[TaskType.CLASSIFICATION])  # fmt: skip
    found, _ = predicted(tmp_path / "model", read_about(tmp_path / "model"), rows)

    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model").eval()
    fed = tokenizer(*map(list, zip(*pairs, strict=True)), truncation=True, padding=True, return_tensors="pt")
    assert fed["input_ids"].shape[1] <= LONGEST == tokenizer.model_max_length
    assert ("token_type_ids" in fed) == (family == "bert")
    with torch.inference_mode():
        logits = model(**fed).logits.numpy()
    np.testing.assert_allclose(logits, np.array(found["logits"].to_pylist()), atol=1e-4)


def test_folders_of_before_know_no_weak_languages(tmp_path: Path) -> None:
    said = {"form": 1, "task": "mine", "type": "classification", "labels": ["a", "b"], "columns": {}, "language": "en",
            "max_length": 12, "stride": 0, "precision": "fp32"}  # fmt: skip
    (tmp_path / "xstilts.json").write_text(json.dumps(said))
    assert read_about(tmp_path).weak == ()
    (tmp_path / "xstilts.json").write_text(json.dumps({**said, "weak": ["et"]}))
    assert read_about(tmp_path).weak == ("et",)
