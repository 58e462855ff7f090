"""Speed changes nothing: 50 updates of the loop against the plainest loop there is, for every task type and family.

The reference pads every batch, runs the model library's own forward pass, computes each task type's loss from padded
arrays in the words of its definition, and steps the whole model with torch's plain AdamW.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from transformers import (
    AutoModel,
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    XLMRobertaConfig,
    XLMRobertaModel,
    XLMRobertaXLConfig,
    XLMRobertaXLModel,
)

from xstilts.catalogue.task import TaskType
from xstilts.data.batch import Batch
from xstilts.data.encode import Encoded
from xstilts.data.sample import Pool, updates
from xstilts.data.vocabulary import Vocabulary
from xstilts.model.encoder import load_encoder
from xstilts.model.network import HeadOf, Network, with_new_heads
from xstilts.train import loop
from xstilts.train.loop import Course, train

UPDATES, EXAMPLES, LABELS = 50, 36, 3
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 70,
}
COURSE = Course(UPDATES, 2e-3, 0.1, 0.1, 1.0, 1e-8, 0.999, "float32", 0.2, 0.5, 5)


def checkpoint(family: str, vocabulary: Vocabulary, folder: Path) -> Path:
    ids = {"vocab_size": vocabulary.size, "pad_token_id": vocabulary.pad}
    torch.manual_seed(0)
    if family == "bert":
        model = BertModel(BertConfig(**SHAPE, **ids, type_vocab_size=2), add_pooling_layer=False)
    elif family == "xlm-roberta":
        model = XLMRobertaModel(XLMRobertaConfig(**SHAPE, **ids, type_vocab_size=1), add_pooling_layer=False)
    elif family == "xlm-roberta-xl":
        # larger first weights: with the usual ones choices are told apart by so little that rounding grows
        config = XLMRobertaXLConfig(**SHAPE, **ids, type_vocab_size=1, initializer_range=0.1)
        model = XLMRobertaXLModel(config, add_pooling_layer=False)
    else:  # as DeBERTa-v3 has it
        relative = {"relative_attention": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm"}
        relative |= {"share_att_key": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False}
        model = DebertaV2Model(DebertaV2Config(**SHAPE, **ids, **relative, type_vocab_size=0))
    model.save_pretrained(folder)
    return folder


def encoded_of(type: TaskType, vocabulary: Vocabulary) -> Encoded:
    """Sequences of many lengths, short and long mixed, with what each task type reads."""
    draw = np.random.default_rng(3)
    each = {TaskType.MULTIPLE_CHOICE: 3, TaskType.RANKING: 2}.get(type, 1)
    lengths = draw.integers(4, 40, EXAMPLES * each)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    columns = {"label": draw.integers(0, LABELS, EXAMPLES)}
    if type is TaskType.MULTIPLE_CHOICE:
        columns["choices"] = np.full(EXAMPLES, each)
    if type is TaskType.TOKEN_CLASSIFICATION:
        words = [low + 1 + np.flatnonzero(draw.random(n - 2) < 0.6) for low, n in zip(starts, lengths, strict=False)]
        columns["words"] = np.concatenate([[0], np.cumsum([len(one) for one in words])])
        columns["word"] = np.concatenate(words)
        columns["tag"] = draw.integers(0, LABELS, len(columns["word"]))
    if type is TaskType.SPAN_EXTRACTION:
        ends = np.sort(draw.integers(0, lengths[:, None], (len(lengths), 2)), axis=1)
        columns |= {"answer_start": ends[:, 0], "answer_end": ends[:, 1]}
    segments = np.concatenate([np.repeat([0, 1], [n - n // 2, n // 2]) for n in lengths]).astype(np.uint8)
    ids = draw.integers(5, vocabulary.size // 2, starts[-1]).astype(np.int32)  # half of the table is never seen
    return Encoded(ids, segments, starts, np.repeat(np.arange(EXAMPLES, dtype=np.int32), each), columns)


class Plain:
    """A model of the library, padded batches, the heads' weights by name."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.encoder = AutoModel.from_pretrained(folder, attn_implementation="eager").train()
        for module in self.encoder.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        self.head = {
            name: tensor.detach().clone().requires_grad_() for name, tensor in network.heads[0].named_parameters()
        }

    def states(self, batch: Batch) -> Tensor:
        """[sequences, longest, width]."""
        count, width = len(batch.lengths), int(batch.lengths.max())
        ids, segments, mask = (torch.zeros(count, width, dtype=torch.long) for _ in range(3))
        ids += self.encoder.config.pad_token_id
        for row, (low, high) in enumerate(zip(batch.starts[:-1], batch.starts[1:], strict=True)):
            ids[row, : high - low] = torch.from_numpy(batch.ids[low:high])
            segments[row, : high - low] = torch.from_numpy(batch.segments[low:high])
            mask[row, : high - low] = 1
        extra = {"token_type_ids": segments} if self.encoder.config.model_type == "bert" else {}
        if self.encoder.config.model_type.startswith(
            "xlm-roberta"
        ):  # which else takes a random token that is <pad> for padding
            extra["position_ids"] = mask.cumsum(1) * mask + self.encoder.config.pad_token_id
        self.mask = mask.bool()
        return self.encoder(input_ids=ids, attention_mask=mask, **extra).last_hidden_state

    def parameters(self) -> list[Tensor]:
        return [*self.encoder.parameters(), *self.head.values()]


def score(plain: Plain, first: Tensor, prefix: str = "") -> Tensor:
    head = plain.head
    middle = torch.tanh(functional.linear(first, head[f"{prefix}dense.weight"], head[f"{prefix}dense.bias"]))
    return functional.linear(middle, head[f"{prefix}out.weight"], head[f"{prefix}out.bias"])


def classification(plain: Plain, batch: Batch) -> Tensor:
    return functional.cross_entropy(score(plain, plain.states(batch)[:, 0]), torch.from_numpy(batch.target))


def multiple_choice(plain: Plain, batch: Batch) -> Tensor:
    scores = score(plain, plain.states(batch)[:, 0], "score.").view(-1, 3)
    return functional.cross_entropy(scores, torch.from_numpy(batch.target))


def flat_reads(plain: Plain, batch: Batch) -> Tensor:
    return plain.states(batch)[plain.mask][torch.from_numpy(batch.where)]


def token_classification(plain: Plain, batch: Batch) -> Tensor:
    logits = functional.linear(flat_reads(plain, batch), plain.head["out.weight"], plain.head["out.bias"])
    return functional.cross_entropy(logits, torch.from_numpy(batch.target))


def span_extraction(plain: Plain, batch: Batch) -> Tensor:
    logits = functional.linear(plain.states(batch), plain.head["out.weight"], plain.head["out.bias"])
    logits = logits.masked_fill(~plain.mask[:, :, None], -torch.inf)
    target = torch.from_numpy(batch.target)
    return sum(functional.cross_entropy(logits[:, :, side], target[:, side]) for side in (0, 1)) / 2


def mlm(plain: Plain, batch: Batch) -> Tensor:
    head = plain.head
    hidden = functional.gelu(functional.linear(flat_reads(plain, batch), head["dense.weight"], head["dense.bias"]))
    hidden = functional.layer_norm(hidden, hidden.shape[-1:], head["norm.weight"], head["norm.bias"])
    logits = functional.linear(hidden, plain.encoder.get_input_embeddings().weight, head["bias"])
    return functional.cross_entropy(logits, torch.from_numpy(batch.target))


def ranking(plain: Plain, batch: Batch) -> Tensor:
    states = plain.states(batch)
    means = (states * plain.mask[:, :, None]).sum(1) / plain.mask.sum(1, keepdim=True)
    vectors = functional.normalize(means, dim=-1)[torch.from_numpy(np.argsort(batch.sequences))]
    scores = 20 * vectors[0::2] @ vectors[1::2].T
    right = torch.arange(len(scores))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2


LOSSES: dict[TaskType, Callable[[Plain, Batch], Tensor]] = {
    TaskType.CLASSIFICATION: classification,
    TaskType.MULTIPLE_CHOICE: multiple_choice,
    TaskType.TOKEN_CLASSIFICATION: token_classification,
    TaskType.SPAN_EXTRACTION: span_extraction,
    TaskType.MLM: mlm,
    TaskType.RANKING: ranking,
}


def plain_losses(plain: Plain, type: TaskType, batches: list[Batch]) -> list[float]:
    """The losses of all updates; ``plain`` is trained."""
    table = plain.encoder.get_input_embeddings().weight
    groups = [
        {"params": [one], "full": 1e-3 if one is table else 2e-3, "weight_decay": 0.1 if one.ndim > 1 else 0.0}
        for one in plain.parameters()
    ]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.999), eps=1e-8, foreach=False)
    losses = []
    for update, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = group["full"] * ((update + 1) / 5 if update < 5 else (50 - update) / 45)
        loss = LOSSES[type](plain, batch)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "xlm-roberta-xl", "deberta-v2"])
@pytest.mark.parametrize("type", list(LOSSES))
def test_fifty_updates_equal_the_plain_loop(
    type: TaskType, family: str, vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkpoint(family, vocabulary, tmp_path / "model")
    encoder = load_encoder(folder, 0.0)
    network = with_new_heads(encoder, vocabulary, [HeadOf("it", type, LABELS)], 0.0, 0)
    plain, data = Plain(folder, network), encoded_of(type, vocabulary)
    batches: list[Batch] = []
    losses: list[float] = []
    make, take = loop.make_batch, loop.take_update
    monkeypatch.setattr(loop, "make_batch", lambda *given: batches.append(make(*given)) or batches[-1])
    monkeypatch.setattr(loop, "take_update", lambda *given: losses.append(take(*given)) or losses[-1])
    pool = Pool("it", (np.arange(EXAMPLES),))
    train(
        network,
        [data],
        lambda: updates([pool], np.ones(1), 8, UPDATES, 5),
        COURSE,
        folder=tmp_path / "checkpoint",
        report=lambda _: None,
        budget=100_000 if type is TaskType.RANKING else 150,
    )
    assert len(losses) == UPDATES
    np.testing.assert_allclose(losses, plain_losses(plain, type, batches), rtol=1e-4, atol=2e-5)
    expected = dict(plain.encoder.named_parameters())
    for name, ours in network.encoder.named_parameters():
        if ours.ndim > 1:  # of some biases the loss sees nothing, and AdamW follows the rounding of their gradient
            torch.testing.assert_close(ours, expected[name], rtol=1e-3, atol=2e-4)
