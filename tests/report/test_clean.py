"""Strings of other people in a report: nothing in them turns what stands around."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from xstilts.report.clean import CLOSE, OPEN, clean, fit
from xstilts.report.latex import escape
from xstilts.report.markdown import safe

TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "RLI", "LRI")


@given(st.text())
def test_no_control_and_nothing_that_turns_the_direction_is_left(text: str) -> None:
    found = clean(text)
    assert not [one for one in found if unicodedata.category(one) == "Cc" and one not in "\t\n\r"]
    assert not [one for one in found if unicodedata.bidirectional(one) in TURNING]
    assert found.count(OPEN) == found.count(CLOSE)
    assert found.replace(OPEN, "").replace(CLOSE, "") == fit(text)


def test_right_to_left_words_are_set_apart_and_others_stay() -> None:
    assert clean("nli (+1.0 points)") == "nli (+1.0 points)"
    assert clean("مرحبا بك (-1.0)") == f"{OPEN}مرحبا بك{CLOSE} (-1.0)"
    assert clean("a\u202eb") == "a\ufffdb"


@given(st.text())
def test_latex_is_ascii(text: str) -> None:
    assert escape(text).isascii()


@given(st.text(st.characters(max_codepoint=126)))
def test_latex_commands_of_the_text_are_characters(text: str) -> None:
    known = r"\\text[a-z]+\{\}|\\[{}$&#%]|\\_\\allowbreak\{\}|-\{\}|\$-\$"
    assert not set(re.sub(known, "", escape(text))) & set("\\{}$&#%^~_")


@given(st.text())
def test_markdown_holds_no_markup_of_the_text(text: str) -> None:
    found = safe(text)
    assert "<" not in found and "\n" not in found
    assert "[" not in found.replace("\\[", "") and "`" not in found.replace("\\`", "")
