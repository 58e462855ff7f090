"""Encoders of the model library over flat batches: load, make, run.

In: a folder in the hub's format, or an ``Architecture``. Out: a model of the library with flat attention and stream
dropout, and ``hidden_states`` of a ``Batch``. BERT, RoBERTa/XLM-R, XLM-R XL/XXL and DeBERTa-v2/v3 families are read;
nothing is executed from a model folder.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, XLMRobertaConfig, XLMRobertaModel
from transformers.initialization import no_init_weights
from transformers.utils import logging as library_logging

from xstilts.catalogue.errors import Problem
from xstilts.data.batch import Batch
from xstilts.data.vocabulary import Vocabulary
from xstilts.model import block, padded, recompute
from xstilts.model.attention import NAME
from xstilts.model.dropout import replace_dropout
from xstilts.model.layout import Layout, layout, rounded

Array = np.ndarray[Any, np.dtype[Any]]
_LAYER = re.compile(r"\blayer\.(\d{1,6})\.")
FAMILIES = ("bert", "roberta", "xlm-roberta", "xlm-roberta-xl", *padded.FAMILIES)


def make_encoder(
    layers: int,
    hidden: int,
    heads: int,
    feedforward: int,
    positions: int,
    vocabulary: Vocabulary,
    dropout: float,
    seed: int,
) -> nn.Module:
    """A new encoder in XLM-R's form with random weights from ``seed`` and the vocabulary's ids."""
    if hidden % heads:
        raise Problem(f"an encoder of width {hidden} cannot have {heads} heads: choose a divisor of {hidden}")
    config = XLMRobertaConfig(
        vocab_size=vocabulary.size,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feedforward,
        max_position_embeddings=positions,
        type_vocab_size=1,
        pad_token_id=vocabulary.pad,
        bos_token_id=vocabulary.before[0],
        eos_token_id=vocabulary.after[-1],
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,
        tie_word_embeddings=False,
    )
    config._attn_implementation = NAME
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = XLMRobertaModel(config, add_pooling_layer=False)
    return _prepared(encoder, dropout)


def warm() -> None:
    """Do now what the library does in every process before it opens its first model: compile how checkpoints of old
    name their weights."""
    with contextlib.suppress(ImportError):  # not part of what the library promises to keep
        from transformers.conversion_mapping import get_checkpoint_conversion_mapping

        get_checkpoint_conversion_mapping(XLMRobertaConfig.model_type)


def load_encoder(
    folder: Path, dropout: float | None = None, layers: int | None = None, weights: bool = True
) -> nn.Module:
    """The encoder of a checkpoint folder (config.json, model.safetensors); its head, if it has one, is left out.

    ``layers``: only the first ones. ``dropout`` None keeps the rates of the checkpoint's own configuration. Without
    ``weights`` only its form, for who is given the weights by another process.
    """
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # the library raises many types for values that it does not expect
        raise Problem(f"cannot read {folder / 'config.json'}: {_first_line(error)}") from error
    if config.model_type not in FAMILIES:
        raise Problem(
            f"{folder} holds a '{config.model_type}' model: encoders of the families {', '.join(FAMILIES)} are read"
        )
    quiet()
    how = {} if config.model_type in padded.FAMILIES else {"attn_implementation": NAME, "add_pooling_layer": False}
    try:
        held = _layers_in(folder)
        if config.num_hidden_layers > held:  # the library would make the others up, however many
            raise ValueError(f"config.json says {config.num_hidden_layers:,} layers, they hold {held}")
        if weights:
            encoder = AutoModel.from_pretrained(
                folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, **how
            )
        else:
            with no_init_weights():  # memory that nobody has written to takes no room
                encoder = AutoModel.from_config(config, trust_remote_code=False, dtype=torch.float32, **how)
    except Exception as error:  # safetensors and the library raise many types for damaged files
        raise Problem(
            f"cannot load the weights in {folder}: {_first_line(error)}; fetch or copy the folder again"
        ) from error
    if layers is not None:
        if not 0 < layers <= config.num_hidden_layers:
            raise Problem(f"{folder} has {config.num_hidden_layers} layers: it cannot keep the first {layers}")
        encoder.encoder.layer = encoder.encoder.layer[:layers]
        encoder.config.num_hidden_layers = layers
    return _prepared(encoder, dropout)


def replace_embeddings(encoder: nn.Module, table: np.ndarray[Any, np.dtype[Any]], pad: int) -> None:
    """Put a new table of token vectors, float32 [ids, width], in the place of the encoder's."""
    model: Any = encoder
    embedding = nn.Embedding(table.shape[0], table.shape[1], padding_idx=pad)
    with torch.no_grad():
        embedding.weight.copy_(torch.from_numpy(table))
    model.set_input_embeddings(embedding)
    model.config.vocab_size = table.shape[0]
    model.config.pad_token_id = pad


def save_encoder(encoder: nn.Module, vocabulary: Vocabulary, folder: Path) -> None:
    """Write config.json, model.safetensors, tokenizer.json, tokenizer_config.json; ``AutoModel`` opens the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    model: Any = encoder
    model.save_pretrained(folder)
    save_tokenizer(encoder, vocabulary, folder)


def save_tokenizer(encoder: nn.Module, vocabulary: Vocabulary, folder: Path, longest: int | None = None) -> None:
    """Write tokenizer.json and tokenizer_config.json, with which ``AutoTokenizer`` feeds ``encoder`` as it is fed here:
    segments of the second text where its template has them, sequences of ``longest`` tokens or as many as fit."""
    model: Any = encoder
    vocabulary.tokenizer.save(str(folder / "tokenizer.json"))
    named = vocabulary.tokenizer.id_to_token
    has = vocabulary.segments and getattr(model.config, "type_vocab_size", 0) > 1
    segments = ["token_type_ids"] if has else []
    fits = usable_positions(encoder)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", *segments, "attention_mask"],
        "model_max_length": fits if longest is None else min(longest, fits),
        "cls_token": named(vocabulary.before[0]),
        "sep_token": named(vocabulary.after[-1]),
        "pad_token": named(vocabulary.pad),
        "mask_token": named(vocabulary.mask),
        "unk_token": named(vocabulary.unknown),
    }
    (folder / "tokenizer_config.json").write_text(
        json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def usable_positions(encoder: nn.Module) -> int:
    """Longest sequence that the encoder has positions for."""
    config: Any = encoder.config
    return int(config.max_position_embeddings) - _first_position(config)


def hidden_states(encoder: nn.Module, batch: Batch, layer: int | None = None, read: Array | None = None) -> Tensor:
    """Vectors of every token, [tokens, width], or of the tokens ``read`` (int64, rising), [read, width]: of the last
    layer, or after block ``layer`` (0 = embeddings). Raises ``Problem`` for a sequence longer than the encoder reads.
    """
    model: Any = encoder
    device = next(encoder.parameters()).device
    if model.config.model_type in padded.FAMILIES:
        found = padded.padded_states(encoder, batch, layer)
        return found if read is None else found.index_select(0, torch.from_numpy(read).to(device))
    if len(batch.ids) and (most := usable_positions(encoder)) <= int(batch.positions.max()):
        raise Problem(f"a sequence has more tokens than the {most} that the encoder has places for: lower max_length")
    ids, segments, positions = (
        torch.from_numpy(x).to(device)[None] for x in (batch.ids, batch.segments, batch.positions)
    )
    states: Tensor = model.embeddings(
        input_ids=ids,
        token_type_ids=segments if model.config.type_vocab_size > 1 else torch.zeros_like(ids),
        position_ids=positions + _first_position(model.config),
    )[0]
    blocks = model.encoder.layer[:layer]
    everyone = layout(batch.lengths, device)
    wanted = everyone if read is None or len(read) == len(batch.ids) else layout(batch.lengths, device, read)
    if not len(blocks) or not block.fits(blocks[0]):
        for own in blocks:
            states = own(states[None], None, sequences=everyone)[0]
        states = states if wanted.read is None else states.index_select(0, wanted.read)
        if _ends_in_norm(model, len(blocks)):  # XLM-R XL and XXL norm the sum of their blocks once, behind the last
            states = model.encoder.LayerNorm(states)
        return states
    states = functional.pad(states, (0, 0, 0, rounded(len(states)) - len(states)))
    for own in blocks[:-1]:
        states = _run(own, states, everyone)
    return _run(blocks[-1], states, wanted)[: len(batch.ids if wanted.read is None else wanted.read)]


def _run(own: Any, states: Tensor, sequences: Layout) -> Tensor:
    """Our own block; what is inside of it is computed again on the way back where the encoder was told so."""
    if not (own.training and recompute.is_asked(own)):
        return block.run(own, states, sequences)
    result: Tensor = recompute.recomputed(own, lambda x: block.run(own, x, sequences), states)
    return result


def _ends_in_norm(model: Any, blocks: int) -> bool:
    return hasattr(model.encoder, "LayerNorm") and blocks == len(model.encoder.layer)


def _prepared(encoder: nn.Module, dropout: float | None) -> nn.Module:
    config: Any = encoder.config
    if dropout is not None:
        config.hidden_dropout_prob = dropout
    attention = float(config.attention_probs_dropout_prob)
    replace_dropout(encoder, dropout, "encoder")
    for name, module in encoder.named_modules():
        if name.endswith("attention.self"):
            module.dropout.p = attention if dropout is None or dropout > 0 else 0.0
    return encoder


def _first_position(config: Any) -> int:
    """RoBERTa's positions begin after the padding id, BERT's at 0."""
    return 0 if config.model_type in ("bert", *padded.FAMILIES) else int(config.pad_token_id) + 1


def _layers_in(folder: Path) -> int:
    """The number of layers that the weights in ``folder`` belong to."""
    found = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as weights:
            found = max([found, *(int(name[1]) + 1 for name in map(_LAYER.search, weights.keys()) if name)])
    return found


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def quiet() -> None:
    """Keep the model library from writing to the terminal."""
    library_logging.set_verbosity(logging.ERROR)
    library_logging.disable_progress_bar()
