"""How like intermediate tasks are to targets, as advice takes it into account.

In: a user's file, the store's studies, the data at hand. Out: measures (``advice.ALIKE``) by target and task, and
sentences on what could be measured.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xstilts.analysis.advice import Trial
    from xstilts.study.manifest import Plan
    from xstilts.study.store import Store

Known = dict[tuple[str, str], dict[str, float]]


def of_words(trials: Iterable[Trial], own: Mapping[str, list[str]]) -> Known:
    """The vocabulary of every task and target whose training texts are at hand; ``own``: the user's, by target."""
    from xstilts.analysis.similarity.vocabulary import divergence, words
    from xstilts.catalogue.find import tasks
    from xstilts.jobs.liken import texts_of
    from xstilts.jobs.sources import open_source
    from xstilts.study.protocols import Places

    source = open_source(Places(data=os.environ.get("XSTILTS_DATA")), fetch=False, online=False)
    counted: dict[str, Counter[str]] = {name: words(texts) for name, texts in own.items()}

    def of(name: str) -> Counter[str]:
        if name not in counted:
            counted[name] = words(texts_of(source, tasks()[name]) if name in tasks() else ())
        return counted[name]

    pairs = dict.fromkeys((one.target, one.intermediate) for one in trials)
    return {(a, b): {"vocabulary": -divergence(of(b), of(a))} for a, b in pairs if of(a) and of(b)}


def of_study(plan: Plan, store: Store) -> Known:
    """The measures of a study whose models were probed, means over languages; nothing of another."""
    import numpy as np

    from xstilts.analysis.advice import ALIKE
    from xstilts.analysis.material import Material
    from xstilts.analysis.similarity.table import matrix
    from xstilts.analysis.table import of_store
    from xstilts.jobs.behind import Behind
    from xstilts.study.evidence import Evidence

    found = matrix(Material(of_store(plan, store), Behind(plan, store), Evidence())) if plan.probes else None
    known: Known = {}
    if found is None:
        return known
    for name, values in found.measures.items():
        for target in dict.fromkeys(one[1] for one in found.rankings) if name in ALIKE else ():
            rows = [k for k, one in enumerate(found.rankings) if one[1] == target]
            for place, task in enumerate(found.tasks):
                known.setdefault((target, task), {})[name] = float(np.mean(values[rows, place]))
    return known


def of_file(
    path: Path, target: str, form: str, backbone: str, store: Store, candidates: Iterable[Trial],
    columns: Mapping[str, str],
) -> tuple[Known, list[str]]:  # fmt: skip
    """The measures of a user's own rows with every candidate, and what was measured how. ``columns``: what the file
    calls its roles."""
    from xstilts.analysis.similarity.alike import cosine
    from xstilts.analysis.similarity.measures import standardised
    from xstilts.analysis.similarity.transfer import logme
    from xstilts.catalogue.task import TaskType
    from xstilts.data.given import given_rows
    from xstilts.jobs.behind import texts_in

    type = TaskType(form)
    rows, labelled = given_rows(path, type, columns)
    asked = list(candidates)
    known = of_words(asked, {target: texts_in(rows)})
    said = [
        f"{path.name}: {rows.num_rows:,} rows{'' if labelled else ', not labelled'}; words compared with "
        f"{len(known)} of {len(asked)} tasks, whose training rows are here"
    ]
    plan = next((p for name in store.studies() if _probed(p := store.plan(name), backbone)), None)
    if plan is None:
        return known, [
            *said,
            f"no study of the store has probed models of {backbone}: neither text embedding nor LogME",
        ]
    from xstilts.jobs.liken import seen_by

    seen = seen_by(plan, store, backbone, rows, type, labelled)
    for task, text in (seen.texts if seen else {}).items():
        known.setdefault((target, task), {})["text embedding"] = cosine(text, seen.text) if seen else 0.0
    for task, (shown, labels) in (seen.features if seen else {}).items():
        if len(set(labels.tolist())) > 1:
            known.setdefault((target, task), {})["LogME"] = logme(standardised(shown), labels)
    count = (len(seen.texts), len(seen.features)) if seen else (0, 0)
    return known, [*said, f"{plan.name}: text embedding with {count[0]} tasks, LogME under {count[1]} encoders"]


def _probed(plan: Plan, backbone: str) -> bool:
    return any(one.backbone == backbone for one in plan.probes)
