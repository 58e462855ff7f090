"""Official scores of foreign predictions: folders of files in, the leaderboard's numbers out, nothing trained."""

from __future__ import annotations

from xstilts.metrics.benchmark.findings import RULES
from xstilts.metrics.benchmark.score import Scores, TaskScores, score_folders

__all__ = ["RULES", "Scores", "TaskScores", "score_folders"]
