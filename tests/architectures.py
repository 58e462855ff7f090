"""The forms of the published encoders at small width, with random weights, in the hub's format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    XLMRobertaConfig,
    XLMRobertaModel,
    XLMRobertaXLConfig,
    XLMRobertaXLModel,
)

from xstilts.data.encode import Encoded

FORMS = ("xlm-roberta-base", "xlm-roberta-large", "xlm-roberta-xl", "xlm-roberta-xxl", "mdeberta", "minilm")
IDS = 120


def checkpoint(name: str, folder: Path) -> Path:
    """A folder with an encoder of this form."""
    layers, width, heads = {
        "xlm-roberta-large": (3, 32, 4),
        "xlm-roberta-xl": (3, 24, 2),
        "xlm-roberta-xxl": (4, 32, 4),
    }.get(name, (2, 24, 3))
    shape: dict[str, Any] = {
        "vocab_size": IDS,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 2 * width,
        "max_position_embeddings": 70,
    }
    torch.manual_seed(0)
    if name == "mdeberta":
        relative = {"relative_attention": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm"}
        relative |= {"share_att_key": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False}
        model: Any = DebertaV2Model(DebertaV2Config(**shape, **relative, type_vocab_size=0, layer_norm_eps=1e-7))
    elif name == "minilm":
        model = BertModel(BertConfig(**shape), add_pooling_layer=False)
    elif name in ("xlm-roberta-xl", "xlm-roberta-xxl"):
        model = XLMRobertaXLModel(XLMRobertaXLConfig(**shape, type_vocab_size=1), add_pooling_layer=False)
    else:
        model = XLMRobertaModel(XLMRobertaConfig(**shape, type_vocab_size=1), add_pooling_layer=False)
    model.save_pretrained(folder)
    return folder


def sequences(count: int, seed: int = 0, longest: int = 40) -> Encoded:
    """Labelled sequences of many lengths, short and long mixed; half of the ids never occur."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(4, longest, count)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Encoded(
        ids=draw.integers(5, IDS // 2, starts[-1]).astype(np.int32),
        segments=np.zeros(starts[-1], np.uint8),
        starts=starts,
        example=np.arange(count, dtype=np.int32),
        columns={"label": draw.integers(0, 3, count)},
    )
