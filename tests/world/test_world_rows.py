"""What the rows say: labels, answers and translations, checked against a reader of the labelled language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.catalogue.task import Task
from xstilts.data.random import stream
from xstilts.world import World, WorldSettings
from xstilts.world.lexicon import lexicon
from xstilts.world.meanings import NONE, TENSES, Meaning, Meanings
from xstilts.world.pairs import swap_roles

NAMES = ("nli", "paraphrase", "topic", "qa", "pos", "retrieval", "text", "parallel", "lexicon")
TASKS: dict[str, Task] = {name: import_module(f"xstilts.catalogue.tasks.world_{name}").TASK for name in NAMES}
CLEAN = WorldSettings(
    noise=0.0, train=600, validation=100, test=150, retrieval=100, parallel=60, phrases=60, words={"qaa": 6_000}
)


class Reader:
    """Reads sentences of the labelled language (subject, verb, object; no endings) back into what they say."""

    def __init__(self, world: World) -> None:
        words = lexicon(world.settings)["qaa"]
        self.function: dict[str, str] = {}
        self.of: dict[str, dict[str, str]] = {}
        for name in words:
            concept = name.split("/")[0]
            if "." in name and not name.startswith("-"):
                kind = name.split(".")[0]
                kind = "noun" if kind in ("animate", "thing") else kind
                self.of.setdefault(kind, {})[words[name]] = concept
            elif not name.startswith("-"):
                self.function[words[name]] = concept

    def read(self, sentence: str) -> dict[str, Any]:
        """Slots and what fills them; ``agent`` and ``patient`` are (noun, adjective, number)."""
        tokens = sentence.rstrip(".?").split()
        said: dict[str, Any] = {"time": None, "place": None}
        for end in (0, -1):
            if tokens[end] in self.of["time"]:
                said["time"] = self.of["time"][tokens.pop(end)]
        for position, token in enumerate(tokens):
            if self.function.get(token) == "in":
                said["place"] = self.of["place"][tokens[position + 1]]
                del tokens[position : position + 2]
                break
        readings = [said | core for core in self._cores(tokens)]
        assert len(readings) == 1, (sentence, readings)
        return readings[0]

    def _cores(self, tokens: list[str]) -> Iterator[dict[str, Any]]:
        """Every way to read the tokens as subject, verb and object in which an animate acts on what the verb takes."""
        for first, rest in self._noun_phrases(tokens):
            particles = []
            while rest and (name := self.function.get(rest[0])) in ("not", "passive", "past", "future"):
                particles.append(name)
                rest = rest[1:]
            if not rest or rest[0] not in self.of["verb"]:
                continue
            verb, rest, passive = self.of["verb"][rest[0]], rest[1:], "passive" in particles
            if passive:
                if not rest or self.function.get(rest[0]) != "by":
                    continue
                rest = rest[1:]
            tense = next((name for name in particles if name in TENSES), "present")
            for second, end in self._noun_phrases(rest):
                agent, patient = (second, first) if passive else (first, second)
                takes = "animate" if int(verb.split(".")[1]) % 2 == 0 else "thing"
                if not end and agent[0].startswith("animate") and patient[0].startswith(takes):
                    denied = "not" in particles
                    yield {"verb": verb, "agent": agent, "patient": patient, "tense": tense, "denied": denied}

    def _noun_phrases(self, tokens: list[str]) -> Iterator[tuple[tuple[str, str | None, str | None], list[str]]]:
        """Every noun phrase the tokens can begin with, and the tokens after it."""
        number = adjective = None
        if tokens and self.function.get(tokens[0]) == "plural":
            number, tokens = "plural", tokens[1:]
        elif tokens and tokens[0] in self.of["number"]:
            number, tokens = self.of["number"][tokens[0]], tokens[1:]
        if tokens and tokens[0] in self.of["noun"]:
            yield (self.of["noun"][tokens[0]], adjective, number), tokens[1:]
        if len(tokens) > 1 and tokens[0] in self.of["adjective"] and tokens[1] in self.of["noun"]:
            yield (self.of["noun"][tokens[1]], self.of["adjective"][tokens[0]], number), tokens[2:]


def as_said(meaning: Meaning, animates: int) -> dict[str, Any]:
    """A meaning in the reader's words."""

    def noun(index: int) -> str:
        return f"animate.{index}" if index < animates else f"thing.{index - animates}"

    def name(kind: str, index: int) -> str | None:
        return None if index == NONE else f"{kind}.{index}"

    def number(count: int) -> str | None:
        return None if count == 0 else "plural" if count == 1 else f"number.{count}"

    return {
        "verb": f"verb.{meaning.verb}",
        "agent": (noun(meaning.agent), name("adjective", meaning.agent_adjective), number(meaning.agent_number)),
        "patient": (
            noun(meaning.patient),
            name("adjective", meaning.patient_adjective),
            number(meaning.patient_number),
        ),
        "tense": TENSES[meaning.tense],
        "time": name("time", meaning.time),
        "place": name("place", meaning.place),
        "denied": meaning.denied,
    }


def follows(premise: dict[str, Any], hypothesis: dict[str, Any]) -> str:
    """The relation between two readings, by a rule of its own: compare slot by slot and keep the gravest finding."""
    who = [(premise[role], hypothesis[role]) for role in ("agent", "patient")]
    if premise["verb"] != hypothesis["verb"] or any(a[0] != b[0] for a, b in who):
        return "neutral"
    findings = {"same"}
    for slot in ("denied", "tense"):
        findings.add("same" if premise[slot] == hypothesis[slot] else "clash")
    for slot in ("time", "place"):
        if hypothesis[slot] is not None and hypothesis[slot] != premise[slot]:
            findings.add("clash" if premise[slot] is not None else "more")
    for (_, one_quality, one_count), (_, two_quality, two_count) in who:
        findings.add("same" if two_quality in (None, one_quality) else "more")
        if one_count != two_count:
            pair = (one_count, two_count)
            findings.add(
                "clash" if None in pair or "plural" not in pair else "more" if one_count == "plural" else "same"
            )
    return "contradiction" if "clash" in findings else "neutral" if "more" in findings else "entailment"


@pytest.fixture(scope="module")
def world() -> World:
    return World(CLEAN)


@pytest.fixture(scope="module")
def reader(world: World) -> Reader:
    return Reader(world)


def rows(world: World, name: str, split: str, language: str = "qaa") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.read(TASKS[name], split, language).to_pylist()
    return found


def test_the_labelled_language_can_be_read_back(world: World, reader: Reader) -> None:
    rng = stream(3, "sample")
    for meaning in Meanings(CLEAN).draw(rng, "train", 500):
        phrases = world.grammars["qaa"].say(meaning)
        sentence = " ".join(word for phrase in phrases for word in phrase.words)
        assert reader.read(sentence) == as_said(meaning, CLEAN.animates)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_entailment_labels_follow_from_what_is_said(world: World, reader: Reader, split: str) -> None:
    for row in rows(world, "nli", split):
        label = TASKS["nli"].labels[row["label"]]
        assert follows(reader.read(row["text_a"]), reader.read(row["text_b"])) == label


def test_paraphrases_say_the_same_and_the_others_do_not(world: World, reader: Reader) -> None:
    swapped = 0
    for row in rows(world, "paraphrase", "train"):
        first, second = reader.read(row["text_a"]), reader.read(row["text_b"])
        assert (first == second) == (row["label"] == 1)
        swapped += row["label"] == 0 and first["agent"] == second["patient"]
    assert swapped > 10


@pytest.mark.parametrize(
    "name, one, two", [("nli", "text_a", "text_b"), ("paraphrase", "text_a", "text_b"), ("qa", "context", "question")]
)
def test_sameness_of_words_tells_nothing(world: World, name: str, one: str, two: str) -> None:
    """The two texts of a row have no word in common, in any language; endings make a few words look alike."""
    alike = total = 0
    for language in TASKS[name].languages:
        for row in rows(world, name, "test", language):
            alike += bool(set(row[one].replace(".", "").split()) & set(row[two].rstrip(".?").split()))
            total += 1
    assert alike < 0.02 * total


def test_both_registers_are_equally_common(world: World, reader: Reader) -> None:
    """In either text of a pair, and in both sides of a translation independently."""
    words = lexicon(CLEAN)["qaa"]
    second = {form for name, form in words.items() if name.endswith("/1")}
    formal = [row["text_a"].rstrip(".").split()[0] in second for row in rows(world, "nli", "train")]
    assert sum(formal) / len(formal) == pytest.approx(0.5, abs=0.1)


def test_topics_are_those_of_the_place(world: World, reader: Reader) -> None:
    for row in rows(world, "topic", "train"):
        place = reader.read(row["text_a"].split(". ")[0])["place"]
        assert int(place.split(".")[1]) % 3 == row["label"]


def test_answers_are_right_and_the_only_ones(world: World, reader: Reader) -> None:
    """Replace the question word by the answer: the outcome must be stated by exactly one sentence of the context."""
    words = lexicon(CLEAN)["qaa"]
    asking = {words[f"{name}/{way}"]: name for name in ("who", "what", "where", "when", "how_many") for way in (0, 1)}
    for row in rows(world, "qa", "train"):
        answer = row["answer_texts"][0]
        (asked,) = [token for token in row["question"].rstrip("?").split() if token in asking]
        full = f"{words['in/0']} {answer}" if asking[asked] == "where" else answer
        tokens = row["question"].rstrip("?").split()
        claim = reader.read(" ".join(full if token == asked else token for token in tokens))
        sentences = row["context"].rstrip(".").split(". ")
        fitting = [said for sentence in sentences if loosely(claim, said := reader.read(sentence))]
        assert len(fitting) == 1
        starts = [row["context"].index(sentence) for sentence in sentences]
        chosen = max(i for i, start in enumerate(starts) if start <= row["answer_starts"][0])
        assert reader.read(sentences[chosen]) == fitting[0]


def loosely(claim: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether the sentence states the claim: the claim may leave things out."""
    return follows(said, claim) == "entailment"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), noise=st.sampled_from([0.0, 0.3]), cognates=st.booleans(), place=st.integers(0, 11))
def test_every_answer_stands_where_it_is_said_to(seed: int, noise: float, cognates: bool, place: int) -> None:
    world = World(WorldSettings(seed=seed, noise=noise, cognates=cognates, test=40))
    for row in rows(world, "qa", "test", TASKS["qa"].languages[place]):
        start, answer = row["answer_starts"][0], row["answer_texts"][0]
        assert answer and row["context"][start : start + len(answer)] == answer
        assert start == 0 or row["context"][start - 1] == " "
        assert row["context"][start + len(answer)] in " ."


@pytest.mark.parametrize("name", ["parallel", "retrieval"])
def test_translations_say_the_same(world: World, reader: Reader, name: str) -> None:
    """Every content word of the labelled side has its root in the other side, and the numbers of slots agree."""
    forms = lexicon(CLEAN)
    split, source, target = ("train", "text", "text_b") if name == "parallel" else ("test", "source", "target")
    for language in TASKS[name].languages:
        for row in rows(world, name, split, language):
            if row[target].endswith("?"):
                assert row[source].endswith("?")
                continue
            said = reader.read(row[target])
            words = row[source].rstrip(".").split()
            concepts = [said["verb"], said["time"], said["place"], *said["agent"], *said["patient"]]
            for concept in concepts:
                if concept not in (None, "plural"):
                    either = tuple(forms[language][f"{concept}/{way}"] for way in (0, 1))
                    assert any(word.startswith(either) for word in words), (language, concept, row)


def test_test_sets_are_translations_of_each_other(world: World) -> None:
    for name in ("nli", "paraphrase", "topic"):
        one, two = (world.read(TASKS[name], "test", language)["label"].to_pylist() for language in ("qaa", "qag"))
        assert one == two
    one, two = ([row["tokens"][-1] for row in rows(world, "pos", "test", language)] for language in ("qaa", "qag"))
    assert one == two
    one, two = ([row["question"].count(" ") for row in rows(world, "qa", "test", code)] for code in ("qac", "qae"))
    assert one == two


def test_scenes_of_train_validation_test_and_text_are_apart(world: World, reader: Reader) -> None:
    """A scene: a verb and its two participants, whoever does it."""

    def scenes(texts: list[str]) -> set[tuple[str, frozenset[str]]]:
        found = set()
        for text in texts:
            for sentence in text.rstrip(".").split(". "):
                if "?" not in text:
                    said = reader.read(sentence)
                    found.add((said["verb"], frozenset((said["agent"][0], said["patient"][0]))))
        return found

    seen: dict[str, set[Any]] = {}
    for split in ("train", "validation", "test"):
        texts = []
        for name, columns in (
            ("nli", ("text_a", "text_b")),
            ("paraphrase", ("text_a", "text_b")),
            ("qa", ("context",)),
        ):
            for row in rows(world, name, split):
                texts += [row[column] for column in columns]
        seen[split] = scenes(texts)
    seen["test"] |= scenes([row["target"] for row in rows(world, "retrieval", "test", "qac")])
    seen["text"] = scenes([row["text"] for row in rows(world, "text", "train")])
    seen["parallel"] = scenes([row["text_b"] for row in rows(world, "parallel", "train", "qac")])
    names = list(seen)
    for position, one in enumerate(names):
        assert len(seen[one]) > 20
        for two in names[position + 1 :]:
            assert not seen[one] & seen[two], (one, two)


def test_swapping_roles_twice_changes_nothing() -> None:
    for meaning in Meanings(CLEAN).draw(stream(1, "sample"), "test", 50):
        assert swap_roles(swap_roles(meaning)) == meaning


def test_majorities_are_small() -> None:
    world = World()
    for name, classes in (("nli", 3), ("paraphrase", 2), ("topic", 3)):
        for split in ("train", "test"):
            counts = Counter(row["label"] for row in rows(world, name, split))
            assert max(counts.values()) / sum(counts.values()) < 1 / classes + 0.03


def test_noise_is_the_share_of_wrong_labels() -> None:
    """The same world with and without noise differs in about that share."""
    noisy, clean = (World(WorldSettings(noise=noise)) for noise in (0.1, 0.0))
    for name in ("nli", "paraphrase", "topic"):
        pairs = zip(rows(noisy, name, "train"), rows(clean, name, "train"), strict=True)
        differing = [one["label"] != two["label"] for one, two in pairs]
        assert sum(differing) / len(differing) == pytest.approx(0.1, abs=0.02)


def test_word_classes_need_context(world: World) -> None:
    """The most frequent class of a word is not always its class."""
    classes: dict[str, Counter[int]] = {}
    for row in rows(world, "pos", "train"):
        for token, tag in zip(row["tokens"], row["tags"], strict=True):
            classes.setdefault(token, Counter())[tag] += 1
    best = sum(max(counts.values()) for counts in classes.values())
    assert 0.7 < best / sum(counts.total() for counts in classes.values()) < 0.99
