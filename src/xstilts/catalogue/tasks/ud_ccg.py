"""CCG categories derived from English UD trees: an open stand-in for CCGbank supertagging, under its own name."""

from __future__ import annotations

from xstilts.catalogue.task import Files, Kin, Task, TaskType
from xstilts.catalogue.words import words

# The categories that occur at least ten times in the training set, frequent ones first; all others are one label.
CATEGORIES = words(
    r"NP NP/NP (S\NP)/(S\NP) . S\NP (S\NP)/NP ((S\NP)\(S\NP))/NP , conj (NP\NP)/NP NP\NP (S\NP)\(S\NP) S/S "
    r"(NP\NP)/(NP\NP) (NP/NP)/(NP/NP) ((S\NP)\(S\NP))/((S\NP)\(S\NP)) (S\NP)/S (NP\NP)/(S\NP) (NP\NP)\(NP\NP) "
    r"((S\NP)\(S\NP))/(S\NP) ((S\NP)\(S\NP))/S ((S\NP)/(S\NP))/((S\NP)/(S\NP)) ((S\NP)/(S\NP))/NP : (S/S)/NP "
    r"(S\NP)\NP (NP/NP)\NP ((NP\NP)\(NP\NP))/NP ((S\NP)/S)/((S\NP)/S) (NP/NP)\(NP/NP) (S/S)/S "
    r"(((S\NP)\(S\NP))\NP)/(((S\NP)\(S\NP))\NP) ((S\NP)\NP)/((S\NP)\NP) ((S\NP)\(S\NP))\((S\NP)\(S\NP)) "
    r"(((S\NP)\(S\NP))\NP)/NP ((S\NP)/NP)/NP ((S\NP)/NP)\((S\NP)/NP) (S/S)/(S/S) ((NP/NP)/(NP/NP))\((NP/NP)/(NP/NP)) "
    r"((S\NP)/NP)/((S\NP)/NP) S\S (((S\NP)\NP)\((S\NP)\NP))/NP (((S\NP)\(S\NP))\((S\NP)\(S\NP)))/NP "
    r"((S\NP)/(S\NP))/(S\NP) (NP\NP)/S ((S\NP)\(S\NP))\NP ((NP\NP)\(NP\NP))/((NP\NP)\(NP\NP)) "
    r"((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))/NP (((S\NP)\(S\NP))\NP)/(S\NP) "
    r"(((S\NP)\(S\NP))/((S\NP)\(S\NP)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP))) S/NP ((NP\NP)\(NP\NP))\((NP\NP)\(NP\NP)) "
    r"((NP/NP)/(NP/NP))/((NP/NP)/(NP/NP)) ((S\NP)/S)/NP ((S\NP)/(S\NP))\((S\NP)/(S\NP)) ((S\NP)/S)/(S\NP) "
    r"((NP\NP)\NP)/((NP\NP)\NP) (((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP) (((S\NP)\(S\NP))/NP)\(((S\NP)\(S\NP))/NP) "
    r"(S/S)\(S/S) ((S\NP)/(S\NP))/S ((NP\NP)/(NP\NP))/((NP\NP)/(NP\NP)) ; ((S\NP)\NP)\((S\NP)\NP) "
    r"((NP/NP)\(NP/NP))/((NP/NP)\(NP/NP)) ((NP\NP)\NP)/NP (S/S)/(S\NP) (NP\NP)\NP ((NP\NP)\(NP\NP))/(S\NP) "
    r"((S\NP)\NP)/NP ((NP/NP)\(NP/NP))/NP (S\S)\NP (NP/NP)/NP ((S\NP)\NP)/(S\NP) "
    r"(((S\NP)\(S\NP))\((S\NP)\(S\NP)))/(((S\NP)\(S\NP))\((S\NP)\(S\NP))) (S\S)/(S\S) conj\conj ((S\NP)/S)\((S\NP)/S) "
    r"(S/NP)\(S\NP) ((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))/((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP)) "
    r"(((S\NP)/S)\((S\NP)/S))/NP (((S\NP)/(S\NP))/NP)/(((S\NP)/(S\NP))/NP) (((S\NP)\(S\NP))\NP)/S "
    r"(((S\NP)\(S\NP))\((S\NP)\(S\NP)))\(((S\NP)\(S\NP))\((S\NP)\(S\NP))) (((NP\NP)\NP)\((NP\NP)\NP))/NP "
    r"(S/NP)/(S/NP) ((S/S)/NP)\((S/S)/NP) ((S\S)\NP)/((S\S)\NP) (((S\NP)\(S\NP))\((S\NP)\(S\NP)))/S "
    r"((NP\NP)/NP)\((NP\NP)/NP) ((S/S)/(S/S))/((S/S)/(S/S)) (S/NP)\NP (((S\NP)/(S\NP))\((S\NP)/(S\NP)))/NP "
    r"(S\(S\NP))/(S\(S\NP)) (((S\NP)\NP)\((S\NP)\NP))/(S\NP) (S/NP)\(S/NP) ((NP\NP)\NP)/(S\NP) "
    r"(((S\NP)/NP)\((S\NP)/NP))/NP (((S\NP)\(S\NP))/S)\(((S\NP)\(S\NP))/S) ((NP\NP)/(NP\NP))\((NP\NP)/(NP\NP)) "
    r"((S/S)\(S/S))/NP ((S\S)\NP)/NP (S/NP)/NP ((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))/S "
    r"(((S\NP)\(S\NP))/((S\NP)\(S\NP)))/NP (((S\NP)\(S\NP))\((S\NP)\(S\NP)))/(S\NP) "
    r"(((S\NP)\NP)\((S\NP)\NP))/(((S\NP)\NP)\((S\NP)\NP)) S ((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))/(S\NP) "
    r"((((S\NP)\(S\NP))\NP)/(S\NP))/((((S\NP)\(S\NP))\NP)/(S\NP)) (((S\NP)\(S\NP))/((S\NP)\(S\NP)))/S (S\S)/NP "
    r"((NP\NP)/(NP\NP))\NP ((NP\NP)\NP)\((NP\NP)\NP) (((NP\NP)\(NP\NP))\((NP\NP)\(NP\NP)))/NP ((S\NP)/NP)/(S\NP) "
    r"(S/NP)\S (S\(S\NP))/NP (((S\NP)\(S\NP))/((S\NP)\(S\NP)))\(((S\NP)\(S\NP))/((S\NP)\(S\NP))) "
    r"((NP/NP)\(NP/NP))\((NP/NP)\(NP/NP)) ((NP\NP)\(NP\NP))/S (S\(S\NP))/(S\NP) ((((S\NP)\(S\NP))\NP)/(S\NP))/NP "
    r"(((NP\NP)\(NP\NP))\((NP\NP)\(NP\NP)))/(((NP\NP)\(NP\NP))\((NP\NP)\(NP\NP))) "
    r"(((S\NP)\(S\NP))/(S\NP))\(((S\NP)\(S\NP))/(S\NP)) ((NP/NP)/(NP/NP))/NP "
    r"(((S\NP)/(S\NP))/((S\NP)/(S\NP)))/(((S\NP)/(S\NP))/((S\NP)/(S\NP))) (((S\NP)/NP)/NP)/(((S\NP)/NP)/NP) "
    r"((NP\NP)\NP)/S ((S\S)\NP)/(S\NP) NP/(S\NP) (((NP\NP)\NP)/S)/(((NP\NP)\NP)/S) (((S\S)\NP)\((S\S)\NP))/NP "
    r"((S\NP)\NP)/S (S/S)\NP (((NP/NP)/(NP/NP))/((NP/NP)/(NP/NP)))\(((NP/NP)/(NP/NP))/((NP/NP)/(NP/NP))) "
    r"(((NP\NP)/(NP\NP))/((NP\NP)/(NP\NP)))\(((NP\NP)/(NP\NP))/((NP\NP)/(NP\NP))) "
    r"((((S\NP)\(S\NP))\((S\NP)\(S\NP)))\(((S\NP)\(S\NP))\((S\NP)\(S\NP))))/NP (((S\NP)\NP)\((S\NP)\NP))/S "
    r"((NP\NP)/(NP\NP))/NP ((S\NP)/(S\NP))\NP "
    r"(((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))\NP)/(((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))\NP) "
    r"((((S\NP)\(S\NP))\NP)/S)/((((S\NP)\(S\NP))\NP)/S) ((S/S)\(S/S))/S "
    r"((((S\NP)\(S\NP))/((S\NP)\(S\NP)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP))))/((((S\NP)\(S\NP))/((S\NP)\(S\N"
    r"P)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP)))) "
    r"((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))\((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP)) "
    r"((NP/NP)/NP)\((NP/NP)/NP) ((S\(S\NP))\(S\(S\NP)))/NP ((((S\NP)\(S\NP))\NP)/(S\NP))/(S\NP) "
    r"((((S\NP)\(S\NP))\NP)/NP)\((((S\NP)\(S\NP))\NP)/NP) (((NP\NP)\NP)\((NP\NP)\NP))/(S\NP) "
    r"(((S\NP)/S)\((S\NP)/S))/(((S\NP)/S)\((S\NP)/S)) ((NP\NP)/(NP\NP))/S ((S\S)\NP)\((S\S)\NP) "
    r"(((((S\NP)\(S\NP))\NP)\(((S\NP)\(S\NP))\NP))\NP)/NP "
    r"((((S\NP)\(S\NP))/((S\NP)\(S\NP)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP))))\((((S\NP)\(S\NP))/((S\NP)\(S\N"
    r"P)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP)))) ((((S\NP)\(S\NP))\NP)/S)/(S\NP) "
    r"(((NP\NP)\NP)\((NP\NP)\NP))/(((NP\NP)\NP)\((NP\NP)\NP)) (((S\NP)\NP)/(S\NP))/(((S\NP)\NP)/(S\NP)) other"
)

TASK = Task(
    name="ud_ccg",
    title="CCG supertags derived from UD: which category does every English word have?",
    type=TaskType.TOKEN_CLASSIFICATION,
    metric="token_accuracy",
    languages=("en",),
    splits={
        "train": Files("ud_ccg", ("en_ewt",), "train", made_from={"udpos/train": Kin.SAME}),
        "validation": Files("ud_ccg", ("en_ewt",), "validation", made_from={"udpos/validation": Kin.SAME}),
    },
    columns={"tags": "ccg_tags"},
    labels=CATEGORIES,
    other="other",
    in_place_of="CCGbank",
    evaluation_split="validation",
    lineage="ud-english",
    licence="CC BY-SA 4.0 (EWT); converter MIT",
    citation="Silveira et al. 2014 (EWT); categories by a published converter",
    notes=(
        "Not CCGbank: categories come from an automatic converter of UD English-EWT, and no score compares with "
        "papers on CCGbank. Rare categories (0.5 % of the words) are one label. Trains on sentences of the treebank "
        "that UD-POS trains on. In a data folder only."
    ),
)
