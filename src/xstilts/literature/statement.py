"""What a sentence states, in the catalogue's terms.

In: a sentence. Out: ``Statement`` values, one a number or one a clause: about which tasks, encoders and languages,
which effect over what, with which number, how often, how surely. Rules over the marks of ``terms.py``; the same for
claims and for documents, so that both can be compared field by field (``agree.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xstilts.catalogue.words import words
from xstilts.literature.clauses import VERBS, aside, clauses
from xstilts.literature.effect import FLAT, Effect, direction, opposite, turned
from xstilts.literature.numbers import Number, numbers, ratios
from xstilts.literature.terms import THINGS, Mark, marks

Thing = tuple[str, str]
# "all" of a plain sentence: less than always, more than nearly always.
PLAIN = 3.5


@dataclass(frozen=True)
class Statement:
    """``things``: what it is about, as kind and name; ``than``: what that is compared with (nothing: the baseline).
    ``effect``: the directions it leaves open (``{"0", "-"}``: not upwards), None where it speaks of none; ``partly``:
    it denies only that the effect is always there; ``denied``: it has no effect and a "not". ``tasks`` and ``times``:
    for how many and how often it holds (terms.toml, [often]; 3.5: plainly). ``place``: where its clause stands."""

    place: tuple[int, int]
    things: frozenset[Thing]
    than: frozenset[Thing] = frozenset()
    effect: Effect | None = None
    partly: bool = False
    denied: bool = False
    number: Number | None = None
    counts: tuple[Number, ...] = ()
    rank: str = ""
    tasks: float = PLAIN
    times: float = PLAIN
    maybe: bool = False
    upper: bool = False
    mean: bool = False
    without: bool = False
    about: bool = False
    words: frozenset[str] = frozenset()

    def of(self, kind: str) -> frozenset[str]:
        """The names of one kind that it is about."""
        return frozenset(name for one, name in self.things if one == kind)


def statements(sentence: str) -> list[Statement]:
    """All statements of ``sentence``, in order."""
    found = marks(sentence)
    counted = numbers(sentence, found)
    made: list[Statement] = []
    before: _Clause | None = None
    for start, end in clauses(sentence, found):
        clause = _Clause(
            sentence,
            (start, end),
            tuple(mark for mark in found if start <= mark.start < end and not aside(sentence, mark, found)),
            tuple(number for number in counted if start <= number.start < end),
        )
        if not clause.marks and not clause.numbers:
            continue
        clause = clause.after(before)
        made += clause.statements()
        before = clause
    return made


@dataclass(frozen=True)
class _Clause:
    """A clause with its marks and numbers, and what it takes over from the one before."""

    text: str
    place: tuple[int, int]
    marks: tuple[Mark, ...]
    numbers: tuple[Number, ...]
    taken: frozenset[Thing] = frozenset()
    carried: Effect | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)

    def after(self, before: _Clause | None) -> _Clause:
        """This clause with the things and the effect of the one before where it names none of that kind."""
        if before is None:
            return self
        own = {mark.kind for mark in self.marks}
        things = before.things | before.taken
        taken = frozenset(thing for thing in things if thing[0] not in own)
        speaks = any(mark.kind in (*VERBS, "flat", "flat.change", "rank") for mark in self.marks)
        carried = None
        if not speaks and not any(number.sign for number in self.numbers):
            carried = before.effect(before.marks, None)[0] or before.carried
        return replace(self, taken=taken, carried=carried)

    @property
    def things(self) -> frozenset[Thing]:
        return _names(mark for mark in self.marks if mark.kind in THINGS)

    def statements(self) -> list[Statement]:
        main = [number for number in self.numbers if number.part != "count"] or list(self.numbers)
        counts = tuple(number for number in self.numbers if number not in main)
        if len(main) <= 1:
            return [self._one(self.marks, main[0] if main else None, counts, self.place)]
        bound = [self._bound(kind, main) for kind in THINGS]
        found = []
        for i, number in enumerate(main):
            start = main[i - 1].end if i else self.place[0]
            end = main[i + 1].start if i + 1 < len(main) else self.place[1]
            kept = {id(mark) for row in bound for mark in row[i]}
            named = tuple(mark for mark in self.marks if mark.kind not in THINGS or id(mark) in kept)
            found.append(self._one(named, number, counts, (start, end)))
        return found

    def _bound(self, kind: str, main: Sequence[Number]) -> list[list[Mark]]:
        """Which marks of ``kind`` each of several numbers is about."""
        named = [mark for mark in self.marks if mark.kind == kind]
        if len({mark.value for mark in named}) <= 1:
            return [named for _ in main]
        apart = named[-1].end <= main[0].start or named[0].start >= main[-1].end
        if len(named) == len(main) and apart:
            return [[mark] for mark in named]
        sides = [self._beside(named, main, i) for i in range(len(main))]
        forward = not sides[0][0] or (bool(sides[-1][1]) and not all(before for before, _, _ in sides))
        chosen = []
        for before, behind, near in sides:
            first, second = (behind, before) if (near == "behind" or (not near and forward)) else (before, behind)
            chosen.append(first or second or named[:1])
        return chosen

    def _beside(self, named: Sequence[Mark], main: Sequence[Number], i: int) -> tuple[list[Mark], list[Mark], str]:
        """The marks before and behind the i-th number, with those listed together, and which of them it touches."""
        number = main[i]
        start = main[i - 1].end if i else self.place[0]
        end = main[i + 1].start if i + 1 < len(main) else self.place[1]
        before = [mark for mark in named if start <= mark.start and mark.end <= number.start]
        behind = [mark for mark in named if number.end <= mark.start < end]
        listed, others = self._list(before[::-1])[::-1], self._list(behind)
        if listed and re.fullmatch(
            r"\s*[(:,]?\s*(?:by|of|at|is|in|with)?\s*[(]?", self.text[listed[-1].end : number.start]
        ):
            return listed, others, "before"
        link = r"\s*(?:accuracy|points?|F1)?\s*(?:on|for|in|with|at|to|after|from|when|of)\s+(?:the\s+)?"
        if others and re.fullmatch(link, self.text[number.end : others[0].start]):
            return listed, others, "behind"
        return listed, others, ""

    def _list(self, named: Sequence[Mark]) -> list[Mark]:
        """The first marks of ``named`` as far as only commas and ``and`` stand between them."""
        found = list(named[:1])
        for mark in named[1:]:
            a, b = sorted((found[-1], mark), key=lambda one: one.start)
            if not re.fullmatch(r"\s*(?:,|and|or|,\s*and)\s*(?:on\s+)?", self.text[a.end : b.start]):
                break
            found.append(mark)
        return found

    def _one(
        self, named: Sequence[Mark], number: Number | None, counts: tuple[Number, ...], window: tuple[int, int]
    ) -> Statement:
        near = [mark for mark in named if mark.kind in THINGS or window[0] <= mark.start < window[1]]
        effect, partly, denied = self.effect(near, number)
        if effect is None and number is not None:  # what one verb says of several numbers
            effect, partly, denied = self.effect(named, number)
        if effect is None:
            effect = self.carried
            if effect is not None and denied:
                effect, denied = opposite(effect), False
        behind = _than(self.text, self.place, named)
        than = _names(behind)
        things = _names(mark for mark in named if mark.kind in THINGS and mark not in behind) | self.taken
        if _OVER_LANGUAGES.search(self.text[self.place[0] : self.place[1]]):
            things |= {("topic", "languages")}
        if not any(kind == "intermediate" for kind, _ in things) and any(kind == "method" for kind, _ in than):
            things |= {thing for thing in than if thing[0] == "intermediate" and thing[1] != "any"}
        if than and effect is not None and self._from_baseline(named):
            things, than, effect = things | than, frozenset(), turned(effect)
        if effect is not None and _passive(self.text[self.place[0] : self.place[1]]):
            effect = turned(effect)
        if effect is not None and self._absent():
            effect = turned(effect)
        hedges = [mark for mark in self.marks if mark.kind in ("often", "maybe", "bound.upper", "mean", "not")]
        tasks, times = self._levels(hedges)
        upper = number is not None and any(
            mark.kind == "bound.upper" and (-30 < mark.start - number.end < 12 or 0 <= number.start - mark.end < 12)
            for mark in self.marks
        )
        ranked = [mark for mark in named if mark.kind == "rank" and not _behind_than(mark, named)]
        return Statement(
            self.place,
            things,
            than,
            effect,
            partly,
            denied,
            number,
            counts,
            self._ranked(ranked),
            tasks,
            times,
            any(
                mark.kind == "maybe"
                and not re.match(r"not\b| not\b| be (?:seen|found)| (?:19|20)\d\d", self.text[mark.end :])
                for mark in hedges
            ),
            upper,
            any(mark.kind == "mean" for mark in hedges),
            any(mark.kind == "without.retrieval" for mark in self.marks),
            number is not None
            and any(mark.kind == "bound.about" and 0 <= number.start - mark.end < 3 for mark in self.marks),
            _words(self.text[self.place[0] : self.place[1]]),
        )

    def effect(self, named: Iterable[Mark], number: Number | None) -> tuple[Effect | None, bool, bool]:
        """The directions that are left open, whether only "always" is denied, and whether a denial has no effect."""
        said = [mark for mark in named if mark.kind.startswith(("up.", "down.", "flat", "small"))]
        than = any(mark.kind == "than" for mark in named)
        likened = frozenset(mark.start for mark in named if mark.kind == "topic")
        error = ("topic", "error") in self.things
        verdict, at = direction(self.text, said, number, than, error, likened)
        nots = [mark for mark in named if mark.kind == "not"]
        flat = [mark for mark in said if mark.kind == "flat"]
        nots = [mark for mark in nots if not any(one.start <= mark.start < one.end for one in flat)]
        nots = [mark for mark in nots if not self._about_else(mark)]
        always = [mark for mark in named if mark.kind == "often" and mark.value == "4" and self._times(mark)]
        partly = any(mark.kind == "not.partly" for mark in named)
        partly |= any(a.end <= b.start for a in nots for b in always)
        if verdict is None:
            return None, partly, bool(nots)
        denied = any(mark.start <= at or "," not in self.text[at : mark.start] for mark in nots)
        if any(mark.kind == "small" for mark in said):
            verdict = frozenset((FLAT,)) if len(verdict) > 1 else verdict | {FLAT}
        if denied and not partly and not (number is not None and number.sign):
            verdict = opposite(verdict)
        return verdict, partly, False

    def _about_else(self, mark: Mark) -> bool:
        """Whether a "not" only sets one thing aside: ``HellaSwag, not MNLI, helped``."""
        text = self.text
        return bool(re.match(r"not\s+[A-Z][\w+]*,", text[mark.start :])) or text[mark.end : mark.end + 4] == " but"

    def _from_baseline(self, named: Sequence[Mark]) -> bool:
        """Whether it is the baseline that stands ahead of or behind something."""
        sides = [mark for mark in named if mark.kind.startswith("than")]
        first = min((mark.start for mark in sides), default=0)
        ahead = [mark for mark in named if mark.end <= first]
        compared = any(mark.kind in ("intermediate", "method", "model") for mark in ahead)
        return not compared and any(mark.kind == "baseline" for mark in ahead)

    def _absent(self) -> bool:
        """Whether it speaks of what is missing without the intermediate phase."""
        start = self.text[self.place[0] : self.place[1]]
        found = re.search(r"(?<!and )\bwithout\s+(?:the\s+|an\s+|any\s+)?intermediate", start, re.IGNORECASE)
        return found is not None

    def _ranked(self, ranked: Sequence[Mark]) -> str:
        """``best``, ``worst`` or ``not best``."""
        denied = ranked and any(mark.kind == "not" and mark.end <= ranked[0].start for mark in self.marks)
        return ("not " * bool(denied) + ranked[0].value) if ranked else ""

    def _levels(self, hedges: Sequence[Mark]) -> tuple[float, float]:
        tasks: list[float] = []
        times: list[float] = []
        for mark in hedges:
            if mark.kind == "often":
                (times if self._times(mark) else tasks).append(float(mark.value))
            elif mark.kind == "not" and re.match(_NONE, self.text[mark.start :], re.IGNORECASE):
                tasks.append(4.0)
        start, end = self.place
        tasks += [_level(share) for at, share in ratios(self.text) if start <= at < end]
        if re.search(r"\b(?:all|every|each)\b[^,.;]{0,40}\b(?:but|except|save)\b", self.text[start:end], re.IGNORECASE):
            tasks.append(3.0)
        return min(tasks, default=PLAIN), min(times, default=PLAIN)

    def _times(self, mark: Mark) -> bool:
        """Whether a hedge says how often something holds, not for how many."""
        return re.fullmatch(_TIMES, self.text[mark.start : mark.end].lower()) is not None


_NONE = (
    r"none|neither|nothing|nowhere|never|"
    r"no (?:\w+ ){0,2}(?:tasks?|sources?|languages?|experiments?|runs?|targets?|cases?|models?)\b"
)
_TIMES = (
    r"always|consistent\w*|without exception|regardless of|invariably|never|almost always|nearly always|mostly|"
    r"generally|usually|typically|in general|largely|often|frequently|sometimes|occasionally|in some cases|nowhere"
)


def _level(share: float) -> float:
    return 4.0 if share == 1 else 3.0 if share >= 0.75 else 2.0 if share >= 0.3 else 1.0


def _names(named: Iterable[Mark]) -> frozenset[Thing]:
    return frozenset((mark.kind, mark.value) for mark in named)


def _than(text: str, place: tuple[int, int], named: Sequence[Mark]) -> list[Mark]:
    """What is compared with: tasks trained on, ways to train, encoders, groups of languages."""
    comparable = [mark for mark in named if mark.kind in ("intermediate", "method", "model", "topic")]
    for mark in named:
        if not mark.kind.startswith("than"):
            continue
        word = text[mark.start : mark.end].lower()
        behind = [one for one in comparable if one.start >= mark.end]
        front = not [one for one in named if one.kind in THINGS and one.end <= mark.start]
        comma = text.find(",", mark.end)
        stop = comma if comma > 0 and (front or mark.kind == "than") else place[1]
        found = [one for one in behind if one.start < stop]
        if not found:
            continue
        between = text[mark.end : found[0].start]
        baseline = any(one.kind == "baseline" and mark.end <= one.start < found[0].start + 1 for one in named)
        near = 6 if word in ("over", "against", "above", "below", "behind") else 40
        if not baseline and len(between) < near and not re.search(r"\b(?:on|for|in|by|with)\s+(?!the\s*$)\w", between):
            chosen = found[:1]
            for one in found[1:]:
                if re.search(r"\b(?:on|for|in|by|with|does|do|did|at)\b", text[chosen[-1].end : one.start]):
                    break
                chosen.append(one)
            return chosen
    return []


def _behind_than(mark: Mark, named: Sequence[Mark]) -> bool:
    return any(one.kind.startswith("than") and one.end <= mark.start for one in named)


_OVER_LANGUAGES = re.compile(
    r"\b(?:all|every|each|most|many|several|some|few|no|any|almost all|nearly all|of \w+)\s+"
    r"(?:of\s+)?(?:the\s+)?(?:\w+\s+)?languages?\b",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    words("the a an of in on for to and or is are was were be been by with at as it its this that these those there")
    + words("we our they has have had from all every own do does did not no")
)


def _words(text: str) -> frozenset[str]:
    return frozenset(word[:5] for word in re.findall(r"[a-z]+", text.lower()) if word not in _EMPTY and len(word) > 1)


def _passive(text: str) -> bool:
    return bool(re.search(r"\b(?:outperformed|beaten|surpassed|exceeded)\s+by\s+[^\d]", text))
