"""Encoders on the hub that are known here. Any other folder or hub name works as well.

In: nothing. Out: ``Backbone`` records. Sizes are those of published descriptions and only serve lists and plans; a job
always reads the configuration file of the backbone itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Backbone:
    """One pretrained encoder. ``None`` means that the value is not recorded here.

    ``parameters`` counts all of them, embeddings included. ``retrieval_layer`` is the block (1 is the first, 0 the
    embeddings) whose output is pooled for retrieval without training, ``None`` where no published choice is recorded.
    """

    name: str
    title: str
    layers: int | None = None
    hidden: int | None = None
    parameters: int | None = None
    retrieval_layer: int | None = None


_KNOWN = (
    Backbone("bert-base-multilingual-cased", "mBERT", 12, 768, None, 8),
    Backbone("xlm-roberta-base", "XLM-R base", 12, 768, 278_000_000),
    Backbone("xlm-roberta-large", "XLM-R large", 24, 1024, 560_000_000, 14),
    Backbone("facebook/xlm-roberta-xl", "XLM-R XL", 36, 2560, 3_500_000_000),
    Backbone("facebook/xlm-roberta-xxl", "XLM-R XXL", 48, 4096, 10_700_000_000),
    Backbone("microsoft/Multilingual-MiniLM-L12-H384", "Multilingual MiniLM", 12, 384),
    Backbone("microsoft/mdeberta-v3-base", "mDeBERTa v3 base"),
)


def backbones() -> Mapping[str, Backbone]:
    """The known backbones by hub name."""
    return MappingProxyType({backbone.name: backbone for backbone in _KNOWN})


def retrieval_layer(name: str, layers: int) -> int:
    """The block to pool for retrieval: the recorded one, else block ``round(7/12 * layers)``.

    The official scripts use block 8 of mBERT's 12 and block 14 of XLM-R large's 24; 7/12 carries the latter over.
    ``layers`` is the number of blocks of the encoder at hand; a record for another depth is not used.
    """
    known = backbones().get(name)
    if known and known.retrieval_layer is not None and known.layers == layers:
        return known.retrieval_layer
    return round(layers * 7 / 12)
