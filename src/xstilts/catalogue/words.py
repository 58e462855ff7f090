"""Long lists of names, written as one text so that they stay readable.

In: words with blanks between them, or ``name=value`` pairs. Out: tuples and dictionaries, in the text's order.
"""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """``"a b"`` as ``("a", "b")``."""
    return tuple(text.split())


def pairs(text: str) -> dict[str, str]:
    """``"a=x b=y"`` as ``{"a": "x", "b": "y"}``."""
    return dict(pair.split("=") for pair in text.split())


def numbers(text: str) -> dict[str, int]:
    """``"a=1 b=2"`` as ``{"a": 1, "b": 2}``."""
    return {name: int(value) for name, value in pairs(text).items()}
