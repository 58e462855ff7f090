"""The words of every constructed language.

In: settings and the table of constructed languages. Out: for each language the written form of every root and affix.
Families begin with a common stock; sound changes and replaced words along the tree leave cognates inside a family,
loans make a few between families. Every root and function word has two forms, one for each register. With ``cognates``
off each language has words of its own that no other has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from xstilts.catalogue.language import Language, languages
from xstilts.data.random import pick, stream
from xstilts.world.meanings import TENSES
from xstilts.world.settings import WorldSettings

Words = dict[str, str]

VOWELS = "aeiou"
CONSONANTS = "ptkbdgmnlrszfvhjwcxq"
# One letter a sound in either script; the other script is Georgian, whose letters have no case and no variants.
OTHER_SCRIPT = str.maketrans(VOWELS + CONSONANTS, "აეიოუპტკბდგმნლრსზფვჰჯწცხყ")
CONSONANT_SHIFTS = ("pf", "bv", "kh", "gj", "tc", "dz", "sx", "zs", "lr", "mw", "fh", "vw", "hq", "rl", "cs", "jz")
VOWEL_SHIFTS = ("ao", "oa", "ei", "ie", "uo", "ou", "ia", "ue")
PLACES_OF_CHANGE = ("anywhere", "first", "inside")
REPLACED = 0.06
BORROWED = 0.12
# Two words for everything, and no word in both: a text and what is asked about it, or said again, have no word in
# common, so that seeing which words are the same tells nothing about what they mean.
REGISTERS = 2


def _in_registers(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{name}/{register}" for name in names for register in range(REGISTERS))


FUNCTION_WORDS = _in_registers(
    ("not", "passive", "past", "future", "by", "in", "plural", "who", "what", "where", "when", "how_many")
)
SUFFIXES = ("-plural", "-acc", "-ins", "-loc", "-passive", "-not", "-past", "-future")
NOUN_ENDINGS = tuple(f"-{case}.{number}" for case in ("nom", "acc", "ins", "loc") for number in ("one", "many"))
VERB_ENDINGS = tuple(
    f"-{tense}.{number}.{voice}" for tense in TENSES for number in ("one", "many") for voice in ("active", "passive")
)


def roots(settings: WorldSettings) -> tuple[str, ...]:
    """The names of all content roots, as ``kind.number/register``."""
    plain = (
        *(f"animate.{i}" for i in range(settings.animates)),
        *(f"thing.{i}" for i in range(settings.things)),
        *(f"verb.{i}" for i in range(settings.verbs)),
        *(f"adjective.{i}" for i in range(settings.adjectives)),
        *(f"place.{i}" for i in range(settings.places)),
        *(f"time.{i}" for i in range(3 * settings.times)),
        *(f"number.{i}" for i in range(2, 2 + settings.numbers)),
    )
    return _in_registers(plain)


def twins(settings: WorldSettings) -> dict[str, str]:
    """Some roots serve in two word classes, in every language (to hunt, a hunt; old, an old one)."""
    things = {f"thing.{i}": f"verb.{i}" for i in range(settings.noun_verbs)}
    animates = {f"animate.{i}": f"adjective.{i}" for i in range(settings.noun_adjectives)}
    pairs = (things | animates).items()
    return {f"{name}/{register}": f"{root}/{register}" for name, root in pairs for register in range(REGISTERS)}


def of_register(words: Words, register: int) -> Words:
    """The words of one register, by their names without it, and the endings that both have."""
    end = f"/{register}"
    return {name.removesuffix(end): form for name, form in words.items() if name.endswith(end) or name[0] == "-"}


def constructed() -> dict[str, Language]:
    """The constructed languages, the labelled one first."""
    return {code: language for code, language in languages().items() if language.constructed}


def lexicon(settings: WorldSettings) -> dict[str, Words]:
    """The written form of every root, function word and affix, by language and name (see ``of_register``)."""
    tongues = constructed()
    sounds = _family_tree(settings, tongues) if settings.cognates else _strangers(settings, tongues)
    shared = twins(settings)
    written: dict[str, Words] = {}
    for code, words in sounds.items():
        words |= {name: words[root] for name, root in shared.items()}
        other = tongues[code].script != tongues["qaa"].script
        written[code] = {name: form.translate(OTHER_SCRIPT) if other else form for name, form in words.items()}
    return written


def _family_tree(settings: WorldSettings, tongues: Mapping[str, Language]) -> dict[str, Words]:
    """Words of each language, in sounds: grown from family to branch to language, then loans between families."""
    content = set(roots(settings))
    families: dict[str, Words] = {}
    branches: dict[str, Words] = {}
    spoken: dict[str, Words] = {}
    for code, tongue in tongues.items():
        if tongue.family not in families:
            families[tongue.family] = _coin(settings, stream(settings.seed, "words", tongue.family))
        if tongue.genus not in branches:
            rng = stream(settings.seed, "words", tongue.genus)
            branches[tongue.genus] = _change(families[tongue.family], content, rng)
        spoken[code] = _change(branches[tongue.genus], content, stream(settings.seed, "words", code))
    before = {code: dict(words) for code, words in spoken.items()}
    for code, words in spoken.items():
        rng = stream(settings.seed, "loans", code)
        foreign = [other for other in tongues if tongues[other].family != tongues[code].family]
        # The labelled language lends as much as all others together: it is the one that is heard everywhere.
        lenders = foreign + ["qaa"] * (len(foreign) - 1 if "qaa" in foreign else 0)
        for name in roots(settings):
            loan, lender = rng.random() < BORROWED, pick(lenders, rng)
            if loan and before[lender][name] not in words.values():
                words[name] = before[lender][name]
    return spoken


def _strangers(settings: WorldSettings, tongues: Mapping[str, Language]) -> dict[str, Words]:
    """Words of each language, in sounds, when nothing is shared: no two languages begin words with the same
    syllable."""
    onsets = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
    order = stream(settings.seed, "onsets").permutation(len(onsets))
    spoken: dict[str, Words] = {}
    for position, code in enumerate(tongues):
        own = [onsets[int(index)] for index in order[position :: len(tongues)]]
        spoken[code] = _coin(settings, stream(settings.seed, "words", code), own)
    return spoken


def _coin(settings: WorldSettings, rng: np.random.Generator, onsets: Sequence[str] = ()) -> Words:
    """A new form for every name. Content words are three to five sounds long, function words three, affixes two or
    three."""

    def sounds(pattern: str) -> str:
        return "".join(pick(VOWELS if kind == "v" else CONSONANTS, rng) for kind in pattern)

    def start() -> str:
        return pick(onsets, rng) if onsets else sounds("cv")

    words = _distinct(roots(settings), lambda: start() + sounds(pick(("c", "cv", "cv", "cvc"), rng)), ())
    words |= _distinct(FUNCTION_WORDS, lambda: start() + sounds("c"), words.values())
    for affixes, patterns in ((SUFFIXES, ("vc", "cv")), (NOUN_ENDINGS, ("v", "vc", "vc")), (VERB_ENDINGS, ("vc",))):
        words |= _distinct(affixes, lambda patterns=patterns: sounds(pick(patterns, rng)), ())  # type: ignore[misc]
    return words


def _distinct(names: Iterable[str], coin: Callable[[], str], taken: Iterable[str]) -> Words:
    """Each name with a form of its own."""
    known = set(taken)
    words: Words = {}
    for name in names:
        form = coin()
        while form in known:
            form = coin()
        known.add(form)
        words[name] = form
    return words


def _change(words: Words, content: set[str], rng: np.random.Generator) -> Words:
    """The words one step down the tree: regular sound changes, and some roots replaced by new ones."""
    consonants = [CONSONANT_SHIFTS[int(i)] for i in rng.permutation(len(CONSONANT_SHIFTS))[:2]]
    shifts = [(shift[0], shift[1], pick(PLACES_OF_CHANGE, rng)) for shift in (*consonants, pick(VOWEL_SHIFTS, rng))]
    loses_final_vowel = rng.random() < 0.3
    changed: Words = {}
    taken: dict[str, set[str]] = {}
    for name, form in words.items():
        if name in content and rng.random() < REPLACED:
            form = "".join(pick(VOWELS if kind == "v" else CONSONANTS, rng) for kind in pick(("cvc", "cvcv"), rng))
        else:
            form = _shift(form, shifts)
            if loses_final_vowel and name in content and len(form) > 3 and form[-1] in VOWELS:
                form = form[:-1]
        kind = "word" if not name.startswith("-") else "suffix" if name in SUFFIXES else str(name.count("."))
        known = taken.setdefault(kind, set())
        while form in known:  # two words fell together: speakers tell them apart again
            form += pick(VOWELS if form[-1] not in VOWELS else CONSONANTS, rng)
        known.add(form)
        changed[name] = form
    return changed


def _shift(form: str, shifts: Sequence[tuple[str, str, str]]) -> str:
    for old, new, place in shifts:
        if place == "anywhere":
            form = form.replace(old, new)
        elif place == "first":
            form = new + form[1:] if form[0] == old else form
        else:
            form = form[0] + form[1:].replace(old, new)
    return form
