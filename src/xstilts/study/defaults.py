"""The settings that hold where a study says nothing, as data.

In: a backbone's size, a phase, a task type, a task's name. Out: tables that ``settings`` lays over each other.
``small`` means mBERT and XLM-R base, ``large`` XLM-R large. Sources: XTREME's official scripts (small), the appendix of
Phang et al. 2020 (batch, epochs and rates of the intermediate phase), its authors' later guide (large, target phase).
``tiny`` (made from nothing, hidden size below 512) has no published source: the values are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Size = Literal["tiny", "small", "large"]
Table = Mapping[str, Any]

# Weights without embeddings of a ready backbone, for estimates of time only: 12 x 768 and 24 x 1024.
PARAMETERS: Mapping[Size, int] = {"tiny": 2_000_000, "small": 85_000_000, "large": 302_000_000}

# Pretraining rates follow RoBERTa's form (beta2 0.98, epsilon 1e-6); their size is ours.
PHASES: Mapping[Size, Mapping[str, Table]] = {
    "tiny": {
        "pretraining": {
            "updates": 3000,
            "batch": 64,
            "learning_rate": 1e-3,
            "beta2": 0.98,
            "epsilon": 1e-6,
            "max_length": 64,
        },
        "intermediate": {"epochs": 3, "batch": 32, "learning_rate": 3e-4},
        "target": {"epochs": 3, "batch": 32, "learning_rate": 3e-4},
    },
    "small": {
        "pretraining": {
            "epochs": 1,
            "batch": 128,
            "learning_rate": 1e-4,
            "beta2": 0.98,
            "epsilon": 1e-6,
            "max_length": 128,
        },
        "intermediate": {"epochs": 3, "batch": 32, "learning_rate": 2e-5},
        "target": {"epochs": 3, "batch": 32, "learning_rate": 2e-5},
    },
    "large": {
        "pretraining": {
            "epochs": 1,
            "batch": 128,
            "learning_rate": 5e-5,
            "beta2": 0.98,
            "epsilon": 1e-6,
            "max_length": 128,
        },
        "intermediate": {"epochs": 3, "batch": 24, "learning_rate": 1e-5, "max_length": 256},
        "target": {"epochs": 3, "batch": 32, "learning_rate": 1e-5, "max_length": 256},
    },
}

# By task type, over the phase's. The scripts train questions at 3e-5 and cut contexts at 384 with stride 128.
TYPES: Mapping[Size, Mapping[str, Table]] = {
    "tiny": {
        "span_extraction": {"max_length": 128, "stride": 64},
        "retrieval": {"max_length": 128},
        "mining": {"max_length": 128},
    },
    "small": {
        "classification": {"max_length": 128},
        "span_extraction": {"learning_rate": 3e-5, "max_length": 384, "stride": 128, "weight_decay": 1e-4},
        "multiple_choice": {"epochs": 5, "max_length": 128},
        "token_classification": {"epochs": 10, "max_length": 128},
        "retrieval": {"max_length": 512},
        "mining": {"max_length": 512},
        "ranking": {"batch": 16, "max_length": 256},
    },
    "large": {
        "span_extraction": {"batch": 16, "max_length": 384, "stride": 128},
        "multiple_choice": {"epochs": 5},
        "token_classification": {"epochs": 10},
        "retrieval": {"max_length": 512},
        "mining": {"max_length": 512},
        "ranking": {"batch": 16, "max_length": 256},
    },
}

# By phase and task, over the type's. Intermediate: the appendix (small and large alike). Target, large: the replication
# guide, whose epochs are the paper's; target, small: the scripts.
_INTERMEDIATE: Mapping[str, Table] = {
    "anli_plus": {"epochs": 2, "batch": 24},
    "mnli": {"epochs": 2, "batch": 24},
    "qqp": {"epochs": 3, "batch": 24},
    "squad": {"epochs": 3, "batch": 8},
    "squad_v2": {"epochs": 3, "batch": 8},
    "hellaswag": {"epochs": 7, "batch": 24},
    "ccg": {"epochs": 15, "batch": 24},
    "cosmos_qa": {"epochs": 15, "batch": 4},
    "commonsense_qa": {"epochs": 10, "batch": 4},
}
TASKS: Mapping[Size, Mapping[str, Mapping[str, Table]]] = {
    "tiny": {},
    "small": {
        "intermediate": _INTERMEDIATE,
        "target": {
            "xnli": {"epochs": 5},
            "pawsx": {"epochs": 5},
            "pawsx_open": {"epochs": 5},
            "mewslix": {"epochs": 2, "batch": 64, "max_length": 64},
        },
    },
    "large": {
        "intermediate": _INTERMEDIATE,
        "target": {
            "xnli": {"epochs": 2},
            "pawsx": {"epochs": 5},
            "pawsx_open": {"epochs": 5},
            "xquad": {"epochs": 2},
            "mlqa": {"epochs": 2},
            "tydiqa": {"epochs": 2},
            "mewslix": {"epochs": 2, "batch": 32, "max_length": 64},
        },
    },
}

# Several tasks at once: r_m = min(e_m, K) / sum min(e_m, K) with K = 2^17, three epochs (the appendix).
SEVERAL: Table = {"sampling": "capped", "cap": 131_072, "epochs": 3}

# With masked language modelling alongside, the paper halves the rate of the intermediate phase.
ALONGSIDE_MLM = 0.5

# After the target phase on a few examples of another language, over all of the above: ours, in the range of published
# practice, where tens of passes over the few examples are usual.
FEW_SHOT: Table = {"epochs": 20, "batch": 8}

# Tokens of one example, for estimates of time only; ``max_length`` cuts them.
TOKENS: Mapping[str, int] = {
    "classification": 45,
    "multiple_choice": 200,
    "span_extraction": 190,
    "token_classification": 35,
    "retrieval": 80,
    "mining": 80,
    "ranking": 220,
    "mlm": 40,
}
