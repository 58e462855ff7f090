"""CCGbank: which category of Combinatory Categorial Grammar does every English word have (supertagging)?"""

from __future__ import annotations

from xstilts.catalogue.task import Files, Task, TaskType

TASK = Task(
    name="ccg",
    title="CCGbank: which CCG category does every English word have?",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="token_accuracy",
    languages=("en",),
    splits={
        "train": Files("ccgbank", ("default",), "train", official={"en": 39_604}),
        "validation": Files("ccgbank", ("default",), "validation", official={"en": 1_913}),
        "test": Files("ccgbank", ("default",), "test", official={"en": 2_407}),
    },
    other="other",
    common=10,
    to_get=(
        "CCGbank is licensed and on no hub: get LDC2005T13 from the Linguistic Data Consortium, then xstilts data "
        "convert ccgbank FOLDER --data DIR (docs/ccgbank.md); ud_ccg is an open stand-in"
    ),
    evaluation_split="validation",
    lineage="ccgbank",
    licence="LDC user agreement (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007",
    notes=(
        "Sections 02 to 21 of the Wall Street Journal train, 00 is validation, 23 test. The labels are the categories "
        "that occur ten times or more in the training sections, 425 by the literature; all others are read as 'other', "
        "and a prediction of 'other' is right on such a word, where supertaggers count it as wrong. Phang et al. 2020 "
        "state 38,015 training sentences and not which. Form and sizes are unverified against the licensed files. In a "
        "data folder only."
    ),
)
