"""ANLI, round 2: entailment written against a model; a part of ANLI+."""

from __future__ import annotations

from xstilts.catalogue.tasks.anli_r1 import round_of

TASK = round_of(2, 45_460, 1_000)
