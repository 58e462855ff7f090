"""ANLI, round 3: entailment written against a model; a part of ANLI+."""

from __future__ import annotations

from xstilts.catalogue.tasks.anli_r1 import round_of

TASK = round_of(3, 100_459, 1_200)
