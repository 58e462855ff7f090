"""The table ``[search]`` of a study file: learning rates that every arm tries before its target phase.

In: a table as TOML gives it. Out: a checked ``RateSearch``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from xstilts.study.table import Above0, Natural, Positive, Table

Rates = Annotated[tuple[Above0, ...], Field(min_length=2)]


class RateSearch(Table):
    """Every arm that learns a target tries the same number of rates: those of ``learning_rate`` (for all targets, or a
    table by target), or the ``factors`` of what the settings say. Each is tried once, with ``seed``, which no result is
    reported of, and scored on at most ``examples`` rows in the target's labelled language that the study does not score
    (``rates.trial_rows``).
    """

    learning_rate: Rates | dict[str, Rates] | None = None
    factors: Rates | None = None
    seed: Natural
    examples: Positive = 1000

    @model_validator(mode="after")
    def _one_list(self) -> RateSearch:
        if (self.learning_rate is None) == (self.factors is None):
            raise ValueError("say either 'learning_rate' (rates to try) or 'factors' (of the rate in the settings)")
        lists = self.learning_rate if isinstance(self.learning_rate, dict) else {"": self.learning_rate or self.factors}
        for target, rates in lists.items():
            if rates and len(set(rates)) < len(rates):
                raise ValueError(f"a rate stands twice{f' for {target}' if target else ''}")
        return self

    def rates(self, target: str, usual: float) -> tuple[float, ...]:
        """What is tried for ``target``, whose settings say ``usual``; nothing where the table leaves it out."""
        if self.factors is not None:
            return tuple(usual * factor for factor in self.factors)
        said = self.learning_rate
        return said.get(target, ()) if isinstance(said, dict) else said or ()
