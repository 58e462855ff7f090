"""The checklist: every item on sentences written for it, structure and tables, places, people, agreement."""

from __future__ import annotations

import tomllib
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.catalogue.errors import Problem
from xstilts.literature.review.agree import SCORES, agreement, of_rules, read_people, spread
from xstilts.literature.review.checklist import checklist
from xstilts.literature.review.material import material
from xstilts.literature.review.rules import Finding, findings

ITEMS = checklist()
EXAMPLES = tomllib.loads(Path(__file__).with_name("checklist_examples.toml").read_text(encoding="utf-8"))
CASES = [(name, kind, text) for name, kinds in EXAMPLES.items() for kind, texts in kinds.items() for text in texts]


def scores_of(text: str | list[str], item: str) -> dict[str, str]:
    found = findings(material([text] if isinstance(text, str) else text), ITEMS)
    return {one.rule: one.score for one in found if one.item == item}


def test_every_item_says_why_and_has_examples_for_and_beside_it() -> None:
    assert set(EXAMPLES) == {item.name for item in ITEMS}
    for item in ITEMS:
        assert item.question.endswith("?") and item.reason and item.source and item.rules
        assert len(EXAMPLES[item.name]["yes"]) >= 2 and len(EXAMPLES[item.name]["near"]) >= 2


@pytest.mark.parametrize(("item", "kind", "text"), CASES)
def test_items_on_sentences(item: str, kind: str, text: str) -> None:
    found = set(scores_of(text, item).values()) - {"not found"}
    assert found == {"yes": {"yes"}, "no": {"no"}, "near": set()}[kind]


PAPER = [
    "A Study of Transfer\n\nAbstract\n\nWe train an intermediate task first. See Fig. 2 and Smith et al. (2019) for "
    "more.\n\n"
    "1 Introduction\n\nTransfer is useful. Nothing else is said here.\n\n"
    "4.2 Experimental Setup\n\nWe use a learning rate of 1e-5. Every number is a mean over five seeds.\n\n"
    "arm\tde\tzh\tseeds\nbaseline\t50.1\t40.2\t5\nMNLI\t52.3\t-1.4\t5",
    "5 Results\n\nMNLI helps by 2.2 points, but CCG hurts.\n\n6 Limitations\n\nOnly one encoder was used.\n\n"
    "References\n\nA. Body. 2020. Confidence intervals and statistical significance tests: GPU hours, CC-BY "
    "licences.\n\n"
    "A Appendix\n\nAll scores by language follow in the tables.",
]


def test_headings_sentences_and_tables_have_their_places() -> None:
    found = material(PAPER)
    titles = [heading.title for heading in found.headings]
    assert titles == [
        "",
        "A Study of Transfer",
        "Abstract",
        "1 Introduction",
        "4.2 Experimental Setup",
        "5 Results",
        "6 Limitations",
        "References",
        "A Appendix",
    ]
    for unit in found.units:
        assert PAPER[unit.place.page - 1][unit.place.start : unit.place.end] == unit.text
    texts = [unit.text for unit in found.units]
    assert "See Fig. 2 and Smith et al. (2019) for more." in texts
    assert [unit.text.split("\t")[0] for unit in found.units if unit.kind == "head"] == ["arm"]
    assert sum(unit.kind == "row" for unit in found.units) == 2
    assert not any("Confidence" in text for text in texts)  # references say nothing about the paper that cites them
    assert texts[-1] == "All scores by language follow in the tables."


def test_rules_look_at_different_evidence() -> None:
    assert scores_of(PAPER, "seeds") == {"words": "yes", "structure": "yes", "figures": "yes"}
    assert scores_of(PAPER, "limitations") == {"words": "not found", "structure": "yes"}
    assert scores_of(PAPER, "negative-results") == {"words": "yes", "figures": "yes"}
    assert scores_of(PAPER, "by-language") == {"words": "yes", "structure": "not found", "figures": "yes"}
    for item in ("spread", "many-tests", "licences", "compute"):  # only in the bibliography
        assert set(scores_of(PAPER, item).values()) == {"not found"}


def test_what_is_said_and_denied_is_partly() -> None:
    text = "We report a single run for large models. Small models are averaged over five seeds."
    assert scores_of(text, "seeds")["words"] == "partly"
    assert scores_of("Data overlap was not checked.", "overlap")["words"] == "yes"  # it is discussed


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("We cannot report confidence intervals.", "no"),
        ("There are no confidence intervals in this table.", "no"),
        ("Confidence intervals have not been computed.", "no"),
        ("This does not change the picture; confidence intervals are in Table 2.", "yes"),
        ("Not only means but confidence intervals are given.", "yes"),
        ("We do not trust means and give confidence intervals.", "yes"),
        ("Languages without text are left out, and confidence intervals shown.", "yes"),
    ],
)
def test_denials_near_and_far(text: str, score: str) -> None:
    assert scores_of(text, "spread")["words"] == score


def test_a_report_page_in_markdown() -> None:
    page = (
        '# A study\n\n- mean ± SD over\n  seeds, paired by seed\n\n```toml\nlicence = "none"\n```\n\n## Scores\n\n'
        "| target | baseline | seeds | 95 % |\n| --- | ---: | ---: | --- |\n| xnli | 45.1 | 3 | +1.9 .. +5.0 |\n\n"
        "### By language\n\nText.\n"
    )
    found = material([page])
    assert [heading.title for heading in found.headings[1:]] == ["A study", "Scores", "By language"]
    assert found.headings[3].parents == (1, 2) and len(found.within(2)) == 5
    assert all(page[u.place.start : u.place.end] == u.text for u in found.units)
    assert [u.kind for u in found.units if u.text.startswith("|")] == ["head", "row"]
    assert not any("licence" in unit.text for unit in found.units)
    assert scores_of(page, "seeds")["words"] == "yes"  # over a line break
    assert scores_of(page, "seeds")["figures"] == scores_of(page, "baselines")["figures"] == "yes"
    assert scores_of(page, "spread")["figures"] == scores_of(page, "by-language")["structure"] == "yes"


def test_headings_that_ran_into_the_text() -> None:
    page = (
        "It helps most. 1 Introduction Transfer is useful.\n\nSo it ends. 7 Limitations\n\nLimitations Our study has "
        "one encoder. It is small. Results are few. References\n\nA. Body. 2020. Confidence intervals."
    )
    found = material([page])
    assert [heading.title for heading in found.headings[1:]] == [
        "1 Introduction",
        "7 Limitations",
        "Limitations",
        "References",
    ]
    assert [unit.text for unit in found.units if unit.kind == "sentence"] == [
        "It helps most.",
        "Transfer is useful.",
        "So it ends.",
        "Our study has one encoder.",
        "It is small.",
        "Results are few.",
    ]
    assert all(page[u.place.start : u.place.end] == u.text for u in found.units)


def test_a_pdf_as_readers_of_it_see_it(tmp_path: Path) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    from xstilts.literature.read import read

    style = getSampleStyleSheet()
    parts = [
        ("Title", "Transfer by Intermediate Tasks"),
        ("Heading1", "1 Introduction"),
        ("BodyText", "Transfer is useful. " * 20),
        ("Heading1", "2 Experimental Setup"),
        ("BodyText", "All numbers are averaged over three random seeds. We do not report confidence intervals."),
        ("Heading1", "Limitations"),
        ("BodyText", "Only one encoder is studied."),
        ("Heading1", "References"),
        ("BodyText", "B. Other. 2019. Significance tests with bootstrap confidence intervals, on eight GPU hours."),
    ]
    flow: list[object] = [Paragraph(text, style[name]) for name, text in parts]
    flow.insert(
        5, Table([["task", "de", "sw", "seeds"], ["baseline", "70.2", "60.3", "3"], ["CCG", "68.0", "-1.2", "3"]])
    )
    SimpleDocTemplate(str(tmp_path / "paper.pdf")).build(flow)
    (document,) = read(tmp_path / "paper.pdf")
    pages = list(document.pages)
    assert scores_of(pages, "seeds") == {"words": "yes", "structure": "yes", "figures": "yes"}
    assert scores_of(pages, "spread")["words"] == "no"
    assert scores_of(pages, "limitations")["structure"] == "yes"
    assert scores_of(pages, "by-language")["figures"] == "yes"
    assert set(scores_of(pages, "many-tests").values()) | set(scores_of(pages, "compute").values()) == {"not found"}


@given(st.lists(st.text(st.sampled_from("ab AB.!?\n\t|-#*`1 é零"), max_size=80), max_size=3))
def test_any_text_is_cut_into_pieces_that_stand_where_they_say(pages: list[str]) -> None:
    found = material(pages)
    spans: dict[int, int] = {}
    for unit in found.units:
        assert pages[unit.place.page - 1][unit.place.start : unit.place.end] == unit.text != ""
        assert unit.place.start >= spans.get(unit.place.page, 0)  # in order, none twice
        spans[unit.place.page] = unit.place.end
        assert unit.section < len(found.headings)
    findings(found, ITEMS)


def test_a_long_text_takes_no_long_time() -> None:
    import time

    began = time.monotonic()
    findings(material(["above the " * 8_000, "a, " * 20_000 + ".", "-" * 40_000, "| " * 20_000, "1 " * 20_000]), ITEMS)
    assert time.monotonic() - began < 10


def test_people(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(
        "item,reviewer,score\nseeds,Ana,yes\nseeds,Bo,0.5\nspread,Ana,Not_Found\nspread,Bo,\n", encoding="utf-8"
    )
    assert read_people(path, ITEMS, ["paper"]) == {
        "paper": {"Ana": {"seeds": "yes", "spread": "not found"}, "Bo": {"seeds": "partly"}}
    }
    path.write_text("reviewer,item,score,document\nAna,seeds,1,b\nAna,seeds,0,a\n", encoding="utf-8")
    assert read_people(path, ITEMS, ["a", "b"]) == {"b": {"Ana": {"seeds": "yes"}}, "a": {"Ana": {"seeds": "no"}}}


def test_mistakes_of_people_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(
        "reviewer,item,score,document\n,seeds,yes,a\nAna,seds,yes,a\nAna,seeds,perhaps,a\nAna,seeds,yes,c\n"
        "Ana,seeds,yes,\nBo,seeds,yes,a\nBo,seeds,no,a\n",
        encoding="utf-8",
    )
    with pytest.raises(Problem) as raised:
        read_people(path, ITEMS, ["a", "b"])
    said = "\n".join(raised.value.problems)
    for line, part in enumerate(
        ["no reviewer", "did you mean 'seeds'", "'perhaps'", "'c' is not reviewed", "which document", "", "twice"], 2
    ):
        assert not part or (f"line {line}: " in said and part in said)
    path.write_text("who,what\n", encoding="utf-8")
    with pytest.raises(Problem, match="no column"):
        read_people(path, ITEMS, ["a"])


def test_spread() -> None:
    assert spread(["yes", "yes"]) == "0"
    assert spread(["yes", "no", "partly"]) == "1"
    assert spread(["yes", "not found"]) == "0 open"
    assert spread(["not found", "not found"]) == "" == spread([])


def rated(rows: list[list[str | None]]) -> dict[str, dict[str, str]]:
    names = [item.name for item in ITEMS]
    return {f"r{i}": {n: s for n, s in zip(names, row, strict=False) if s} for i, row in enumerate(rows)}


def test_alpha_is_krippendorffs_own_example() -> None:
    """Four observers, twelve units, missing values: nominal alpha .743 (Krippendorff 2011, Computing Krippendorff's
    Alpha-Reliability). The example has five values and this scale four, so the whole of it goes through the library,
    and what has the first four values through ours."""
    data = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    whole = np.array([[np.nan if v is None else v for v in row] for row in data], float)
    assert krippendorff.alpha(whole, level_of_measurement="nominal") == pytest.approx(0.743, abs=5e-4)
    ours = [[SCORES[v - 1] if v and v < 5 else None for v in row] for row in data]
    found = agreement(rated(ours), ITEMS, np.random.default_rng(1))  # type: ignore[arg-type]
    assert found.alpha == pytest.approx(by_hand(ours))
    assert (found.raters, found.pairs) == (4, 10)


def by_hand(rows: list[list[str | None]]) -> float:
    """Nominal alpha from its definition: 1 - observed / expected disagreement over all pairs of values of a unit."""
    units = [[v for v in column if v] for column in zip(*rows, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values = [v for unit in units for v in unit]
    observed = sum(sum(a != b for a in unit for b in unit) / (len(unit) - 1) for unit in units) / len(values)
    expected = sum(a != b for a in values for b in values) / (len(values) * (len(values) - 1))
    return 1 - observed / expected


@given(st.lists(st.lists(st.sampled_from([*SCORES, None]), min_size=6, max_size=6), min_size=0, max_size=4))
def test_alpha_is_its_definition_or_undecided(rows: list[list[str | None]]) -> None:
    found = agreement(rated(rows), ITEMS, np.random.default_rng(1))  # type: ignore[arg-type]
    if found.alpha is None:
        assert found.why
    else:
        assert found.alpha == pytest.approx(by_hand(rows), abs=1e-9)


def test_the_interval_of_alpha_narrows_with_items_and_covers_it() -> None:
    generator = np.random.default_rng(5)

    def raters(count: int) -> list[list[str | None]]:
        truth = generator.integers(4, size=count)
        noisy = [np.where(generator.random(count) < 0.3, generator.integers(4, size=count), truth) for _ in range(2)]
        return [[SCORES[int(code)] for code in row] for row in noisy]

    few, all_of_them = (agreement(rated(raters(count)), ITEMS, np.random.default_rng(1)) for count in (8, 21))  # type: ignore[arg-type]
    for found in (few, all_of_them):
        assert found.low is not None and found.high is not None and found.alpha is not None
        assert found.low < found.alpha < found.high
    assert all_of_them.high - all_of_them.low < few.high - few.low  # type: ignore[operator]
    again = agreement(rated(raters(7)), ITEMS, np.random.default_rng(1))  # type: ignore[arg-type]
    assert again.alpha is not None and again.low is None


def test_rules_as_raters() -> None:
    found = [
        Finding("seeds", "words", "yes"),
        Finding("seeds", "figures", "no"),
        Finding("spread", "words", "not found"),
    ]
    assert of_rules(found) == {"words": {"seeds": "yes", "spread": "not found"}, "figures": {"seeds": "no"}}


def test_a_checklist_of_ones_own_and_its_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[[items]]\nname = "x"\nquestion = "Is x?"\nreason = "r"\nsource = "s"\n'
        '[items.words]\nyes = ["a b ?c", "[x y]"]\n',
        encoding="utf-8",
    )
    (item,) = checklist(path)
    one, two = item.rules["words"]["yes"]
    assert one.search("A\n b  c") and one.search("a bc") and two.fullmatch("\n")
    path.write_text(
        '[[items]]\nname = "x"\nquestion = "q"\nwordz = 1\n[items.words]\nyes = ["("]\nno = "x"\n'
        '[items.structure]\nhas = ["a"]\n'
        '[[items]]\nname = "x"\nquestion = "q"\nreason = "r"\nsource = "s"\ndenial = 3\n',
        encoding="utf-8",
    )
    with pytest.raises(Problem) as raised:
        checklist(path)
    said = "\n".join(raised.value.problems)
    for part in (
        "did you mean 'words'",
        "reason is missing",
        "no regular expression",
        "no is no list",
        "sections is missing",
        "no rule",
        "denial is neither",
        "two items are called 'x'",
    ):
        assert part in said
    for text in ("", "items = 3", "items = [1]", "["):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(Problem, match="checklist"):
            checklist(path)


def test_held_out_sentences_and_the_page_that_reports_them() -> None:
    """Sentences that no rule was fitted to; docs/literature.md shows these very figures."""
    held_out = tomllib.loads(Path(__file__).with_name("checklist_held_out.toml").read_text(encoding="utf-8"))
    counts: dict[tuple[str, str], int] = {}
    for item, kinds in held_out.items():
        for kind, texts in kinds.items():
            for text in texts:
                found = set(scores_of(text, item).values()) - {"not found"}
                (said,) = found if len(found) == 1 else {"partly"} if found else {"not found"}
                counts[kind, said] = counts.get((kind, said), 0) + 1
    page = (Path(__file__).parents[2] / "docs" / "literature.md").read_text(encoding="utf-8")
    for kind, title in (("yes", "says so"), ("no", "denies it"), ("near", "comes near, says neither")):
        row = [counts.get((kind, said), 0) for said in ("yes", "partly", "no", "not found")]
        assert f"| {title} | {sum(row)} | {' | '.join(map(str, row))} |" in page
