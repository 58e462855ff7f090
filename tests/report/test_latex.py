"""The LaTeX file of a report compiles, whatever its names hold. Skipped where there is no pdfLaTeX or Tectonic."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from filled import HOSTILE, PLAIN, filled, hostile
from xstilts.analysis.section import Section
from xstilts.cli.report import note_of
from xstilts.report import latex

ENGINE = next((name for name in ("pdflatex", "tectonic") if shutil.which(name)), None)
OPTIONS = {"pdflatex": ["-interaction=nonstopmode", "-halt-on-error"], "tectonic": []}


@pytest.mark.skipif(ENGINE is None, reason="no pdflatex and no tectonic: whether a report compiles was not tested")
@pytest.mark.parametrize("kind", ["plain", "hostile"])
def test_it_compiles(tmp_path: Path, kind: str) -> None:
    plan, store = filled(tmp_path, PLAIN if kind == "plain" else hostile(tmp_path), reason=HOSTILE)
    (tmp_path / "report.tex").write_text(latex.page(note_of(plan, store)), encoding="utf-8")
    assert ENGINE is not None
    for _ in range(2):  # the widths of long tables are known after the first time
        done = subprocess.run(
            [ENGINE, *OPTIONS[ENGINE], "report.tex"],
            cwd=tmp_path,
            capture_output=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_a_table_is_booktabs_with_its_shades_bold() -> None:
    section = Section("T & S", ("arm", "gain"), (("a_b", "+1.0"), ("c", "-2.0")), 1, ("50 %",), frozenset({1}))
    shaded = latex.table(Section("T", ("arm", "gain"), section.rows, 1, shades={(0, 1): 1.0}))
    text = latex.table(section)
    assert "\\subsection*{T \\& S}" in text and "50 \\%" in text and "a\\_" in text
    assert [text.count(rule) for rule in ("\\toprule", "\\midrule", "\\bottomrule", "\\addlinespace")] == [1, 1, 1, 1]
    assert "\\textbf{+1.0}" in shaded and "\\textbf{$-$2.0}" not in shaded and "$-$2.0" in shaded
