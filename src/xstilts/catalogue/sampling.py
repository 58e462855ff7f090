"""How often each task of a phase is drawn.

In: sizes, the rule. Out: probabilities. Trainings draw with them; plans guess the mean length of what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence


def probabilities(
    sizes: Sequence[int], rule: str, cap: int, temperature: float, weights: Sequence[float]
) -> tuple[float, ...]:
    """Probability of each task.

    ``proportional``: to its size. ``capped``: to min(size, cap) (Phang et al. 2020, cap 131,072). ``temperature``: to
    size^(1/T). ``uniform``: equal. ``given``: to ``weights``.
    """
    match rule:
        case "proportional":
            shares = [float(size) for size in sizes]
        case "capped":
            shares = [float(min(size, cap)) for size in sizes]
        case "temperature":
            shares = [size ** (1.0 / temperature) for size in sizes]
        case "uniform":
            shares = [1.0 for _ in sizes]
        case "given":
            shares = [float(weight) for weight in weights]
        case _:
            raise ValueError(f"no sampling rule {rule!r}")
    total = sum(shares) or 1.0
    return tuple(share / total for share in shares)
