"""What a training starts from: token vectors through translations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xstilts.data.vocabulary import Vocabulary
from xstilts.jobs.sources import open_source
from xstilts.jobs.start import open_start
from xstilts.study import job
from xstilts.study.protocols import Places
from xstilts.study.store import Store
from xstilts.world import WorldSettings
from xstilts.world.lexicon import lexicon, twins

SIZES = {"animates": 8, "things": 8, "verbs": 8, "adjectives": 4, "places": 6, "times": 2, "numbers": 3}
WORLD: dict[str, Any] = SIZES | {"parallel": 400, "phrases": 800, "words": {}, "noise": 0.0}


def translated(folder: Path, aligned: bool) -> float:
    """Share of an isolating language's words whose nearest word of the labelled language means the same."""
    places = Places(world=WORLD)
    source = open_source(places)
    rows = {name: source.rows(source.task(f"world/{name}"), "train", "qag") for name in ("parallel", "lexicon")}
    spec = job.Vocabulary(900, (rows["parallel"],), alignment=tuple(rows.values()) if aligned else ())
    start = job.Start(architecture=job.Architecture(1, 32, 4, 48, 900, 70), vocabulary=spec)
    encoder, vocabulary = open_start(start, Store(folder / "store"), source, places, folder, 0.0, 0)
    body: Any = encoder
    table = body.get_input_embeddings().weight.detach().numpy()
    names, ours = words_of("qag", vocabulary)
    others, theirs = words_of("qaa", vocabulary)
    likeness = table[ours] @ (table[theirs] / np.linalg.norm(table[theirs], axis=1, keepdims=True)).T
    return float(np.mean([name == others[found] for name, found in zip(names, likeness.argmax(axis=1), strict=True)]))


def words_of(language: str, vocabulary: Vocabulary) -> tuple[list[str], list[int]]:
    """Meaning and id of every content word that is one piece."""
    settings = WorldSettings.of(WORLD)
    forms = lexicon(settings)[language]
    found = {name: vocabulary.ids([form])[0] for name, form in forms.items() if "." in name and name[0] != "-"}
    whole = {name: ids[0] for name, ids in found.items() if len(ids) == 1 and name not in twins(settings)}
    return [name.split("/")[0] for name in whole], list(whole.values())


def test_an_architecture_s_embeddings_start_from_translations(tmp_path: Path) -> None:
    assert translated(tmp_path, aligned=True) > 0.8
    assert translated(tmp_path, aligned=False) < 0.2
