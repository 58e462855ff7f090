"""What a training or a prediction starts from.

In: a ``Start``. Out: an encoder and its vocabulary: from an earlier job, from a checkpoint folder or the hub, or made anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from json import dumps
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from torch import nn

from xstilts.catalogue.errors import Problem
from xstilts.data.random import stream
from xstilts.data.vocabulary import Vocabulary, read_vocabulary, train_vocabulary, vocabulary_of
from xstilts.jobs.sources import AllSources
from xstilts.model.encoder import load_encoder, make_encoder
from xstilts.study import job
from xstilts.study.protocols import Places
from xstilts.study.store import Store


def open_start(
    start: job.Start, store: Store, source: AllSources, places: Places, cache: Path, dropout: float, seed: int
) -> tuple[nn.Module, Vocabulary]:
    """The encoder and vocabulary of ``start``."""
    if start.job is not None:
        folder = store.folder(start.job) / "model"
        return load_encoder(folder, dropout), read_vocabulary(folder)
    if start.backbone is not None:
        folder = backbone_folder(places.backbones.get(start.backbone, start.backbone))
        return load_encoder(folder, dropout), read_vocabulary(folder)
    if start.architecture is None or start.vocabulary is None:
        raise Problem("a training needs a job, a backbone, or an architecture with a vocabulary to start from")
    vocabulary = trained_vocabulary(start.vocabulary, source, cache)
    shape = start.architecture
    encoder = make_encoder(
        shape.layers, shape.hidden, shape.heads, shape.feedforward, shape.positions, vocabulary, dropout, seed
    )
    return encoder, vocabulary


def backbone_folder(name: str) -> Path:
    """The folder of a checkpoint: ``name`` itself, or what the hub's client fetched (weights as safetensors only)."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.model", "*.txt"]))
    except Exception as error:  # the client raises many types: no network, no such name, no permission
        raise Problem(f"no backbone '{name}': it is no folder here, and the hub's client says: {error}") from error


def trained_vocabulary(spec: job.Vocabulary, source: AllSources, cache: Path) -> Vocabulary:
    """The vocabulary that ``spec`` describes, trained once and kept in the cache."""
    path = cache / "vocabularies" / f"{sha256(dumps(asdict(spec), sort_keys=True).encode()).hexdigest()[:32]}.json"
    if path.exists():
        return vocabulary_of(Tokenizer.from_file(str(path)), str(path))
    vocabulary = train_vocabulary(sampled_text(spec, source), spec.size)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{np.random.default_rng().integers(2**62):x}")
    vocabulary.tokenizer.save(str(aside))
    aside.replace(path)
    return vocabulary


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
