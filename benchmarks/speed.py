"""What a reading of a training or a prediction says beside its seconds.

In: a reading. Out: the same with examples and tokens a second, and useful operations a second.
"""

from __future__ import annotations

from benchmarks.row import Places, Reading, Work

COLUMNS = ("dtype", "padding", "optimizer", "examples_s", "tokens_s", "wall", "cpu", "peak", "loss", "held_out")


def finished(reading: Reading, work: Work, places: Places) -> Reading:
    """Rates over the timed part; ``flops`` counts real tokens only."""
    from benchmarks.material import HEADS, SHAPES, sample, useful_flops

    found = sample(places, work)
    shape = SHAPES[work["shape"]]
    lengths = found.encoded.lengths[found.warm : found.warm + found.timed]
    labels = HEADS[found.type][1]
    read, outputs = (len(lengths), labels) if labels else (round(0.15 * float(lengths.sum())), shape.vocabulary)
    reading["examples_s"] = found.timed / reading["wall"]
    reading["tokens_s"] = found.tokens / reading["wall"]
    reading["flops"] = useful_flops(shape, lengths, read, outputs) / reading["wall"]
    return reading
