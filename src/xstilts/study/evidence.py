"""What a study holds to be enough: the smallest effects of interest, what is believed beforehand, the power it wants.

In: the table ``[evidence]`` of a study file. Out: ``Evidence``, which analyses read and no job's key knows. They are in
the file, not in code, because only the author of a question can say which gain would matter.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from xstilts.study.table import Above0, Table


class Evidence(Table):
    """Effects below ``gain`` (an average, points), ``language`` (one language, points), ``slope`` (points a factor of
    ten), ``similarity`` (points a standard deviation of a measure) or ``calibration`` (a calibration error, 0 to 1)
    count as none: half the widths of the regions of practical equivalence.

    ``prior_...``: the standard deviation of what is believed of each such effect beforehand, around 0. ``deviation``:
    the standard deviation over seeds of an arm's average gain that the author expects (points), for a plan before any
    result. ``power``: the chance that an effect of the size a plan states is found. ``seeds``: fewer end in
    "undecided".
    """

    gain: Above0 = 0.5
    language: Above0 = 1.0
    slope: Above0 = 0.25
    similarity: Above0 = 0.1
    calibration: Above0 = 0.005
    prior_gain: Above0 = 2.0
    prior_slope: Above0 = 1.0
    prior_similarity: Above0 = 1.0
    prior_calibration: Above0 = 0.02
    deviation: Above0 | None = None
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    seeds: Annotated[int, Field(ge=2)] = 6
