"""What a training or a prediction starts from.

In: a ``Start``. Out: an encoder and its vocabulary: from an earlier job, from a checkpoint folder or the hub, or made
anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from torch import nn

from xstilts.catalogue.errors import Problem
from xstilts.data.kept import kept
from xstilts.data.random import stream
from xstilts.data.vocabulary import (
    Vocabulary,
    extended_vocabulary,
    read_vocabulary,
    train_vocabulary,
    vocabulary_of,
)
from xstilts.jobs.sources import AllSources
from xstilts.model.align import aligned_rows
from xstilts.model.encoder import load_encoder, make_encoder, replace_embeddings
from xstilts.study import job
from xstilts.study.identity import folder_of, is_folder
from xstilts.study.protocols import Places
from xstilts.study.store import Store


def open_start(
    start: job.Start,
    store: Store,
    source: AllSources,
    places: Places,
    cache: Path,
    dropout: float,
    seed: int,
    weights: bool = True,
) -> tuple[nn.Module, Vocabulary]:
    """The encoder and vocabulary of ``start``; without ``weights`` only its form, where that can be had alone."""
    if start.job is not None:
        folder = store.folder(start.job) / "model"
        return load_encoder(folder, dropout, weights=weights), read_vocabulary(folder)
    if start.backbone is not None:
        folder = backbone_folder(places.backbones.get(start.backbone, start.backbone))
        weights = weights or start.vocabulary is not None  # whose new vectors are made from the old ones
        encoder, old = load_encoder(folder, dropout, start.layers, weights), read_vocabulary(folder)
        if start.vocabulary is None:
            return encoder, old
        new = extended(start.vocabulary, old, source, cache)
        replace_embeddings(encoder, aligned_embeddings(start.vocabulary, encoder, old, new, source), new.pad)
        return encoder, new
    if start.architecture is None or start.vocabulary is None:
        raise Problem("a training needs a job, a backbone, or an architecture with a vocabulary to start from")
    vocabulary = trained_vocabulary(start.vocabulary, source, cache)
    shape = start.architecture
    encoder = make_encoder(
        shape.layers, shape.hidden, shape.heads, shape.feedforward, shape.positions, vocabulary, dropout, seed
    )
    if start.vocabulary.alignment:
        table = aligned_embeddings(start.vocabulary, encoder, vocabulary, vocabulary, source)
        replace_embeddings(encoder, table, vocabulary.pad)
    return encoder, vocabulary


def extended(spec: job.Vocabulary, old: Vocabulary, source: AllSources, cache: Path) -> Vocabulary:
    """The old vocabulary with ``spec.size`` more pieces, learned once and kept in the cache."""
    return _learned_once(
        spec, old.digest, cache, lambda: extended_vocabulary(old.tokenizer, sampled_text(spec, source), spec.size)
    )


def aligned_embeddings(
    spec: job.Vocabulary, encoder: nn.Module, old: Vocabulary, new: Vocabulary, source: AllSources
) -> np.ndarray[Any, np.dtype[Any]]:
    """Embeddings for ``new`` from the translations in ``spec.alignment``, float32 [new size, width]."""
    model: Any = encoder
    pairs: dict[str, list[tuple[str, str]]] = {}
    for rows in spec.alignment:
        table = source.read(rows)
        columns = (table.column(name).to_pylist() for name in table.column_names[:2])
        found = [(text, gloss) for text, gloss in zip(*columns, strict=True) if text and gloss]
        pairs.setdefault(rows.language, []).extend(found)
    table = model.get_input_embeddings().weight.detach().numpy()
    special = [str(old.tokenizer.id_to_token(number)) for number in old.special.tolist()]
    return aligned_rows(new.tokenizer, old.tokenizer, table, pairs.values(), special)


def backbone_folder(name: str) -> Path:
    """The folder of a checkpoint: ``name`` itself, or what the hub's client fetched (weights as safetensors only)."""
    if is_folder(name):
        return folder_of(name)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.model", "*.txt"]))
    except Exception as error:  # the client raises many types: no network, no such name, no permission
        raise Problem(f"no backbone '{name}': it is no folder here, and the hub's client says: {error}") from error


def trained_vocabulary(spec: job.Vocabulary, source: AllSources, cache: Path) -> Vocabulary:
    """The vocabulary that ``spec`` describes, trained once and kept in the cache."""
    return _learned_once(spec, "", cache, lambda: train_vocabulary(sampled_text(spec, source), spec.size))


def _learned_once(spec: job.Vocabulary, old: str, cache: Path, make: Callable[[], Vocabulary]) -> Vocabulary:
    name = sha256(dumps([asdict(spec), old], sort_keys=True).encode()).hexdigest()[:32]
    folder = kept(cache / "vocabularies" / name, lambda place: make().tokenizer.save(str(place / "tokenizer.json")))
    path = folder / "tokenizer.json"
    return vocabulary_of(Tokenizer.from_file(str(path)), str(path))


def sampled_text(spec: job.Vocabulary, source: AllSources) -> Iterator[str]:
    """Lines of every language, at most ``characters`` in all, languages in proportion to (their characters)^alpha."""
    lines: dict[str, list[str]] = {}
    for rows in spec.text:
        table = source.read(rows)
        for name in table.column_names[:2]:
            lines.setdefault(rows.language, []).extend(text for text in table.column(name).to_pylist() if text)
    sizes = {language: sum(map(len, texts)) for language, texts in lines.items()}
    shares = {language: size**spec.alpha for language, size in sizes.items() if size}
    total = sum(shares.values())
    for language, share in shares.items():
        left = spec.characters * share / total
        for number in stream(0, "vocabulary", language).permutation(len(lines[language])):
            if left <= 0:
                break
            text = lines[language][number]
            left -= len(text)
            yield text
