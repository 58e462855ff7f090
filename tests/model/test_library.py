"""Trained heads in the model library's own models: the same outputs, from text, without this package."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import (
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
)

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import cut, gather
from xstilts.data.encode import Lengths, encode
from xstilts.model.encoder import load_encoder, make_encoder, usable_positions
from xstilts.model.library import library_model
from xstilts.model.network import HeadOf, save_network, with_new_heads

FAMILIES = ("bert", "xlm-roberta", "deberta-v2")


def encoder_of(family: str, vocabulary, folder: Path) -> torch.nn.Module:  # type: ignore[no-untyped-def]
    shape = {
        "vocab_size": vocabulary.size, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "max_position_embeddings": 70,
    }  # fmt: skip
    torch.manual_seed(0)
    if family == "xlm-roberta":
        return make_encoder(2, 32, 4, 48, 70, vocabulary, 0.0, 3)
    if family == "bert":
        BertModel(BertConfig(**shape, type_vocab_size=2)).save_pretrained(folder)
    else:
        more = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "type_vocab_size": 0}
        DebertaV2Model(DebertaV2Config(**shape, **more)).save_pretrained(folder)
    return load_encoder(folder, 0.0)


def handed_over(family: str, type: TaskType, labels: int, vocabulary, place: Path):  # type: ignore[no-untyped-def]
    """A network with random weights, and the folder that the library opens."""
    (place / "encoder").mkdir()
    encoder = encoder_of(family, vocabulary, place / "encoder")
    network = with_new_heads(encoder, vocabulary, [HeadOf("mine", type, labels)], 0.0, 1)
    with torch.no_grad():  # biases begin at zero, which would hide one that is lost
        for parameter in network.heads.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(5)) * 0.1)
    save_network(network.eval(), place / "ours")
    named = ("no", "maybe", "yes")[:labels] if labels == 3 else ()
    library_model(place / "ours", named).save_pretrained(place / "theirs")
    return network, place / "theirs", AutoTokenizer.from_pretrained(place / "ours")


def outputs(network, type: TaskType, table: pa.Table) -> np.ndarray:  # type: ignore[no-untyped-def]
    encoded = encode(table, type, network.vocabulary, Lengths(64))
    (part,) = cut(gather(encoded, np.arange(len(encoded.starts) - 1), type), 10_000)
    with torch.inference_mode():
        return network(part, 0).numpy()


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_a_text_that_is_too_long_for_the_encoder_is_said(family: str, vocabulary, tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    encoder = encoder_of(family, vocabulary, tmp_path / "encoder")
    most = usable_positions(encoder)
    network = with_new_heads(encoder, vocabulary, [HeadOf("mine", TaskType.CLASSIFICATION, 3)], 0.0, 1).eval()
    text = " ".join(["dogs"] * 200)
    table = pa.table({"text_a": [text], "text_b": pa.array([None], pa.string()), "label": pa.array([0], pa.int16())})
    for cut_at in (most, most + 1):
        encoded = encode(table, TaskType.CLASSIFICATION, vocabulary, Lengths(cut_at))
        batch = gather(encoded, np.arange(1), TaskType.CLASSIFICATION)
        with (
            torch.inference_mode(),
            contextlib.nullcontext()
            if cut_at == most
            else pytest.raises(Problem, match=f"more tokens than the {most}"),
        ):
            network(batch, 0)


PAIR = ("Anna sees the old red house", "Ben sees two dogs")


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_of_pairs_of_texts(family: str, vocabulary, tmp_path: Path) -> None:
    network, folder, tokenizer = handed_over(family, TaskType.CLASSIFICATION, 3, vocabulary, tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    table = pa.table({"text_a": [PAIR[0]], "text_b": [PAIR[1]], "label": pa.array([0], pa.int16())})
    with torch.inference_mode():
        theirs = model(**tokenizer(*PAIR, return_tensors="pt")).logits
    np.testing.assert_allclose(theirs.numpy(), outputs(network, TaskType.CLASSIFICATION, table), atol=1e-5)
    assert model.config.id2label == {0: "no", 1: "maybe", 2: "yes"}


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_of_choices(family: str, vocabulary, tmp_path: Path) -> None:
    network, folder, tokenizer = handed_over(family, TaskType.MULTIPLE_CHOICE, 1, vocabulary, tmp_path)
    model = AutoModelForMultipleChoice.from_pretrained(folder).eval()
    choices = ["two dogs", "Carla and the red house"]
    table = pa.table({"text_a": [PAIR[0]], "choices": [choices], "label": pa.array([0], pa.int16())})
    fed = tokenizer([PAIR[0]] * 2, choices, return_tensors="pt", padding=True)
    with torch.inference_mode():
        theirs = model(**{name: tensor[None] for name, tensor in fed.items()}).logits[0]
    np.testing.assert_allclose(theirs.numpy(), outputs(network, TaskType.MULTIPLE_CHOICE, table)[:, 0], atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_tags_of_words_and_places_of_answers(family: str, vocabulary, tmp_path: Path) -> None:
    for type, library in (
        (TaskType.TOKEN_CLASSIFICATION, AutoModelForTokenClassification),
        (TaskType.SPAN_EXTRACTION, AutoModelForQuestionAnswering),
    ):
        place = tmp_path / str(type)
        place.mkdir()
        network, folder, tokenizer = handed_over(family, type, 3, vocabulary, place)
        model = library.from_pretrained(folder).eval()
        with torch.inference_mode():
            theirs = model(**tokenizer(*PAIR, return_tensors="pt"))
        if type is TaskType.SPAN_EXTRACTION:
            table = pa.table(
                {"id": ["1"], "question": [PAIR[0]], "context": [PAIR[1]], "answer_texts": [["two"]],
                 "answer_starts": pa.array([[9]], pa.list_(pa.int32()))}
            )  # fmt: skip
            both = torch.stack([theirs.start_logits[0], theirs.end_logits[0]], dim=1)
            np.testing.assert_allclose(both.numpy(), outputs(network, type, table), atol=1e-5)
        else:
            words = PAIR[0].split()
            table = pa.table({"tokens": [words], "tags": pa.array([[0] * len(words)], pa.list_(pa.int16()))})
            fed = tokenizer(words, is_split_into_words=True, return_tensors="pt")
            with torch.inference_mode():
                theirs = model(**fed).logits[0].numpy()
            owners = fed.word_ids(0)
            first = [owners.index(word) for word in range(len(words))]
            np.testing.assert_allclose(theirs[first], outputs(network, type, table), atol=1e-5)
            assert model.config.label2id == {"no": 0, "maybe": 1, "yes": 2}


def test_heads_that_the_library_does_not_have_are_refused(vocabulary, tmp_path: Path) -> None:
    encoder = make_encoder(1, 32, 4, 48, 70, vocabulary, 0.0, 3)
    mean = HeadOf("mine", TaskType.CLASSIFICATION, 2, "mean")
    save_network(with_new_heads(encoder, vocabulary, [mean], 0.0, 1), tmp_path / "mean")
    with pytest.raises(Problem, match='pooling = "first"'):
        library_model(tmp_path / "mean", ("no", "yes"))
    both = [HeadOf("a", TaskType.CLASSIFICATION, 2), HeadOf("b", TaskType.MLM, 0)]
    save_network(with_new_heads(encoder, vocabulary, both, 0.0, 1), tmp_path / "both")
    with pytest.raises(Problem, match=r"a \(classification\), b \(mlm\)"):
        library_model(tmp_path / "both", ("no", "yes"))
