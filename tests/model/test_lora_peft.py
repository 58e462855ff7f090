"""Our low-rank matrices against peft's: from the same beginning both learn the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import AutoModel

from architectures import checkpoint, sequences
from xstilts.catalogue.task import TaskType
from xstilts.data.batch import gather
from xstilts.model.encoder import hidden_states, load_encoder
from xstilts.model.lora import FACTOR, LowRank, add_low_rank, fold_low_rank

peft = pytest.importorskip("peft", reason="the extra 'agreement' is not installed")
RANK = 3


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")  # peft's own
@pytest.mark.parametrize("form", ["xlm-roberta-base", "xlm-roberta-xl", "minilm"])
def test_low_rank_learns_what_peft_learns(form: str, tmp_path: Path) -> None:
    folder = checkpoint(form, tmp_path)
    ours: Any = load_encoder(folder, 0.0).train()
    add_low_rank(ours, RANK, 7)
    body = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    names = r".*encoder\.layer\.\d+\..*(query|key|value|dense)"
    config = peft.LoraConfig(r=RANK, lora_alpha=FACTOR * RANK, target_modules=names, lora_dropout=0.0)
    theirs: Any = peft.get_peft_model(body, config).eval()
    pairs = {name: module for name, module in ours.named_modules() if isinstance(module, LowRank)}
    with torch.no_grad():
        for name, module in pairs.items():
            other = theirs.base_model.model.get_submodule(name)
            other.lora_A["default"].weight.copy_(module.first)
            other.lora_B["default"].weight.copy_(module.second)
    assert sum(p.numel() for p in ours.parameters() if p.requires_grad) == sum(
        p.numel() for p in theirs.parameters() if p.requires_grad
    )
    data = sequences(1, longest=20)
    batch = gather(data, np.arange(1), TaskType.CLASSIFICATION)
    ids, goal = torch.from_numpy(batch.ids), torch.randn(len(batch.ids), ours.config.hidden_size)
    learning = [torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.5) for model in (ours, theirs)]
    for _ in range(5):
        for model, optimizer in zip((ours, theirs), learning, strict=True):
            states = hidden_states(ours, batch) if model is ours else theirs(input_ids=ids[None]).last_hidden_state[0]
            functional.mse_loss(states, goal).backward()
            optimizer.step()
            optimizer.zero_grad()
    fold_low_rank(ours)
    merged = theirs.merge_and_unload().state_dict()
    begun = AutoModel.from_pretrained(folder, add_pooling_layer=False).state_dict()
    moved = max(float((tensor - begun[name]).abs().max()) for name, tensor in ours.state_dict().items())
    assert moved > 1e-3
    for name, tensor in ours.state_dict().items():
        torch.testing.assert_close(tensor, merged[name], rtol=1e-4, atol=1e-6)
