"""What is said of a split that is here in part: few labels that never occur by name, many by their number."""

from __future__ import annotations

import pytest

from xstilts.jobs.holdings import Holding, whole


@pytest.mark.parametrize(
    ("never", "said"),
    [
        (0, ()),
        (2, ("never the label l0, l1",)),
        (140, ("140 of 150 labels never occur: l0, l1, l2 ...",)),
    ],
)
def test_labels_that_never_occur(never: int, said: tuple[str, ...]) -> None:
    labels = tuple((f"l{number}", int(number >= never)) for number in range(150))
    assert whole([Holding("t", "train", "en", "folder", 10, labels=labels)]).notes == said
