"""Values of a wrong kind or size in a study file, told in the words of the file and not of its checker."""

from __future__ import annotations

import tomllib

import pytest

from xstilts.catalogue.errors import Problem
from xstilts.study.spec import study_of

GOOD = {
    "question": '"Does it help?"',
    "targets": '["xnli"]',
    "languages": '["sw"]',
    "seeds": "[0]",
    "backbones": '{ base = { path = "x" } }',
    "arms": '{ baseline = {}, nli = { intermediate = ["mnli"] } }',
}
CHECKERS = ("nput should", "tuple", "dictionary", "valid integer", "valid string", "instance of", "after validation")


def problems(more: str) -> list[str]:
    said = dict(GOOD)
    rest = []
    for line in more.splitlines():
        name, _, value = line.partition(" = ")
        if name in said and not rest:
            said[name] = value
        else:
            rest.append(line)
    text = "".join(f"{name} = {value}\n" for name, value in said.items() if value) + "\n".join(rest)
    with pytest.raises(Problem) as raised:
        study_of(tomllib.loads(text), "mine", "mine.toml")
    return [line.removeprefix("mine.toml") for line in raised.value.problems]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('seeds = "0,1"', [", seeds: must be a list in square brackets (found '0,1')"]),
        (
            "seeds = [-1, 1.5]",
            [", seeds, entry 1: must be at least 0 (found -1)", ", seeds, entry 2: must be a whole number (found 1.5)"],
        ),
        ("targets = []", [", targets: must not be empty (found [])"]),
        ('question = ["a"]', [", question: must be a text in quotes (found ['a'])"]),
        ('languages = "sw"', [", languages: must be 'all' or 'every' or a list in square brackets (found 'sw')"]),
        ('languages = "evry"', [", languages: unknown value 'evry': did you mean 'every'?"]),
        ("train_examples = -5", [", train_examples: must be above 0 (found -5)"]),
        (
            "train_examples = [5]",
            [", train_examples: must be a whole number or a table, as under [train_examples] (found [5])"],
        ),
        ("[evaluation_examples]\nxnli = 'all'", [", [evaluation_examples] xnli: must be a whole number (found 'all')"]),
        ('splits = ["dev"]', [", splits, entry 1: unknown value 'dev': it must be 'validation' or 'test'"]),
        ("arms = [1]", [", arms: must be a table, as under [arms] (found [1])"]),
        ('backbones = { base = "x" }', [", [backbones] base: must be a table, as under [backbones.base] (found 'x')"]),
        (
            "backbones = { base = { path = 'x', pretraining = [{ tasks = ['mlm_text'], updates = 0 }] } }",
            [", [[backbones.base.pretraining]] 1, updates: must be above 0 (found 0)"],
        ),
        (
            "[settings.target]\nlearning_rate = 'high'\ndropout = 3",
            [
                ", [settings.target] learning_rate: must be a number (found 'high')",
                ", [settings.target] dropout: must be below 1 (found 3)",
            ],
        ),
        (
            "[settings.target]\nseeds = [1]",
            [", [settings.target] seeds: unknown field in this section: at the top of the file, above all sections, "
             "it is known"],
        ),
        (
            "[search]\nseed = 9\nlearning_rate = [1e-5]",
            [", [search] learning_rate: needs 2 entries or more (found [1e-05])"],
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_in_words_of_the_file(more: str, said: list[str]) -> None:
    found = problems(more)
    assert found == said
    assert not any(word in line for line in found for word in CHECKERS)
