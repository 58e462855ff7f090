"""The languages: what the table says of them is what is heard."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from xstilts.data.random import stream
from xstilts.world import World, WorldSettings
from xstilts.world.grammar import Style
from xstilts.world.lexicon import FUNCTION_WORDS, OTHER_SCRIPT, SUFFIXES, constructed, lexicon, roots, twins
from xstilts.world.meanings import NONE, Meaning, Meanings

PLAIN = Meaning(0, 1, 2, 1, 2, 0, 0, 1, 3, 0, True)
LANGUAGES = constructed()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def spoken(world: World, code: str, size: int = 400) -> list[list[str]]:
    meanings = Meanings(world.settings).draw(stream(0, "heard"), "text", size)
    return [[word for phrase in world.grammars[code].say(meaning) for word in phrase.words] for meaning in meanings]


def test_the_table_has_three_of_everything_and_two_scripts() -> None:
    assert len(LANGUAGES) == 12
    assert next(iter(LANGUAGES)) == "qaa"
    assert Counter(Counter(language.family for language in LANGUAGES.values()).values()) == {4: 3}
    for field, values in (("word_order", 3), ("morphology", 3), ("script", 2), ("genus", 6)):
        counts = Counter(getattr(language, field) for language in LANGUAGES.values())
        assert len(counts) == values
        assert max(counts.values()) - min(counts.values()) <= 1
    assert all("qaa" <= code <= "qtz" and code == language.iso639_3 for code, language in LANGUAGES.items())


def test_no_property_decides_another() -> None:
    for one, two in combinations(("family", "word_order", "morphology", "script"), 2):
        seen: dict[str, set[str]] = {}
        for language in LANGUAGES.values():
            seen.setdefault(getattr(language, one), set()).add(getattr(language, two))
        assert all(len(values) > 1 for values in seen.values()), (one, two)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_word_order_is_the_table_s(world: World, code: str) -> None:
    said = world.grammars[code].say(PLAIN)
    letters = {"agent": "S", "verb": "V", "patient": "O"}
    assert "".join(letters[phrase.slot] for phrase in said if phrase.slot in letters) == LANGUAGES[code].word_order
    passive = world.grammars[code].say(PLAIN, Style(passive=True))
    letters = {"agent": "O", "verb": "V", "patient": "S"}
    assert "".join(letters[phrase.slot] for phrase in passive if phrase.slot in letters) == LANGUAGES[code].word_order


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_styles_change_the_words_not_the_slots(world: World, code: str) -> None:
    plain = world.grammars[code].say(PLAIN)
    for style in (Style(passive=True), Style(register=1), Style(place_moved=True), Style(time_moved=True)):
        other = world.grammars[code].say(PLAIN, style)
        assert other != plain
        assert sorted(phrase.slot for phrase in other) == sorted(phrase.slot for phrase in plain)


def test_morphology_is_the_table_s(world: World) -> None:
    """Isolating languages have many words and no endings, agglutinative ones fewest words, fusional ones agreement."""
    length = {code: sum(map(len, spoken(world, code))) for code in LANGUAGES}
    words = lexicon(world.settings)
    kinds: dict[str, list[int]] = {"isolating": [], "fusional": [], "agglutinative": []}
    for code, language in LANGUAGES.items():
        kinds[language.morphology].append(length[code])
    assert max(kinds["agglutinative"]) < min(kinds["fusional"]) <= max(kinds["fusional"]) < min(kinds["isolating"])
    several = PLAIN._replace(patient_number=3, agent_adjective=NONE)
    for code, language in LANGUAGES.items():
        own, said = words[code], {phrase.slot: phrase.words for phrase in world.grammars[code].say(several)}
        noun, quality = own["animate.2/0"], own["adjective.2/0"]
        if language.morphology == "isolating":
            assert {noun, quality, own["number.3/0"]} == set(said["patient"])
        elif language.morphology == "agglutinative":
            assert {noun + own["-plural"] + own["-acc"], quality, own["number.3/0"]} == set(said["patient"])
            assert said["verb"] == (own["verb.0/0"] + own["-not"] + own["-past"],)
        else:
            ending = own["-acc.many"]
            assert {noun + ending, quality + ending, own["number.3/0"]} == set(said["patient"])


def test_scripts_have_no_letter_in_common(world: World) -> None:
    letters: dict[str, set[str]] = {}
    for code, language in LANGUAGES.items():
        letters.setdefault(language.script, set()).update(
            "".join(word for said in spoken(world, code) for word in said)
        )
    one, two = letters.values()
    assert not one & two
    assert min(len(one), len(two)) >= 20


def test_sentences_are_short(world: World) -> None:
    lengths = [len(said) for code in LANGUAGES for said in spoken(world, code)]
    assert 4.5 < sum(lengths) / len(lengths) < 9
    assert max(lengths) <= 16


def distance(one: str, two: str) -> int:
    """Edit distance."""
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(two, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_relatives_have_similar_words(seed: int) -> None:
    """Mean edit distance: least inside a branch, then inside a family, then across families (a few loans)."""
    back = {chr(new): chr(old) for old, new in OTHER_SCRIPT.items()}
    settings = WorldSettings(seed=seed)
    words = lexicon(settings)
    means: dict[str, list[float]] = {"branch": [], "family": [], "across": []}
    shared = {"family": 0, "across": 0}
    for one, two in combinations(LANGUAGES, 2):
        far = [
            distance(*("".join(back.get(letter, letter) for letter in words[code][root]) for code in (one, two)))
            for root in roots(settings)
        ]
        a, b = LANGUAGES[one], LANGUAGES[two]
        kin = "branch" if a.genus == b.genus else "family" if a.family == b.family else "across"
        means[kin].append(sum(far) / len(far))
        shared["across" if kin == "across" else "family"] += far.count(0)
    branch, family, across = (sum(values) / len(values) for values in means.values())
    assert branch < family < across - 0.5
    assert max(means["family"]) < min(means["across"])
    assert shared["across"] > 0


def test_without_cognates_no_two_languages_share_a_word() -> None:
    world = World(WorldSettings(cognates=False))
    heard = {code: {word for said in spoken(world, code) for word in said} for code in LANGUAGES}
    for one, two in combinations(LANGUAGES, 2):
        assert not heard[one] & heard[two], (one, two)
    kin = World()
    heard = {code: {word for said in spoken(kin, code) for word in said} for code in ("qaa", "qad")}
    assert len(heard["qaa"] & heard["qad"]) >= 5


@pytest.mark.parametrize("cognates", [True, False])
def test_no_language_confuses_its_words(cognates: bool) -> None:
    settings = WorldSettings(cognates=cognates)
    for words in lexicon(settings).values():
        single = [words[name] for name in (*roots(settings), *FUNCTION_WORDS) if name not in twins(settings)]
        assert len(set(single)) == len(single)
        assert len({words[name] for name in SUFFIXES}) == len(SUFFIXES)
