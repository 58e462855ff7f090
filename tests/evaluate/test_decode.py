"""Decoding against a direct reading of the rules; neighbours against brute force."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from xstilts.catalogue.task import TaskType
from xstilts.data.encode import Lengths, encode
from xstilts.evaluate.decode import best_spans
from xstilts.evaluate.retrieve import nearest


def test_best_span_equals_a_search_over_all_pairs(vocabulary) -> None:
    contexts = [
        "Anna sees the old red house in the river. Ben takes two small birds at the old house then gives Carla three.",
        "the cat sees a dog",
    ]
    table = pa.table(
        {
            "id": ["0", "1"],
            "question": ["what old", "who"],
            "context": contexts,
            "answer_texts": [[""], [""]],
            "answer_starts": pa.array([[0], [0]], pa.list_(pa.int32())),
        }
    )
    encoded = encode(table, TaskType.SPAN_EXTRACTION, vocabulary, Lengths(40, 8))
    for seed in range(20):
        logits = np.random.default_rng(seed).normal(size=(len(encoded.ids), 2)).astype(np.float32) * 3
        texts, scores = best_spans(encoded, logits, contexts)
        for question in range(2):
            found = [(-np.inf, "empty")]
            for window in np.flatnonzero(encoded.example == question):
                low, high = encoded.starts[window : window + 2]
                tops = [set(np.argsort(-logits[low:high, side], kind="stable")[:20]) for side in (0, 1)]
                for start in range(high - low):
                    for stop in range(start, min(start + 30, high - low)):
                        allowed = start in tops[0] and stop in tops[1]
                        allowed = (
                            allowed
                            and encoded.columns["best"][low + start]
                            and encoded.columns["from"][low + stop] >= 0
                        )
                        text = contexts[question][
                            encoded.columns["from"][low + start] : encoded.columns["to"][low + stop]
                        ].strip()
                        if allowed and text:
                            found.append((float(logits[low + start, 0] + logits[low + stop, 1]), text))
            score, text = max(found, key=lambda pair: pair[0])
            assert texts[question] == text
            assert np.isclose(scores[question], score) or text == "empty"


def test_nearest_is_exact_and_ties_go_to_the_lower_index() -> None:
    draw = np.random.default_rng(0)
    candidates = draw.normal(size=(50, 8)).astype(np.float32)
    candidates[30] = candidates[4]
    queries = candidates[draw.permutation(50)] * 3
    found, cosine = nearest(queries, candidates)
    brute = [int(np.argmax([q @ c / np.linalg.norm(q) / np.linalg.norm(c) for c in candidates])) for q in queries]
    assert sum(a != b for a, b in zip(found, brute, strict=True)) <= 1  # the tie, to rounding
    assert np.allclose(cosine, 1, atol=1e-5)
